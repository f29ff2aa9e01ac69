// One smbclient program, logged in to one share and asked one thing after the other, as a person would type
// it. Private to this folder.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "providers/transport/process/child.h"
#include "providers/transport/process/descriptor.h"
#include "providers/transport/smb/smb_folder.h"

namespace gmsactl::smb {

class Client {
 public:
  /// Waits until it is logged in. Errors: those of open_folder().
  [[nodiscard]] static Result<std::unique_ptr<Client>> start(const Options& options);

  /// A command and its arguments; what it prints, which for all but a listing is nothing where it was done.
  /// `invalid` where smbclient's command line has no way to write an argument. After any other error the
  /// program is gone, and what follows is `unavailable`.
  [[nodiscard]] Result<std::string> run(std::initializer_list<std::string_view> words);

  /// run(), with a local file for the command to read: its path is `upload`.
  [[nodiscard]] Result<std::string> send(const std::string& content,
                                         std::initializer_list<std::string_view> words);
  /// run(), with a local file for the command to write: its path is `download`. Of its content come at most
  /// `limit` + 1 bytes.
  [[nodiscard]] Result<std::string> receive(std::string& content, uint64_t limit,
                                            std::initializer_list<std::string_view> words);
  static constexpr std::string_view upload = "/dev/fd/3";
  static constexpr std::string_view download = "/dev/fd/4";

 private:
  /// Our ends of what connects us to it.
  struct Ends {
    process::Descriptor commands;  ///< its standard input
    process::Descriptor prompts;   ///< its standard output, where nothing else comes
    process::Descriptor words;     ///< its standard error: what it has to say
    process::Descriptor upload;    ///< a file in memory
    process::Descriptor download;
  };
  Client(const Options& options, process::Child child, Ends ends);

  Result<void> log_in(const Options& options);
  Result<std::string> ask(std::initializer_list<std::string_view> words, std::string* content,
                          uint64_t limit);

  /// How waiting for the prompt ended.
  enum class Answer { prompt, question, ended, late };
  Answer await_prompt(std::string& printed, std::string* content, uint64_t limit);
  tl::unexpected<Error> lost(ErrorKind kind, std::string what, std::string hint = {});

  std::string host_;
  std::chrono::milliseconds timeout_;
  std::optional<process::Child> child_;
  Ends ends_;
};

}  // namespace gmsactl::smb
