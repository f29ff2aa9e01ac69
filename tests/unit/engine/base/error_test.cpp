#include <gtest/gtest.h>

#include "engine/base/diagnostic.h"
#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace gmsactl {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::invalid, "it is odd", "take an even one");
  return number / 2;
}
Result<int> quarter(int number) { return half(GMSACTL_TRY(half(number))); }

TEST(Result, try_gives_the_value_or_returns_the_error) {
  EXPECT_EQ(quarter(8), 2);
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::invalid);
  EXPECT_EQ(failed.error().hint, "take an even one");
}

TEST(Error, context_goes_before_the_message_outermost_first) {
  Error error{ErrorKind::timeout, "no answer", {}, {}};
  EXPECT_EQ(std::move(error).with_context("reading web01$").with_context("plan").message,
            "plan: reading web01$: no answer");
}

TEST(Error, what_was_never_sent_has_a_known_outcome) {
  Error error{ErrorKind::unavailable, "the connection was lost", {}, {}};
  EXPECT_TRUE(outcome_unknown(error));
  error.not_sent = true;
  EXPECT_FALSE(outcome_unknown(error));
}

TEST(Error, only_a_lost_answer_leaves_the_outcome_unknown) {
  EXPECT_TRUE(outcome_unknown(ErrorKind::timeout));
  EXPECT_TRUE(outcome_unknown(ErrorKind::unavailable));
  EXPECT_FALSE(outcome_unknown(ErrorKind::denied));
  EXPECT_FALSE(outcome_unknown(ErrorKind::conflict));
}

TEST(Diagnostic, interned_names_are_one_text) {
  const std::string name = "accounts.yaml";
  EXPECT_EQ(intern(name).data(), intern("accounts.yaml").data());
  EXPECT_NE(intern(name).data(), name.data());
}

TEST(Diagnostic, only_errors_are_errors) {
  Diagnostics list{{Severity::warning, "GMSA0107", "", "", "", {}, ""}};
  EXPECT_FALSE(has_errors(list));
  list.push_back({Severity::error, "GMSA0101", "", "", "", {}, ""});
  EXPECT_TRUE(has_errors(list));
}

TEST(Secret, the_value_is_only_exposed_by_name) {
  const Secret secret("geheim");
  EXPECT_EQ(secret.expose(), "geheim");
  EXPECT_TRUE(Secret().empty());
}

}  // namespace
}  // namespace gmsactl
