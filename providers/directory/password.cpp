#include "providers/directory/password.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "providers/transport/ldap/small_file.h"

namespace gmsactl::directory {

namespace {

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
// Far above any password of Active Directory (256 UTF-16 units): more than this is another file.
constexpr size_t most_bytes = 4096;

tl::unexpected<Error> refuse(std::string message, std::string hint) {
  return fail(ErrorKind::unauthenticated, std::move(message), std::move(hint));
}

/// Whether every second byte from `at` on is zero and no other: Latin text in UTF-16 without a mark.
bool zero_every_second(std::string_view bytes, size_t at) {
  if (bytes.size() < 2 || bytes.size() % 2 != 0) return false;
  for (size_t i = 0; i < bytes.size(); ++i)
    if ((bytes[i] == '\0') != (i % 2 == at)) return false;
  return true;
}

/// Turns UTF-16 into UTF-8, in place, and takes a mark away.
Result<void> make_utf8(std::string& bytes, const std::string& source) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv))
    return refuse(source + " is UTF-32", "Convert it: iconv -f UTF-32 -t UTF-8");
  const bool little = bytes.starts_with("\xFF\xFE") || zero_every_second(bytes, 1);
  const bool big = bytes.starts_with("\xFE\xFF") || zero_every_second(bytes, 0);
  if (little || big) {
    auto text = utf8_of_utf16(bytes, big);
    if (!text)
      return refuse(source + " is UTF-16, and cut off or damaged",
                    "Write it again: Set-Content -Encoding utf8NoBOM, or printf %s PASSWORD >FILE");
    bytes = std::move(*text);
  }
  // Some tools put a mark before one that is there.
  while (bytes.starts_with(utf8_mark)) bytes.erase(0, utf8_mark.size());
  return {};
}

/// A Kubernetes Secret that was copied with its encoding still on.
bool looks_encoded(const std::string& text) {
  std::string inside;
  return text.size() >= 8 && text.size() % 4 == 0 && text.ends_with('=') && base64_decode(text, inside) &&
         std::ranges::all_of(inside, [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r'; });
}

/// "PASSWORD=secret" and "password: secret": a line of a settings file.
bool looks_like_a_setting(std::string_view text) {
  const auto end = text.find_first_of("=:");
  if (end == std::string_view::npos) return false;
  const std::string name = fold(trim(text.substr(0, end)));
  return name.ends_with("password") || name.ends_with("passwd") || name == "pw" || name == "pass";
}

/// What is sent as it is, and seldom meant.
std::vector<std::string> doubts_of(const std::string& text, const std::string& source) {
  std::vector<std::string> doubts;
  const auto doubt = [&](std::string_view what) { doubts.push_back(source + " " + std::string(what)); };
  if (trim(text).size() != text.size())
    doubt("begins or ends with white space, which is taken as part of the password");
  if (looks_encoded(text))
    doubt("looks like base64 and is sent as it is; if it should be decoded: base64 -d");
  if (text.size() > 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    doubt("is in quotation marks, which are taken as part of the password");
  if (looks_like_a_setting(text))
    doubt("looks like a line of a settings file, and all of it is taken for the password");
  if (const auto hidden = first_hidden_character(trim(text)))
    doubt("holds " + describe(*hidden) + ", which is taken as part of the password");
  return doubts;
}

}  // namespace

Result<Password> password_in(std::string text, const std::string& source) {
  GMSACTL_TRY(make_utf8(text, source));
  // A line end is what editors and `echo` add.
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return refuse(source + " is empty", "Put the password of directory.username there.");
  if (text.find('\0') != std::string::npos)
    return refuse(source + " contains a zero byte, which no password has",
                  "Check that it is a text file with the password and nothing else.");
  if (text.find_first_of("\r\n") != std::string::npos)
    return refuse(source + " has " +
                      std::to_string(std::count(text.begin(), text.end(),
                                                text.find('\n') == std::string::npos ? '\r' : '\n') +
                                     1) +
                      " lines",
                  "Keep the password and nothing else there, on one line.");
  if (!valid_utf8(text))
    return refuse(source + " is not UTF-8 text",
                  "Active Directory takes UTF-8. Convert it: iconv -f WINDOWS-1252 -t UTF-8");
  if (trim(text).empty())
    return refuse(source + " holds nothing but white space", "Put the password of directory.username there.");
  Password password;
  password.doubts = doubts_of(text, source);
  password.value = Secret(std::move(text));
  return password;
}

Result<Password> read_password(const model::SecretSource& source) {
  if (source.kind == model::SecretSource::Kind::environment_variable) {
    const char* value = std::getenv(source.name.c_str());
    if (value == nullptr || *value == '\0')
      return refuse("the environment variable " + source.name + ", which passwordFrom names, is not set",
                    "Set " + source.name + " to the password of directory.username.");
    return password_in(value, "the environment variable " + source.name);
  }
  const std::string what = "the file " + printable(source.name) + ", which passwordFrom names,";
  ldap::SmallFileOptions options;
  options.most_bytes = most_bytes;
  options.pipes = true;
  auto file = ldap::read_small_file(source.name, options);
  if (!file)
    return refuse(what + " " + file.error().message,
                  file.error().kind == ErrorKind::invalid
                      ? "Name the file that holds the password and nothing else."
                      : "Write the password into it, readable only by the user that runs gmsactl.");
  auto password = GMSACTL_TRY(password_in(std::move(file->bytes), "the file " + printable(source.name)));
  if (file->others_may_read)
    password.doubts.push_back("every user of this machine can read the file " + printable(source.name) +
                              "; restrict it: chmod 600 " + printable(source.name));
  return password;
}

}  // namespace gmsactl::directory
