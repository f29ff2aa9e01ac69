#include "providers/transport/smb/smb_reply.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "engine/base/text.h"

namespace gmsactl::smb {

namespace {

using files::FileEntry;

struct Meaning {
  std::string_view status;
  ErrorKind kind;
  std::string_view words;
  std::string_view hint;
};

constexpr std::string_view check_permissions =
    "Check the permissions of the share and of the folder for the user of the Kerberos ticket";
constexpr std::string_view free_space = "Free some space; nothing was changed";
constexpr std::string_view close_it = "Close it there, and run again";

constexpr std::array meanings{
    Meaning{"NT_STATUS_OBJECT_NAME_NOT_FOUND", ErrorKind::not_found, "it does not exist", {}},
    Meaning{"NT_STATUS_OBJECT_PATH_NOT_FOUND", ErrorKind::not_found, "its folder does not exist", {}},
    Meaning{"NT_STATUS_NO_SUCH_FILE", ErrorKind::not_found, "it does not exist", {}},
    Meaning{"NT_STATUS_OBJECT_NAME_COLLISION", ErrorKind::already_exists, "it exists already", {}},
    Meaning{"NT_STATUS_OBJECT_NAME_INVALID", ErrorKind::invalid, "the host takes no such name", {}},
    Meaning{"NT_STATUS_ACCESS_DENIED", ErrorKind::denied, "permission denied", check_permissions},
    Meaning{"NT_STATUS_NETWORK_ACCESS_DENIED", ErrorKind::denied, "permission denied", check_permissions},
    Meaning{"NT_STATUS_MEDIA_WRITE_PROTECTED", ErrorKind::denied, "the share is read-only",
            check_permissions},
    Meaning{"NT_STATUS_CANNOT_DELETE", ErrorKind::denied, "it is marked read-only", {}},
    Meaning{"NT_STATUS_DISK_FULL", ErrorKind::constraint, "no space is left there", free_space},
    Meaning{"NT_STATUS_QUOTA_EXCEEDED", ErrorKind::constraint, "the quota is used up", free_space},
    Meaning{"NT_STATUS_SHARING_VIOLATION", ErrorKind::constraint, "a program there has it open", close_it},
    Meaning{"NT_STATUS_DELETE_PENDING", ErrorKind::constraint, "a program there has it open", close_it},
    Meaning{"NT_STATUS_FILE_IS_A_DIRECTORY", ErrorKind::constraint, "it is a folder", {}},
    Meaning{"NT_STATUS_DIRECTORY_NOT_EMPTY", ErrorKind::constraint, "it is a folder", {}},
    Meaning{"NT_STATUS_NOT_A_DIRECTORY", ErrorKind::constraint, "it is no folder", {}},
    Meaning{"NT_STATUS_BAD_NETWORK_NAME", ErrorKind::invalid, "there is no such share",
            "Correct transport.share; C$ is there where the ticket is of an administrator of the host"},
    Meaning{"NT_STATUS_NOT_SUPPORTED", ErrorKind::unsupported, "the host can't do that", {}},
    Meaning{"NT_STATUS_IO_TIMEOUT", ErrorKind::timeout, "no answer came in time",
            "Try again, or with a longer --timeout"},
    Meaning{"NT_STATUS_NETWORK_NAME_DELETED", ErrorKind::unavailable, "the connection was lost", {}},
    Meaning{"NT_STATUS_NETWORK_SESSION_EXPIRED", ErrorKind::unavailable, "the Kerberos ticket ran out", {}},
    Meaning{"NT_STATUS_USER_SESSION_DELETED", ErrorKind::unavailable, "the connection was lost", {}},
    Meaning{"NT_STATUS_HOST_UNREACHABLE", ErrorKind::unavailable, "the host can't be reached", {}},
    Meaning{"NT_STATUS_NETWORK_UNREACHABLE", ErrorKind::unavailable, "the host can't be reached", {}},
    // DISCONNECTED, RESET, REFUSED, ABORTED, INVALID …
    Meaning{"NT_STATUS_CONNECTION_", ErrorKind::unavailable, "the connection was lost", {}},
};

std::optional<std::string_view> cut(std::string_view& line, size_t from_end) {
  if (line.size() < from_end) return std::nullopt;
  const std::string_view tail = line.substr(line.size() - from_end);
  line.remove_suffix(from_end);
  return tail;
}

enum class Line { file, other, malformed };

/// "  NAME  ATTRIBUTES  SIZE  DATE", in columns that long values push out of place: read from its end.
/// Attributes are seven characters, with D, V and r for what is no regular file.
Line read_line(std::string_view line, FileEntry& entry) {
  constexpr std::string_view no_date = "<unknown time>";
  constexpr size_t date_size = 24;  // of asctime()
  constexpr size_t size_width = 8;
  constexpr size_t attributes_width = 7;
  if (!line.starts_with("  ")) return Line::malformed;
  line.remove_prefix(2);
  if (!cut(line, line.ends_with(no_date) ? no_date.size() : date_size) || cut(line, 2) != "  ")
    return Line::malformed;
  const size_t digits = line.size() - (line.find_last_not_of("0123456789") + 1);
  const auto size = cut(line, std::max(digits, size_width));
  if (digits == 0 || !size || cut(line, 1) != " ") return Line::malformed;
  const auto number = size->substr(size->size() - digits);
  if (std::from_chars(number.data(), number.data() + digits, entry.size).ec != std::errc())
    return Line::malformed;
  const auto attributes = cut(line, attributes_width);
  if (!attributes) return Line::malformed;
  entry.name = line.substr(0, line.find_last_not_of(' ') + 1);
  if (entry.name.empty()) return Line::malformed;
  return attributes->find_first_of("DVr") == std::string_view::npos ? Line::file : Line::other;
}

}  // namespace

std::string_view status_in(std::string_view printed) {
  const size_t begin = printed.find("NT_STATUS_");
  if (begin == std::string_view::npos) return {};
  const size_t end = printed.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", begin);
  return printed.substr(begin, end == std::string_view::npos ? end : end - begin);
}

Error refusal(std::string_view printed, const std::string& doing) {
  const std::string status(status_in(printed));
  if (status.empty())
    return {ErrorKind::internal, doing + ": smbclient says \"" + printable(trim(printed)) + "\"", {}, {}};
  const NativeCode native{0, status, {}};
  for (const auto& meaning : meanings) {
    const bool is_family = meaning.status.ends_with('_');
    if (is_family ? !status.starts_with(meaning.status) : status != meaning.status) continue;
    return {meaning.kind, doing + ": " + std::string(meaning.words), std::string(meaning.hint), native};
  }
  return {ErrorKind::constraint, doing + ": the host refuses it (" + status + ")", {}, native};
}

Result<std::vector<FileEntry>> parse_listing(std::string_view printed, const std::string& doing) {
  std::vector<FileEntry> entries;
  for (const std::string_view line : split(printed, '\n')) {
    // After the files comes the free space, which a host may refuse to tell.
    if (line.empty() || line.starts_with("\t\t") || line.starts_with("Error in dskattr: ")) continue;
    if (!line.starts_with("  ") && !status_in(line).empty()) return fail(refusal(line, doing));
    FileEntry entry;
    switch (read_line(line, entry)) {
      case Line::file:
        entries.push_back(std::move(entry));
        break;
      case Line::other:
        break;
      case Line::malformed:
        return fail(ErrorKind::corrupt, doing + ": smbclient lists \"" + printable(line) + "\"");
    }
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

}  // namespace gmsactl::smb
