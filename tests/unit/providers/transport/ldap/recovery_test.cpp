// The table of what went wrong, over its whole length.
#include "providers/transport/ldap/recovery.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "providers/transport/ldap/transport.h"
#include "providers/transport/ldap/win32_names.h"

namespace gmsactl::ldap {
namespace {

TEST(Win32Names, are_sorted_and_each_code_is_there_once) {
  const auto names = win32_names();
  EXPECT_GT(names.size(), 2700U);
  for (size_t i = 1; i < names.size(); ++i) ASSERT_LT(names[i - 1].code, names[i].code) << names[i].name;
  for (const auto& each : names) {
    EXPECT_FALSE(each.name.empty());
    EXPECT_EQ(win32_name(each.code), each.name);
  }
  EXPECT_EQ(win32_name(0xFFFFFFFF), "");
}

TEST(Recovery, each_table_is_sorted_and_each_code_is_there_once) {
  const auto results = result_meanings();
  for (size_t i = 1; i < results.size(); ++i) ASSERT_LT(results[i - 1].code, results[i].code);
  const auto windows = windows_meanings();
  for (size_t i = 1; i < windows.size(); ++i) ASSERT_LT(windows[i - 1].code, windows[i].code);
}

TEST(Recovery, every_result_gives_its_row) {
  for (const auto& row : result_meanings()) {
    const Error error = ldap_error(row.code, "");
    EXPECT_EQ(error.kind, row.kind) << row.name;
    EXPECT_EQ(error.recovery, row.recovery) << row.name;
    EXPECT_EQ(error.native->name, row.name);
    EXPECT_EQ(error.hint, row.hint);
  }
}

TEST(Recovery, every_windows_code_has_a_name_and_is_said_with_it) {
  for (const auto& row : windows_meanings()) {
    char code[9];
    (void)snprintf(code, sizeof code, "%08X", row.code);
    const int result = row.only_with_results.front() != 0 ? row.only_with_results.front() : 53;
    const Error error = ldap_error(result, std::string(code) + ": SvcErr: DSID-031A124C, problem 5003");
    EXPECT_NE(error.message.find(row.meaning), std::string::npos) << error.message;
    EXPECT_EQ(error.kind, row.kind.value_or(error.kind)) << error.message;
    EXPECT_EQ(error.recovery, row.recovery.value_or(error.recovery)) << error.message;
    EXPECT_EQ(error.hint, row.hint.empty() ? error.hint : std::string(row.hint));
    if (row.code > 0xFFFF) continue;  // NTSTATUS and HRESULT
    ASSERT_FALSE(win32_name(row.code).empty()) << code;
    EXPECT_NE(error.message.find(win32_name(row.code)), std::string::npos) << error.message;
  }
}

TEST(Recovery, a_code_without_a_meaning_of_ours_is_said_by_its_name) {
  EXPECT_EQ(ldap_error(53, "00002170: SvcErr").message,
            "LDAP 53 unwillingToPerform (0x2170 ERROR_DS_CANT_TREE_DELETE_CRITICAL_OBJ): 00002170: SvcErr");
  EXPECT_EQ(ldap_error(53, "0000FFFE: x").message, "LDAP 53 unwillingToPerform (0xfffe): 0000FFFE: x");
}

TEST(Recovery, codes_of_directory_operations_mean_what_the_specification_says) {
  const auto meaning = [](uint32_t code) { return std::string(windows_meaning(code, 53)->meaning); };
  EXPECT_NE(meaning(0x21C7).find("service principal name"), std::string::npos);
  EXPECT_NE(meaning(0x21C8).find("user principal name"), std::string::npos);
  EXPECT_NE(meaning(0x216D).find("machine account quota"), std::string::npos);
  EXPECT_EQ(windows_meaning(0x2113, 53), nullptr);
  EXPECT_EQ(windows_meaning(0x2114, 53), nullptr);
  EXPECT_EQ(win32_name(0x2113), "ERROR_DS_INSTALL_SCHEMA_MISMATCH");
  EXPECT_EQ(win32_name(0x2114), "ERROR_DS_DUP_LINK_ID");
  EXPECT_EQ(win32_name(0x20B4), "ERROR_DS_OBJ_CLASS_NOT_SUBCLASS");
}

TEST(Recovery, an_invalid_parameter_means_what_its_result_says) {
  const std::string text =
      "00000057: LdapErr: DSID-0C090B9D, comment: Error processing control, data 0, v4563";
  for (const int result : {16, 17, 19, 21}) EXPECT_EQ(ldap_error(result, text).kind, ErrorKind::constraint);
  EXPECT_EQ(ldap_error(3, text).kind, ErrorKind::timeout);
  EXPECT_EQ(ldap_error(3, text).recovery, Recovery::later);
  EXPECT_EQ(ldap_error(12, text).kind, ErrorKind::unsupported);
  EXPECT_EQ(ldap_error(53, text).message.find("schema"), std::string::npos);
}

TEST(Recovery, tries_end) {
  const std::chrono::milliseconds unit(250);
  EXPECT_FALSE(pause_before_retry(Recovery::none, 1, unit));
  for (const auto recovery : {Recovery::anew, Recovery::later}) {
    std::chrono::milliseconds all(0);
    int tries = 1;
    while (const auto pause = pause_before_retry(recovery, tries, unit)) {
      all += *pause;
      ASSERT_LT(++tries, 10);
    }
    EXPECT_LT(all, std::chrono::seconds(5)) << "a plan makes many searches";
  }
}

TEST(Recovery, every_fault_has_a_row) {
  std::set<Fault> seen;
  for (const auto& row : fault_meanings()) {
    EXPECT_TRUE(seen.insert(row.fault).second);
    const Error error = fault(row.fault, "what happened");
    EXPECT_EQ(error.kind, row.kind);
    EXPECT_EQ(error.recovery, row.recovery);
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(Fault::another_controller) + 1);
}

}  // namespace
}  // namespace gmsactl::ldap
