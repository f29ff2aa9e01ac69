// kubeconfigs of every kind, and what refusals of the API mean.
#include "providers/transport/kubernetes/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/transport/kubernetes/api.h"

namespace gmsactl::kubernetes {
namespace {

using testing::HasSubstr;

std::string config(const std::string& user, const std::string& cluster = "server: https://k:6443/") {
  return "current-context: c\nclusters: [{name: k, cluster: {" + cluster + "}}]\nusers: [{name: u, user: {" +
         user +
         "}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}, {name: other, context: {cluster: "
         "none}}]\n";
}

TEST(Kubeconfig, data_is_decoded_and_paths_are_relative_to_the_file) {
  const auto login = parse_kubeconfig(config("client-certificate-data: Y2VydA==, client-key: keys/k.pem",
                                             "server: https://k:6443/, certificate-authority: ca.pem"),
                                      "/etc/kube", "");
  ASSERT_TRUE(login) << login.error().message;
  EXPECT_EQ(login->server, "https://k:6443");
  EXPECT_EQ(login->cert_data, "cert");
  EXPECT_EQ(login->key_file, "/etc/kube/keys/k.pem");
  EXPECT_EQ(login->ca_file, "/etc/kube/ca.pem");
}

TEST(Kubeconfig, an_exec_plug_in_has_arguments_and_variables) {
  const auto login = parse_kubeconfig(
      config("exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, get-token], "
             "env: [{name: A, value: b}]}"),
      "/", "");
  ASSERT_TRUE(login && login->exec);
  EXPECT_EQ(login->exec->arguments, (std::vector<std::string>{"eks", "get-token"}));
  EXPECT_EQ(login->exec->environment.front(), (std::pair<std::string, std::string>{"A", "b"}));
}

TEST(Kubeconfig, what_is_missing_is_named) {
  EXPECT_THAT(parse_kubeconfig(config(""), "/", "nowhere").error().message, HasSubstr("no context nowhere"));
  EXPECT_THAT(parse_kubeconfig(config(""), "/", "other").error().message, HasSubstr("no cluster none"));
  EXPECT_THAT(parse_kubeconfig("{}", "/", "").error().message, HasSubstr("no current context"));
  EXPECT_THAT(parse_kubeconfig("a: [", "/", "").error().message, HasSubstr("line "));
  EXPECT_FALSE(parse_kubeconfig(config("client-key-data: '?'"), "/", ""));
}

TEST(KubernetesStatus, a_conflict_names_the_other_manager) {
  const auto error =
      status_error(409, R"({"message": "Apply failed", "reason": "Conflict", "details": {"causes": [
    {"reason": "FieldManagerConflict", "message": "conflict with \"helm\"", "field": ".credspec"}]}})",
                   "https://k");
  EXPECT_EQ(error.kind, ErrorKind::conflict);
  EXPECT_THAT(error.message, HasSubstr(".credspec: conflict with \"helm\""));
}

TEST(KubernetesStatus, bodies_that_are_no_status_are_no_trouble) {
  for (const char* body :
       {"", "<html>", "[]", R"({"message": 1, "details": []})", R"({"details": {"causes": 1}})"}) {
    EXPECT_EQ(status_error(404, body, "k").kind, ErrorKind::not_found);
    EXPECT_EQ(status_error(403, body, "k").kind, ErrorKind::denied);
    EXPECT_EQ(status_error(409, body, "k").kind, ErrorKind::conflict);
  }
}

}  // namespace
}  // namespace gmsactl::kubernetes
