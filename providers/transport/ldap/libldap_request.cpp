#include "providers/transport/ldap/libldap_request.h"

#include <ldap.h>

#include <array>
#include <memory>

#include "engine/base/text.h"
#include "providers/transport/ldap/recovery.h"

namespace gmsactl::ldap {
namespace {

/// What libldap's structures point into lives as long as the Send that holds this.
char* text(const std::string& value) { return const_cast<char*>(value.c_str()); }
berval bytes(const std::string& value) { return {value.size(), const_cast<char*>(value.data())}; }

struct ValueList {
  std::vector<berval> values;
  std::vector<berval*> pointers;

  explicit ValueList(const std::vector<std::string>& from) {
    values.reserve(from.size());
    for (const auto& value : from) values.push_back(bytes(value));
    for (auto& value : values) pointers.push_back(&value);
    pointers.push_back(nullptr);
  }
};

/// LDAPMod** of an add or a modify.
class ModificationList {
 public:
  explicit ModificationList(std::vector<Modification> changes) : changes_(std::move(changes)) {
    lists_.reserve(changes_.size());
    modifications_.reserve(changes_.size());
    for (const auto& change : changes_) {
      lists_.emplace_back(change.values);
      LDAPMod modification{};
      modification.mod_op = LDAP_MOD_BVALUES | operation(change.operation);
      modification.mod_type = text(change.attribute);
      // Null, not an empty list: the whole attribute.
      modification.mod_vals.modv_bvals = change.values.empty() ? nullptr : lists_.back().pointers.data();
      modifications_.push_back(modification);
    }
    for (auto& modification : modifications_) pointers_.push_back(&modification);
    pointers_.push_back(nullptr);
  }
  ModificationList(const ModificationList&) = delete;
  ModificationList& operator=(const ModificationList&) = delete;

  LDAPMod** get() { return pointers_.data(); }

 private:
  static int operation(ModifyOperation operation) {
    switch (operation) {
      case ModifyOperation::add:
        return LDAP_MOD_ADD;
      case ModifyOperation::remove:
        return LDAP_MOD_DELETE;
      case ModifyOperation::replace:
        return LDAP_MOD_REPLACE;
    }
    return LDAP_MOD_REPLACE;
  }

  std::vector<Modification> changes_;
  std::vector<ValueList> lists_;
  std::vector<LDAPMod> modifications_;
  std::vector<LDAPMod*> pointers_;
};

/// LDAPControl** of a search, the page's included.
class ControlList {
 public:
  ControlList(std::vector<Control> controls, uint32_t page_size, const std::string& cookie)
      : controls_(std::move(controls)) {
    if (page_size != 0) {
      const std::unique_ptr<BerElement, void (*)(BerElement*)> coder(
          ber_alloc_t(LBER_USE_DER), [](BerElement* each) { ber_free(each, 1); });
      berval encoded_cookie = bytes(cookie);
      berval encoded{};
      if (coder &&
          ber_printf(coder.get(), "{iO}", static_cast<ber_int_t>(page_size), &encoded_cookie) != -1 &&
          ber_flatten2(coder.get(), &encoded, 0) != -1)
        controls_.push_back({LDAP_CONTROL_PAGEDRESULTS, true, std::string(encoded.bv_val, encoded.bv_len)});
    }
    natives_.reserve(controls_.size());
    for (const auto& control : controls_)
      natives_.push_back(
          {text(control.oid), bytes(control.value), static_cast<char>(control.critical ? 1 : 0)});
    for (size_t i = 0; i < natives_.size(); ++i) {
      // A control without a value and one with an empty value are two different things to a server.
      if (controls_[i].value.empty()) natives_[i].ldctl_value.bv_val = nullptr;
      pointers_.push_back(&natives_[i]);
    }
    pointers_.push_back(nullptr);
  }
  ControlList(const ControlList&) = delete;
  ControlList& operator=(const ControlList&) = delete;

  LDAPControl** get() { return pointers_.data(); }

 private:
  std::vector<Control> controls_;
  std::vector<LDAPControl> natives_;
  std::vector<LDAPControl*> pointers_;
};

Result<void> refuse_nul(std::string_view value, std::string_view what) {
  if (value.find('\0') == std::string_view::npos) return {};
  return fail(ErrorKind::invalid, std::string(what) + " holds a NUL byte: " + printable(value));
}

void read_page_control(LDAP* handle, LDAPControl** controls, Answer& answer) {
  LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
  if (!page) return;
  ber_int_t estimate = 0;
  berval cookie{};
  // A cookie that does not decode must not pass for the end of the result.
  if (ldap_parse_pageresponse_control(handle, page, &estimate, &cookie) != LDAP_SUCCESS) {
    answer.outcome = fail(fault(Fault::undecodable, "the server sent a page's cookie that does not decode"));
    return;
  }
  answer.paged = true;
  if (cookie.bv_val) answer.cookie.assign(cookie.bv_val, cookie.bv_len);
  ber_memfree(cookie.bv_val);
}

std::vector<std::string> strings(char** list) {
  std::vector<std::string> copy;
  for (char** each = list; each && *each; ++each) copy.emplace_back(*each);
  return copy;
}

}  // namespace

Result<Send> search_request(const SearchRequest& request, uint32_t page_size, const std::string& cookie) {
  GMSACTL_TRY(refuse_nul(request.base, "the base"));
  GMSACTL_TRY(refuse_nul(request.filter, "the filter"));
  struct Parts {
    SearchRequest request;
    ControlList controls;
    std::vector<char*> attributes;
  };
  auto parts = std::shared_ptr<Parts>(new Parts{request, {request.controls, page_size, cookie}, {}});
  for (const auto& attribute : parts->request.attributes) parts->attributes.push_back(text(attribute));
  parts->attributes.push_back(nullptr);
  const int scope = request.scope == Scope::base        ? LDAP_SCOPE_BASE
                    : request.scope == Scope::one_level ? LDAP_SCOPE_ONELEVEL
                                                        : LDAP_SCOPE_SUBTREE;
  return [parts, scope](::ldap* handle, int& id) {
    char** attributes = parts->request.attributes.empty() ? nullptr : parts->attributes.data();
    return ldap_search_ext(handle, parts->request.base.c_str(), scope, parts->request.filter.c_str(),
                           attributes, 0, parts->controls.get(), nullptr, nullptr, LDAP_NO_LIMIT, &id);
  };
}

namespace {

Result<std::shared_ptr<ModificationList>> modification_list(const std::string& dn,
                                                            std::vector<Modification> changes) {
  GMSACTL_TRY(refuse_nul(dn, "the DN"));
  for (const auto& change : changes) GMSACTL_TRY(refuse_nul(change.attribute, "an attribute's name"));
  return std::make_shared<ModificationList>(std::move(changes));
}

}  // namespace

Result<Send> add_request(const std::string& dn, const std::vector<Attribute>& attributes) {
  std::vector<Modification> changes;
  changes.reserve(attributes.size());
  for (const auto& attribute : attributes)
    changes.push_back({ModifyOperation::add, attribute.name, attribute.values});
  auto list = GMSACTL_TRY(modification_list(dn, std::move(changes)));
  return [dn, list](::ldap* handle, int& id) {
    return ldap_add_ext(handle, dn.c_str(), list->get(), nullptr, nullptr, &id);
  };
}

Result<Send> modify_request(const std::string& dn, const std::vector<Modification>& changes) {
  auto list = GMSACTL_TRY(modification_list(dn, changes));
  return [dn, list](::ldap* handle, int& id) {
    return ldap_modify_ext(handle, dn.c_str(), list->get(), nullptr, nullptr, &id);
  };
}

Result<Send> rename_request(const std::string& dn, const std::string& new_rdn,
                            const std::string& new_parent) {
  GMSACTL_TRY(refuse_nul(dn, "the DN"));
  GMSACTL_TRY(refuse_nul(new_rdn, "the new name"));
  GMSACTL_TRY(refuse_nul(new_parent, "the new parent"));
  return [dn, new_rdn, new_parent](::ldap* handle, int& id) {
    return ldap_rename(handle, dn.c_str(), new_rdn.c_str(), new_parent.empty() ? nullptr : new_parent.c_str(),
                       1, nullptr, nullptr, &id);
  };
}

Result<Send> remove_request(const std::string& dn) {
  GMSACTL_TRY(refuse_nul(dn, "the DN"));
  return [dn](::ldap* handle, int& id) { return ldap_delete_ext(handle, dn.c_str(), nullptr, nullptr, &id); };
}

Result<Entry> decode_entry(::ldap* handle, ::ldapmsg* message) {
  const auto corrupt = [] {
    return fail(fault(Fault::undecodable, "the server sent an entry that does not decode"));
  };
  BerElement* raw = nullptr;
  berval dn{};
  if (ldap_get_dn_ber(handle, message, &raw, &dn) != LDAP_SUCCESS) return corrupt();
  // The element only points into the message.
  const std::unique_ptr<BerElement, void (*)(BerElement*)> element(
      raw, [](BerElement* each) { ber_free(each, 0); });
  Entry entry;
  entry.dn.assign(dn.bv_val, dn.bv_len);
  for (;;) {
    berval name{};
    BerVarray values = nullptr;
    if (ldap_get_attribute_ber(handle, message, element.get(), &name, &values) != LDAP_SUCCESS)
      return corrupt();
    if (!name.bv_val) return entry;
    const std::unique_ptr<berval, decltype(&ber_memfree)> owned(values, ber_memfree);
    Attribute attribute;
    attribute.name.assign(name.bv_val, name.bv_len);
    for (const berval* value = values; value && value->bv_val; ++value)
      attribute.values.emplace_back(value->bv_val, value->bv_len);
    entry.attributes.push_back(std::move(attribute));
  }
}

Answer decode_answer(::ldap* handle, ::ldapmsg* message) {
  int result = LDAP_OTHER;
  char* diagnostic = nullptr;
  char** referrals = nullptr;
  LDAPControl** controls = nullptr;
  const int code =
      ldap_parse_result(handle, message, &result, nullptr, &diagnostic, &referrals, &controls, 0);
  const std::unique_ptr<char, decltype(&ldap_memfree)> owned(diagnostic, ldap_memfree);
  const std::unique_ptr<char*, void (*)(char**)> owned_referrals(
      referrals, [](char** each) { ber_memvfree(reinterpret_cast<void**>(each)); });
  const std::unique_ptr<LDAPControl*, decltype(&ldap_controls_free)> owned_controls(controls,
                                                                                    ldap_controls_free);
  Answer answer;
  if (code != LDAP_SUCCESS) {
    answer.outcome = fail(fault(Fault::undecodable, "the server sent an answer that does not decode"));
  } else if (result != LDAP_SUCCESS) {
    Error error = ldap_error(result, diagnostic ? diagnostic : "");
    if (const auto servers = strings(referrals); !servers.empty())
      error.message += " (refers to " + printable(join(servers, ", ")) + ")";
    answer.outcome = fail(std::move(error));
  } else if (controls) {
    read_page_control(handle, controls, answer);
  }
  return answer;
}

std::vector<std::string> decode_reference(::ldap* handle, ::ldapmsg* message) {
  char** references = nullptr;
  if (ldap_parse_reference(handle, message, &references, nullptr, 0) != LDAP_SUCCESS) return {};
  auto copy = strings(references);
  ber_memvfree(reinterpret_cast<void**>(references));
  return copy;
}

std::optional<Error> decode_notice(::ldap* handle, ::ldapmsg* message) {
  char* oid = nullptr;
  if (ldap_parse_extended_result(handle, message, &oid, nullptr, 0) != LDAP_SUCCESS) return std::nullopt;
  const std::unique_ptr<char, decltype(&ldap_memfree)> owned_oid(oid, ldap_memfree);
  if (!oid || std::string_view(oid) != LDAP_NOTICE_OF_DISCONNECTION) return std::nullopt;
  int result = LDAP_OTHER;
  char* diagnostic = nullptr;
  const int code = ldap_parse_result(handle, message, &result, nullptr, &diagnostic, nullptr, nullptr, 0);
  const std::unique_ptr<char, decltype(&ldap_memfree)> owned(diagnostic, ldap_memfree);
  if (code != LDAP_SUCCESS || result == LDAP_SUCCESS) result = LDAP_UNAVAILABLE;
  return ldap_error(result, diagnostic ? diagnostic : "").with_context("the server closed it");
}

}  // namespace gmsactl::ldap
