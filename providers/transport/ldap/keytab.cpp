#include "providers/transport/ldap/keytab.h"

#include <algorithm>
#include <optional>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "providers/transport/ldap/small_file.h"

namespace gmsactl::ldap {
namespace {

tl::unexpected<Error> refuse(const std::string& path, const std::string& is, std::string hint) {
  return fail(ErrorKind::unauthenticated, "the keytab " + printable(path) + " " + is, std::move(hint));
}

const std::string export_again =
    "Export it again: samba-tool domain exportkeytab, or ktpass -crypto AES256-SHA1 on Windows";

/// Numbers in the byte order of the file's version; nothing is read past the end.
struct Reader {
  std::string_view rest;
  bool big_endian = true;
  bool good = true;

  uint32_t number(size_t size) {
    const auto bytes = take(size);
    uint32_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i)
      value = value << 8 | static_cast<unsigned char>(bytes[big_endian ? i : bytes.size() - 1 - i]);
    return value;
  }
  std::string_view take(size_t size) {
    if (rest.size() < size) {
      good = false;
      size = 0;
    }
    const auto part = rest.substr(0, size);
    rest.remove_prefix(size);
    return part;
  }
};

std::optional<KeytabEntry> read_entry(Reader reader, bool first_format) {
  KeytabEntry entry;
  uint32_t components = reader.number(2);
  if (first_format && components > 0) --components;  // 0x0501 counts the realm
  const std::string realm(reader.take(reader.number(2)));
  for (uint32_t i = 0; i < components && reader.good; ++i)
    entry.principal += (i == 0 ? "" : "/") + std::string(reader.take(reader.number(2)));
  entry.principal += "@" + realm;
  if (!first_format) (void)reader.number(4);  // name type
  (void)reader.number(4);                     // time
  entry.version = reader.number(1);
  entry.encryption = static_cast<int>(reader.number(2));
  (void)reader.take(reader.number(2));  // the key
  if (!reader.good) return std::nullopt;
  if (reader.rest.size() >= 4)
    if (const uint32_t version = reader.number(4); version != 0) entry.version = version;
  return entry;
}

bool is_encoded(std::string_view bytes) {
  std::string decoded;
  return base64_decode(bytes, decoded) && decoded.size() > 2 && decoded[0] == 5;
}

/// What the tools of Windows make of text, as text.
std::string text_of(std::string_view bytes) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  const bool big = bytes.starts_with("\xFE\xFF") || bytes.starts_with('\0');
  std::string text(bytes);
  if (bytes.size() % 2 == 0 && bytes.find('\0') != std::string_view::npos)
    text = utf8_of_utf16(bytes, big).value_or("");
  if (text.starts_with(mark)) text.erase(0, mark.size());
  return text;
}

bool strong(const KeytabEntry& entry) { return entry.encryption >= 17 && entry.encryption <= 20; }

/// @ and / of a name may be written with a backslash; an omitted realm is any.
bool names(const KeytabEntry& entry, const std::string& wanted) {
  if (wanted.find('@') != std::string::npos) return equal_folded(entry.principal, wanted);
  return equal_folded(std::string_view(entry.principal).substr(0, entry.principal.find('@')), wanted);
}

}  // namespace

Result<std::vector<KeytabEntry>> read_keytab(std::string_view bytes, const std::string& path) {
  if (bytes.empty()) return refuse(path, "is empty", export_again);
  if (is_encoded(bytes))
    return refuse(path, "is still encoded in base64",
                  "Decode it: base64 -d " + printable(path) + " >gmsactl.keytab");
  if (is_encoded(text_of(bytes)))
    return refuse(path, "is still encoded in base64, in UTF-16 or with a byte-order mark",
                  "Decode it: tr -cd 'A-Za-z0-9+/=' <" + printable(path) + " | base64 -d >gmsactl.keytab");
  if (bytes.size() < 2 || bytes[0] != 5 || (bytes[1] != 1 && bytes[1] != 2))
    return refuse(path, "is not a keytab: it does not start with 05 02", export_again);
  const bool first_format = bytes[1] == 1;
  Reader reader{bytes.substr(2), !first_format};
  std::vector<KeytabEntry> entries;
  while (!reader.rest.empty()) {
    const auto left = reader.rest;
    const auto size = static_cast<int32_t>(reader.number(4));
    if (reader.good && size == 0) break;
    // A negative size is a hole that a removed key has left.
    const auto part = reader.take(static_cast<size_t>(size < 0 ? -static_cast<int64_t>(size) : size));
    if (!reader.good) {
      // Fewer bytes than any key has were put there by something else: a copy as text, or `echo`.
      if (!entries.empty() && left.size() < 8)
        return refuse(path,
                      "has " + plural(left.size(), "byte") + " behind its last key that are not of a keytab",
                      "Copy it again as it is, not as text");
      return refuse(path, "is cut off", export_again);
    }
    if (size < 0) continue;
    auto entry = read_entry({part, reader.big_endian}, first_format);
    if (!entry) return refuse(path, "is damaged", export_again);
    entries.push_back(std::move(*entry));
  }
  if (entries.empty()) return refuse(path, "holds no key", export_again);
  return entries;
}

Result<std::string> principal_of(const std::vector<KeytabEntry>& entries, const std::string& wanted,
                                 const std::string& path) {
  const std::string principal = wanted.empty() ? entries.front().principal : wanted;
  bool found = false;
  bool usable = false;
  std::vector<std::string> others;
  for (const auto& entry : entries) {
    if (names(entry, principal)) {
      found = true;
      usable = usable || strong(entry);
    } else if (std::ranges::find(others, entry.principal) == others.end()) {
      others.push_back(printable(entry.principal));
    }
  }
  if (!found)
    return refuse(path, "has no key of " + printable(principal) + "; it has keys of " + join(others, ", "),
                  "Name one of these, or export a keytab of " + printable(principal));
  if (!usable)
    return refuse(
        path, "has only RC4 or DES keys of " + printable(principal) + ", which Kerberos no longer accepts",
        "Export AES keys: samba-tool domain exportkeytab, or ktpass -crypto AES256-SHA1 on Windows");
  return principal;
}

Result<std::string> check_keytab(const std::string& name, const std::string& wanted) {
  std::string path = name;
  if (const auto colon = name.find(':'); colon != std::string::npos && !name.starts_with('/')) {
    const auto type = name.substr(0, colon);
    if (type != "FILE" && type != "WRFILE") return wanted;
    path = name.substr(colon + 1);
  }
  // libkrb5 opens it again.
  const auto file = read_small_file(path, {});
  if (!file) {
    std::string hint = "Let the user that runs gmsactl read it";
    if (file.error().kind == ErrorKind::not_found)
      hint = "Correct the path (KRB5_CLIENT_KTNAME), or mount the file there";
    if (file.error().kind == ErrorKind::invalid) hint = "Name a file that holds a keytab and nothing else";
    return refuse(path, file.error().message, std::move(hint));
  }
  const auto& bytes = file->bytes;
  return principal_of(GMSACTL_TRY(read_keytab(bytes, path)), wanted, path);
}

}  // namespace gmsactl::ldap
