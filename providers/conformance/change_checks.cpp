// What the directory tells of changes: numbers, notifications, deleted objects, replication metadata.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/base/text.h"
#include "engine/model/guid.h"
#include "engine/model/replication_metadata.h"
#include "providers/conformance/bench.h"

namespace gmsactl::conformance {

namespace {

using namespace std::chrono_literals;

constexpr char show_deleted[] = "1.2.840.113556.1.4.417";  // [MS-ADTS] 3.1.1.3.4.1.14
constexpr char notification[] = "1.2.840.113556.1.4.528";  // [MS-ADTS] 3.1.1.3.4.1.9
constexpr auto patience = 10s;

int64_t first_number(Bench& bench, const std::string& dn, const std::string& attribute) {
  const auto values = bench.values(dn, attribute);
  return values.empty() ? -1 : std::strtoll(values.front().c_str(), nullptr, 10);
}

std::vector<std::string> guids_changed_since(Bench& bench, int64_t usn, Trial& trial) {
  ldap::SearchRequest request;
  request.base = bench.domain().text();
  request.filter = "(uSNChanged>=" + std::to_string(usn) + ")";
  request.attributes = {"objectGUID", "isDeleted"};
  request.controls = {{show_deleted, true, {}}};
  std::vector<std::string> guids;
  trial.done(request.filter, bench.directory().search(request, [&](Entry&& entry) {
    guids.push_back(std::string(entry.first("objectGUID").value_or("")) +
                    (equal_folded(entry.first("isDeleted").value_or(""), "TRUE") ? "deleted" : ""));
    return true;
  }));
  return guids;
}

void numbers(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"));
  const auto member = group ? bench.group(trial, bench.unique("g")) : std::nullopt;
  if (!member) return;
  const int64_t before = first_number(bench, *group, "uSNChanged");
  const int64_t committed = first_number(bench, "", "highestCommittedUSN");
  if (!trial.done("add a member", bench.modify(*group, {{ModifyOperation::add, "member", {*member}}})))
    return;
  const int64_t after = first_number(bench, *group, "uSNChanged");
  trial.expect(after > before,
               "uSNChanged of the group: " + std::to_string(before) + ", then " + std::to_string(after));
  trial.expect(first_number(bench, "", "highestCommittedUSN") > committed, "highestCommittedUSN grows");
  const auto guid = bench.values(*group, "objectGUID");
  const auto changed = guids_changed_since(bench, committed + 1, trial);
  trial.expect(!guid.empty() && std::find(changed.begin(), changed.end(), guid.front()) != changed.end(),
               "the group is among " + plural(changed.size(), "object") + " that changed since");
}

void deleted(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"));
  if (!group) return;
  const auto guid = bench.values(*group, "objectGUID");
  const int64_t committed = first_number(bench, "", "highestCommittedUSN");
  if (guid.empty() || !trial.done("delete it", bench.directory().remove(*group))) return;
  const std::string deleted_objects =
      "<WKGUID=18E2EA80684F11D2B9AA00C04F79F805," + bench.domain().text() + ">";
  const auto sees = ldap::read(bench.directory(), deleted_objects, {"isDeleted"}, {{show_deleted, true, {}}});
  const bool allowed = sees && sees->find("isDeleted") != nullptr;
  const auto changed = guids_changed_since(bench, committed + 1, trial);
  const bool found = std::find(changed.begin(), changed.end(), guid.front() + "deleted") != changed.end();
  trial.note(std::string("CN=Deleted Objects ") + (allowed ? "is" : "is not") + " readable to this user");
  trial.expect(found == allowed, std::string("the deleted object is ") + (found ? "" : "not ") +
                                     "shown with its GUID and isDeleted");
}

void notified(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"));
  if (!group) return;
  const auto guid = bench.values(*group, "objectGUID");
  std::mutex mutex;
  std::condition_variable told;
  bool heard = false;
  std::optional<Error> broken;
  ldap::SearchRequest request;
  request.base = bench.domain().text();
  request.attributes = {"objectGUID"};
  request.controls = {{notification, true, {}}, {show_deleted, true, {}}};
  const auto begin = std::chrono::steady_clock::now();
  size_t writes = 0;
  {
    std::jthread listener([&](const std::stop_token& stop) {
      auto ended = bench.directory().watch(
          request,
          [&](Entry&& entry) {
            const std::lock_guard lock(mutex);
            if (!guid.empty() && entry.first("objectGUID") == std::optional<std::string_view>(guid.front()))
              heard = true;
            told.notify_all();
            return true;
          },
          stop);
      const std::lock_guard lock(mutex);
      if (!ended && ended.error().kind != ErrorKind::cancelled) broken = ended.error();
      told.notify_all();
    });
    // The server does not say when it has begun to listen, so it is written to until it tells.
    std::unique_lock lock(mutex);
    while (!heard && !broken && std::chrono::steady_clock::now() - begin < patience) {
      lock.unlock();
      const auto wrote =
          bench.modify(*group, {{ModifyOperation::replace, "adminDescription", {std::to_string(++writes)}}});
      lock.lock();
      if (!wrote) {
        trial.observed("write to it", wrote);
        break;
      }
      told.wait_for(lock, 500ms, [&] { return heard || broken.has_value(); });
    }
  }
  if (broken) return trial.observed("asking for notifications", fail(*broken));
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  trial.expect(heard, std::string(heard ? "told" : "not told") + " within " + std::to_string(took.count()) +
                          " ms, after " + plural(writes, "write"));
}

/// "<DS_REPL_ATTR_META_DATA>" of a value.
std::string root_element(const std::string& xml) {
  return printable(xml.substr(0, std::min(xml.find('>') + 1, size_t{40})));
}

void metadata(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"));
  const auto member = group ? bench.group(trial, bench.unique("g")) : std::nullopt;
  if (!member ||
      !trial.done("add a member", bench.modify(*group, {{ModifyOperation::add, "member", {*member}}})))
    return;
  const auto entry =
      ldap::read(bench.directory(), *group,
                 {"msDS-ReplAttributeMetaData", "msDS-ReplValueMetaData", "replPropertyMetaData"});
  if (!entry) return trial.observed("read the metadata", fail(entry.error()));
  bool attributes_known = false;
  if (const auto* values = entry->find("msDS-ReplAttributeMetaData");
      values != nullptr && !values->values.empty()) {
    const auto decoded = model::decode_attribute_metadata(values->values.front());
    trial.note("msDS-ReplAttributeMetaData begins with " + root_element(values->values.front()) +
               (decoded ? ", readable" : ", not readable"));
    attributes_known = decoded.has_value();
  } else {
    trial.note("no msDS-ReplAttributeMetaData");
  }
  if (const auto bytes = entry->first("replPropertyMetaData")) {
    const auto decoded = model::decode_property_metadata(*bytes);
    trial.note("replPropertyMetaData: " + plural(bytes->size(), "byte") +
               (decoded ? ", readable" : ", not readable"));
    attributes_known = attributes_known || decoded.has_value();
  } else {
    trial.note("no replPropertyMetaData");
  }
  trial.expect(attributes_known, "when attributes were last written can be read in one of these forms");
  const auto* values = entry->find("msDS-ReplValueMetaData");
  if (values == nullptr || values->values.empty())
    return trial.note("no msDS-ReplValueMetaData: members are not dated");
  const auto decoded = model::decode_value_metadata(values->values.front());
  trial.note("msDS-ReplValueMetaData begins with " + root_element(values->values.front()));
  if (decoded) return;
  const auto binary = ldap::read(bench.directory(), *group, {"msDS-ReplValueMetaData;binary"});
  const bool readable =
      binary && !binary->attributes.empty() && !binary->attributes.front().values.empty() &&
      model::decode_value_metadata_blob(binary->attributes.front().values.front()).has_value();
  trial.expect(readable, "its binary form is readable instead");
}

}  // namespace

std::vector<Check> change_checks() {
  return {
      {"change.numbers", "a change of members moves the group's uSNChanged, by which it is found", "(U9)",
       numbers, true, true},
      {"change.deleted", "deleted objects are shown to who may read CN=Deleted Objects, and to nobody else",
       "[MS-ADTS] 3.1.1.3.4.1.14", deleted, true, true},
      {"change.notified", "a change of an object is told within 10 seconds to who has asked",
       "[MS-ADTS] 3.1.1.3.4.1.9 (U6)", notified, true, true},
      {"change.metadata", "replication metadata is readable in one of its forms",
       "[MS-ADTS] 3.1.1.3.1.1.5 (U7)", metadata, true, true},
  };
}

}  // namespace gmsactl::conformance
