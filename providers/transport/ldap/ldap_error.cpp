#include <array>
#include <charconv>
#include <vector>

#include "engine/base/text.h"
#include "providers/transport/ldap/recovery.h"
#include "providers/transport/ldap/transport.h"
#include "providers/transport/ldap/win32_names.h"

namespace gmsactl::ldap {
namespace {

struct Phrase {
  std::string_view text;
  ErrorKind kind;
};

// Samba puts no extended code before these, and its result alone would mislead.
constexpr std::array samba_phrases = std::to_array<Phrase>({
    {"already exists for target GUID", ErrorKind::conflict},   // 68: the link is there
    {"already deleted for target GUID", ErrorKind::conflict},  // 53: the link was there once
    {"doesn't exist for target GUID", ErrorKind::conflict},    // 53: the link never was there
    {"was not found in the schema", ErrorKind::constraint},    // 16
    {"parent does not exist", ErrorKind::not_found},           // 80
});

struct BindReason {
  std::string_view code;  ///< after "data " in the message of an invalidCredentials
  std::string_view meaning;
  std::string_view hint;
};

constexpr std::array bind_reasons = std::to_array<BindReason>({
    {"525", "there is no such account", "Check the user name: a DN, name@domain or DOMAIN\\name"},
    {"52e", "the user name or the password is wrong", "Check the password and how it is passed in"},
    {"52f", "the account is restricted from logging on",
     "Ask the domain's administrators about its restrictions"},
    {"530", "the account may not log on at this time", "See the account's logon hours"},
    {"531", "the account may not log on from this machine", "See the account's list of workstations"},
    {"532", "the password has expired", "Set a new password"},
    {"533", "the account is disabled", "Enable the account, or use another"},
    {"701", "the account has expired", "Extend the account, or use another"},
    {"773", "the password must be changed before the first logon", "Set a new password"},
    {"775", "the account is locked out", "Unlock the account; look for a job with an old password"},
});

/// "00002071: UpdErr: …" and Samba's "0000208D: …": eight hex digits and a colon, or a bare NTSTATUS.
std::optional<uint32_t> leading_windows_code(std::string_view text) {
  if (text.size() < 9 || text[8] != ':') return std::nullopt;
  uint32_t code = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + 8, code, 16);
  if (status != std::errc() || end != text.data() + 8) return std::nullopt;
  return code;
}

const BindReason* bind_reason(std::string_view text) {
  constexpr std::string_view mark = ", data ";
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return nullptr;
  const auto rest = text.substr(at + mark.size());
  const auto word = rest.substr(0, rest.find_first_of(", "));
  for (const auto& reason : bind_reasons)
    if (equal_folded(reason.code, word)) return &reason;
  return nullptr;
}

std::string hex_code(uint32_t code) {
  std::array<char, 8> digits{};
  const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16);
  (void)status;
  return "0x" + std::string(digits.data(), end);
}

/// AD ends its messages with a NUL, Samba some with a line feed.
std::string_view without_tail(std::string_view text) {
  while (!text.empty() &&
         (text.back() == '\0' || text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Error ldap_error(int result, std::string_view diagnostic_message) {
  auto text = without_tail(diagnostic_message);
  // What stays in the handle from the answer before, where this result came without one.
  if (text.starts_with("00000000:")) text = {};
  Error error;
  NativeCode native{result, "unknown", leading_windows_code(text)};
  error.kind = ErrorKind::internal;
  if (const auto* known = result_meaning(result)) {
    native.name = known->name;
    error.kind = known->kind;
    error.recovery = known->recovery;
    error.hint = known->hint;
  }
  std::string_view meaning;
  if (const auto* known = native.extended ? windows_meaning(*native.extended, result) : nullptr) {
    meaning = known->meaning;
    error.kind = known->kind.value_or(error.kind);
    error.recovery = known->recovery.value_or(error.recovery);
    if (!known->hint.empty()) error.hint = known->hint;
  }
  for (const auto& phrase : samba_phrases)
    if (text.find(phrase.text) != std::string_view::npos) error.kind = phrase.kind;
  if (const auto* reason = result == 49 ? bind_reason(text) : nullptr) {
    meaning = reason->meaning;
    error.hint = reason->hint;
  }
  error.message = "LDAP " + std::to_string(result) + " " + native.name;
  if (native.extended || !meaning.empty()) {
    std::vector<std::string> words;
    if (native.extended) {
      const std::string_view name = win32_name(*native.extended);
      words.push_back(hex_code(*native.extended) + (name.empty() ? "" : " " + std::string(name)));
    }
    if (!meaning.empty()) words.emplace_back(meaning);
    error.message += " (" + join(words, ", ") + ")";
  }
  if (!text.empty()) error.message += ": " + printable(text);
  error.native = std::move(native);
  return error;
}

}  // namespace gmsactl::ldap
