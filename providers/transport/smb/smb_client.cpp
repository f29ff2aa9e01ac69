#include "providers/transport/smb/smb_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/text.h"
#include "providers/transport/smb/smb_reply.h"

namespace gmsactl::smb {

namespace {

using process::Descriptor;
using process::Handover;
using process::Pipe;
using process::Source;

/// Its working folder stays the share's root, since paths are given in full.
constexpr std::string_view prompt = "smb: \\> ";
/// smbclient takes what follows the first 8 KiB of a line for the next one.
constexpr size_t longest_line = 4096;
constexpr size_t longest_answer = size_t{16} << 20;

process::Command command_of(const Options& options) {
  const auto seconds =
      std::max<long long>(1, std::chrono::ceil<std::chrono::seconds>(options.timeout).count());
  process::Command command{
      options.program,
      {
          "--configfile=/dev/null",  // what this machine's Samba is set to do is no concern of ours
          "--stderr",                // keeps its words apart from the prompt
          "--quiet",
          "--debuglevel=0",
          "--use-kerberos=required",
          "--client-protection=sign",
          "--option=name resolve order=host",
          "--option=name cache timeout=0",
          "--timeout=" + std::to_string(seconds),
      },
      // What Samba's own tests use to get a prompt without a terminal.
      {{"CLI_FORCE_INTERACTIVE", "1"}, {"CLI_NO_READLINE", "1"}, {"LC_ALL", "C.UTF-8"}}};
  if (options.port != 0) command.arguments.push_back("--port=" + std::to_string(options.port));
  command.arguments.push_back("//" + options.host + "/" + options.share);
  return command;
}

Result<std::pair<Descriptor, Descriptor>> make_sockets() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(ErrorKind::internal, std::string("no socket can be made: ") + std::strerror(errno));
  return std::pair{Descriptor(ends[0]), Descriptor(ends[1])};
}

bool has_address(const std::string& host) {
  struct Free {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
  };
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  const std::unique_ptr<addrinfo, Free> list(found);
  return failure == 0;
}

/// Quotes open and close what may hold blanks, and nothing takes their meaning away, so no argument has one.
Result<std::string> line_of(std::initializer_list<std::string_view> words) {
  std::string line;
  for (const std::string_view word : words) {
    const bool can_be_quoted = std::none_of(word.begin(), word.end(), [](char c) {
      return c == '"' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    });
    if (!can_be_quoted)
      return fail(ErrorKind::invalid, "\"" + printable(word) + "\" can't be given to smbclient");
    line += line.empty() ? std::string(word) : " \"" + std::string(word) + "\"";
  }
  if (line.size() > longest_line) return fail(ErrorKind::invalid, "a name is too long for smbclient");
  return line + "\n";
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool put_into(int file, std::string_view bytes) {
  if (ftruncate(file, 0) != 0) return false;
  for (off_t at = 0; !bytes.empty();) {
    const ssize_t put = pwrite(file, bytes.data(), bytes.size(), at);
    if (put <= 0) return false;
    at += put;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

constexpr std::string_view check_host =
    "Check that the host is up and that its port for SMB is open from here";

/// Why smbclient ended before it was logged in, by what it printed.
Error login_error(std::string_view printed, const Options& options) {
  const std::string_view status = status_in(printed);
  const auto says = [&](std::string_view words) { return printed.find(words) != std::string_view::npos; };
  if (says("tree connect failed")) return refusal(printed, "//" + options.host + "/" + options.share);
  // What Samba says where it has no ticket, and where the domain has no such service.
  if (says("session setup failed: NT_STATUS_INVALID_PARAMETER"))
    return {
        ErrorKind::unauthenticated,
        "no Kerberos ticket for cifs/" + options.host + " can be had",
        "Run kinit USER@REALM: smbclient reads a ticket cache (KRB5CCNAME), not a keytab. The host must be "
        "named as its computer account is",
        {}};
  if (says("session setup failed"))
    return {ErrorKind::unauthenticated,
            options.host + " does not take the Kerberos ticket (" + std::string(status) + ")",
            "See with klist whose it is, and whether that user may log in there by the network",
            {}};
  if (printed.empty() && !has_address(options.host))
    return {ErrorKind::unavailable,
            "there is no host " + options.host,
            "Correct the name, or its entry in DNS",
            {}};
  const std::string why =
      printed.empty() ? "nothing answers there" : printable(printed.substr(0, printed.find('\n')));
  return {
      ErrorKind::unavailable, options.host + " can't be reached by SMB: " + why, std::string(check_host), {}};
}

}  // namespace

Client::Client(const Options& options, process::Child child, Ends ends)
    : host_(options.host), timeout_(options.timeout), child_(std::move(child)), ends_(std::move(ends)) {}

Result<std::unique_ptr<Client>> Client::start(const Options& options) {
  auto [commands, input] = GMSACTL_TRY(make_sockets());
  Pipe prompts = GMSACTL_TRY(process::make_pipe());
  Pipe words = GMSACTL_TRY(process::make_pipe());
  Pipe downloads = GMSACTL_TRY(process::make_pipe());
  Descriptor uploads(memfd_create("gmsactl", MFD_CLOEXEC));
  if (uploads.get() < 0) return fail(ErrorKind::internal, "no file can be made in memory");
  const std::array handovers{Handover{input.get(), STDIN_FILENO},
                             Handover{prompts.write.get(), STDOUT_FILENO},
                             Handover{words.write.get(), STDERR_FILENO}, Handover{uploads.get(), 3},
                             Handover{downloads.write.get(), 4}};
  auto child = process::Child::start(command_of(options), handovers);
  if (!child && child.error().kind == ErrorKind::not_found)
    return fail(
        ErrorKind::unsupported, "the program " + printable(options.program) + " is not installed",
        "Hosts are reached by SMB through it: apt-get install smbclient, or dnf install samba-client");
  if (!child) return fail(std::move(child).error());
  std::unique_ptr<Client> client(
      new Client(options, std::move(*child),
                 {std::move(commands), std::move(prompts.read), std::move(words.read), std::move(uploads),
                  std::move(downloads.read)}));
  // Only the child's own ends tell of its end.
  for (Descriptor* end : {&input, &prompts.write, &words.write, &downloads.write}) end->reset();
  GMSACTL_TRY(client->log_in(options));
  return client;
}

Result<void> Client::log_in(const Options& options) {
  std::string printed;
  const Answer answer = await_prompt(printed, nullptr, 0);
  if (answer == Answer::prompt) return {};
  child_.reset();
  Error error = answer == Answer::ended ? login_error(trim(printed), options) : Error{};
  if (answer == Answer::question)
    error = {ErrorKind::unauthenticated, "the Kerberos ticket has expired", "Run kinit USER@REALM", {}};
  if (answer == Answer::late)
    error = {ErrorKind::timeout,
             host_ + " can't be reached by SMB: no answer in " + std::to_string(timeout_.count()) + " ms",
             std::string(check_host),
             {}};
  error.not_sent = true;
  return fail(std::move(error));
}

Result<std::string> Client::run(std::initializer_list<std::string_view> words) {
  return ask(words, nullptr, 0);
}

Result<std::string> Client::send(const std::string& content, std::initializer_list<std::string_view> words) {
  if (!put_into(ends_.upload.get(), content))
    return fail(ErrorKind::internal, "a file in memory can't be written");
  return ask(words, nullptr, 0);
}

Result<std::string> Client::receive(std::string& content, uint64_t limit,
                                    std::initializer_list<std::string_view> words) {
  return ask(words, &content, limit);
}

Result<std::string> Client::ask(std::initializer_list<std::string_view> words, std::string* content,
                                uint64_t limit) {
  const std::string line = GMSACTL_TRY(line_of(words));
  std::string printed;
  if (!child_ || !send_all(ends_.commands.get(), line))
    return lost(ErrorKind::unavailable, "the connection to " + host_ + " was lost");
  switch (await_prompt(printed, content, limit)) {
    case Answer::prompt:
      return printed;
    case Answer::late:
      return lost(ErrorKind::timeout,
                  host_ + " did not answer in " + std::to_string(timeout_.count()) + " ms",
                  "Try again, or with a longer --timeout");
    case Answer::question:
    case Answer::ended:
      break;
  }
  return lost(ErrorKind::unavailable, "the connection to " + host_ + " was lost");
}

Client::Answer Client::await_prompt(std::string& printed, std::string* content, uint64_t limit) {
  std::string prompts;
  std::string nothing;
  const std::array sources{Source{ends_.prompts.get(), &prompts, prompt.size()},
                           Source{ends_.words.get(), &printed, longest_answer},
                           Source{ends_.download.get(), content != nullptr ? content : &nothing, limit}};
  // Everything that a command prints or writes is written before the prompt is.
  const auto is_enough = [&] { return prompts == prompt || !prompt.starts_with(prompts); };
  switch (process::read_until(sources, std::chrono::steady_clock::now() + timeout_, is_enough)) {
    case process::Reading::enough:
      return prompts == prompt ? Answer::prompt : Answer::question;
    case process::Reading::ended:
      return Answer::ended;
    case process::Reading::late:
      break;
  }
  return Answer::late;
}

/// An answer that may still come would be taken for that of the next command.
tl::unexpected<Error> Client::lost(ErrorKind kind, std::string what, std::string hint) {
  child_.reset();
  return fail(kind, std::move(what), std::move(hint));
}

}  // namespace gmsactl::smb
