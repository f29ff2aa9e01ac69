// A directory in an LDIF file of its own, for the tests of the LDIF transport.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "providers/transport/ldap/connect.h"

namespace gmsactl::ldap {

class LdifDirectory : public testing::Test {
 protected:
  LdifDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gmsactl-ldif-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/directory.ldif";
  }
  ~LdifDirectory() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string file() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  /// Loads `text`; a failure ends in an assertion of the test's.
  Transport& load(const std::string& text) {
    write(text);
    return reload();
  }
  Transport& reload() {
    auto opened = open_ldif(path_);
    if (!opened) throw std::runtime_error(opened.error().message);
    directory_ = std::move(*opened);
    return *directory_;
  }
  Error load_error(const std::string& text) const {
    write(text);
    auto opened = open_ldif(path_);
    return opened ? Error{ErrorKind::internal, "it loaded", {}, {}} : opened.error();
  }
  Transport& directory() { return *directory_; }

  /// DNs that the filter finds below the domain, in order.
  std::vector<std::string> find(const std::string& filter, const std::string& base = "DC=contoso,DC=com",
                                Scope scope = Scope::subtree) {
    SearchRequest request;
    request.base = base;
    request.filter = filter;
    request.scope = scope;
    request.attributes = {"1.1"};
    const auto entries = search_all(directory(), request);
    if (!entries) return {entries.error().message};
    std::vector<std::string> dns;
    for (const Entry& entry : *entries) dns.push_back(entry.dn);
    return dns;
  }
  /// The attribute's values, none where the object or the attribute is not there.
  std::vector<std::string> values(const std::string& dn, const std::string& attribute) {
    const auto entry = read(directory(), dn, {attribute});
    if (!entry) return {};
    const Attribute* found = entry->find(attribute);
    return found == nullptr ? std::vector<std::string>{} : found->values;
  }

  const std::string& path() const { return path_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::string path_;
  std::unique_ptr<Transport> directory_;
};

/// The LDAP result code of a failure, 0 for success.
inline int code(const Result<void>& result) {
  if (result) return 0;
  return result.error().native ? result.error().native->code : -1;
}

/// As small as the quickstart's.
inline const std::string small_directory = R"(# The directory of the quickstart
version: 1

dn: DC=contoso,DC=com
objectClass: domainDNS

dn: CN=key,CN=Master Root Keys,CN=Group Key Distribution Service,CN=Services,CN=Co
 nfiguration,DC=contoso,DC=com
objectClass: msKds-ProvRootKey
msKds-UseStartTime: 133000000000000000

# Two hosts
dn: CN=HOST01,OU=Servers,DC=contoso,DC=com
objectClass: computer

dn: CN=HOST02,OU=Servers,DC=contoso,DC=com
objectClass: computer
sAMAccountName: HOST02$

dn: CN=Web Hosts,CN=Users,DC=contoso,DC=com
objectClass: group
member: CN=HOST01,OU=Servers,DC=contoso,DC=com
)";

}  // namespace gmsactl::ldap
