#include "engine/report/graph.h"

#include <gtest/gtest.h>

#include "engine/report/render.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

using Texts = std::vector<std::string>;

/// "HOST03$ => ShopHosts", with "=>" for an edge that is new, "x>" for one that goes, "->" for one that
/// stays.
Texts edges(const Graph& graph) {
  Texts texts;
  for (const auto& edge : graph.edges)
    texts.push_back(graph.nodes[edge.from].label +
                    (edge.mark == Mark::added     ? " => "
                     : edge.mark == Mark::removed ? " x> "
                                                  : " -> ") +
                    graph.nodes[edge.to].label);
  std::sort(texts.begin(), texts.end());
  return texts;
}

TEST(Graph, leads_from_hosts_to_what_the_accounts_are_for) {
  const auto plan = sample::busy_plan();
  const auto all = graphs(plan);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(edges(all[0]), (Texts{
                               "Batch => host/Batch",
                               "Batch => host/batch.contoso.com",
                               "BatchHosts => Batch",
                               "CONTOSO\\Domain Computers x> Shop",
                               "HOST01$ -> ShopHosts",
                               "HOST02$ -> ShopHosts",
                               "HOST03$ => ShopHosts",
                               "HOST04$ => BatchHosts",
                               "HOST05$ => BatchHosts",
                               "HOST09$ x> ShopHosts",
                               "Shop -> host/Shop",
                               "Shop -> http/shop.contoso.com",
                               "Shop => docker-prod@HOST03",
                               "Shop => https/shop.contoso.com",
                               "Shop x> docker-prod@HOST09",
                               "Shop x> http/oldshop.contoso.com",
                               "ShopHosts -> Shop",
                               "ShopHosts => BatchHosts",
                           }));
  EXPECT_EQ(edges(all[1]), (Texts{"Fax x> host/Fax", "FaxHosts x> Fax"}));
}

TEST(Graph, shows_what_stays_where_the_plan_knows_it) {
  auto plan = sample::empty_plan();
  plan.changes = {sample::change(model::Kind::gmsa, "Shop", model::Action::update, model::cause::pending,
                                 {{"description", std::string("a"), std::string("b"), {}, {}}})};
  EXPECT_TRUE(graphs(plan).empty()) << "an account alone is no graph";
  model::GmsaChange detail;
  detail.service_principal_names = {"host/Shop"};
  detail.readers = {{"ShopHosts", {}, {}, "ShopHosts"}};
  plan.changes[0].detail = detail;
  const auto all = graphs(plan);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(edges(all[0]), (Texts{"Shop -> host/Shop", "ShopHosts -> Shop"}));
}

TEST(Graph, a_group_is_known_by_any_of_its_names) {
  auto plan = sample::empty_plan();
  plan.changes = {
      sample::change(model::Kind::host_group, "Hosts", model::Action::create, model::cause::fresh,
                     {{"samAccountName", {}, std::string("HostsSam"), {}, {}}}),
      sample::change(model::Kind::gmsa, "Shop", model::Action::create, model::cause::fresh,
                     {sample::list("principalsAllowedToRetrieveManagedPassword", {},
                                   {"HOSTSSAM", "HostGroup/Hosts"}, {"HOSTSSAM", "HostGroup/Hosts"}, {})})};
  const auto all = graphs(plan);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(edges(all[0]), (Texts{"Hosts => Shop", "Hosts => Shop"}));
}

TEST(Graph, of_many_nodes_those_that_change_have_room) {
  auto plan = sample::empty_plan();
  Texts before;
  for (int i = 0; i < 500; ++i) before.push_back("HOST" + std::to_string(1000 + i) + "$");
  Texts after = before;
  after.push_back("NEW$");
  plan.changes = {sample::change(model::Kind::host_group, "Hosts", model::Action::update,
                                 model::cause::pending,
                                 {sample::list("members", before, after, {"NEW$"}, {})})};
  const auto all = graphs(plan);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].left_out[static_cast<size_t>(Column::hosts)], 501U - 24U);
  EXPECT_EQ(all[0].nodes.size(), 25U);
  EXPECT_EQ(edges(all[0]).back(), "NEW$ => Hosts");
  EXPECT_NE(render(Format::html, sample::run({plan})).find(">and 477 more</text>"), std::string::npos);
}

TEST(Graph, any_plan_has_edges_from_left_to_right_only) {
  sample::RandomPlans random(41);
  for (int i = 0; i < 200; ++i) {
    const auto plan = random.next();
    for (const auto& graph : graphs(plan)) {
      ASSERT_GT(graph.nodes.size(), 1U);
      for (const auto& edge : graph.edges)
        ASSERT_LE(graph.nodes.at(edge.from).column, graph.nodes.at(edge.to).column);
    }
  }
}

}  // namespace
}  // namespace gmsactl::report
