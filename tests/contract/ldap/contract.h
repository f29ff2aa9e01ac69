// What the contract suite runs on: one directory for the whole program, behind the Transport interface, with
// an organizational unit of its own that is removed at the end. open_directory() is the parameter: each
// program of tests/contract links another definition of it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "providers/transport/ldap/transport.h"

namespace gmsactl::contract {

using ldap::Attribute;
using ldap::Entry;
using ldap::Modification;
using ldap::ModifyOperation;
using ldap::Scope;
using ldap::SearchRequest;
using ldap::Transport;

struct Directory {
  std::unique_ptr<Transport> transport;
  std::string skip;  ///< why there is none to test
  std::string container_of_many =
      {};  ///< a DN with over 1,000 children; empty: the suite makes them, writes are cheap
  /// Opens another connection to the same server, by another URL, and closes it.
  std::function<Result<void>(const std::string& url)> connects = {};
};

Directory open_directory();

inline const std::string domain = "DC=contoso,DC=com";

class Contract : public testing::Test {
 protected:
  void SetUp() override;

  static Transport& directory();
  static const std::string& container_of_many();
  static const Directory& implementation();
  static bool writes_are_cheap() { return container_of_many().empty(); }
  static const std::string& unit();  ///< DN of the suite's own OU

  /// A name that nothing in the directory has, at most 15 characters.
  static std::string unique(const std::string& prefix);
  static std::string below_unit(const std::string& common_name);  ///< the name is escaped

  /// These fail the test where the directory does not do as told; each gives the object's DN.
  static std::string add_unit(const std::string& name);  ///< an organizational unit
  static std::string add_container(const std::string& common_name);
  static std::string add_group(const std::string& name);
  static std::string add_computer(const std::string& name);
  static std::string add_account(const std::string& name, std::vector<Attribute> more = {});
  static std::vector<Attribute> account(const std::string& name, std::vector<Attribute> more = {});

  static Entry read(const std::string& dn, std::vector<std::string> attributes = {});
  static std::vector<std::string> values(const std::string& dn, const std::string& attribute);  ///< sorted
  static std::string value(const std::string& dn, const std::string& attribute);
  /// Leaf names found, sorted.
  static std::vector<std::string> names(const std::string& base, Scope scope, const std::string& filter);
};

template <class T>
testing::AssertionResult done(const Result<T>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name(result.error().kind) << ": " << result.error().message;
}

template <class T>
testing::AssertionResult refused(ErrorKind kind, const Result<T>& result) {
  if (result) return testing::AssertionFailure() << "it succeeded";
  if (result.error().kind == kind) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name(result.error().kind) << ", not " << name(kind) << ": "
                                     << result.error().message;
}

/// By LDAP result code, where servers and clients tell more than the kind says.
template <class T>
testing::AssertionResult answered(int code, const Result<T>& result) {
  if (result) return testing::AssertionFailure() << "it succeeded";
  if (result.error().native && result.error().native->code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "not LDAP result " << code << " but: " << result.error().message;
}

#define EXPECT_DONE(...) EXPECT_TRUE(::gmsactl::contract::done(__VA_ARGS__))
#define EXPECT_REFUSED(kind, ...) EXPECT_TRUE(::gmsactl::contract::refused(ErrorKind::kind, __VA_ARGS__))
#define EXPECT_RESULT(code, ...) EXPECT_TRUE(::gmsactl::contract::answered(code, __VA_ARGS__))

}  // namespace gmsactl::contract
