// The account that a domain controller would keep of the changes to a FakeWorld: it compares the world with
// how it was when it was asked last, and numbers what differs. As in Active Directory, a group is not changed
// by what becomes of its members, nor anything by the renaming of what it stands in.
#pragma once

#include <map>
#include <set>
#include <string>

#include "engine/ports/change_feed.h"
#include "tests/fakes/fake_world.h"

namespace gmsactl::fakes {

class FakeFeed : public ports::ChangeFeed {
 public:
  explicit FakeFeed(FakeWorld& world);

  model::DirectoryPosition at;  ///< what position() answers, its usn added to the count
  bool deleted_are_seen = true;
  std::optional<Error> no_position;        ///< in place of an answer
  std::vector<model::ChangedObject> more;  ///< told besides, once

  [[nodiscard]] Result<model::DirectoryPosition> position() override;
  [[nodiscard]] Result<bool> sees_deleted() override { return deleted_are_seen; }
  [[nodiscard]] Result<std::vector<model::ChangedObject>> changed_since(int64_t usn, int64_t latest) override;
  [[nodiscard]] Result<void> watch(const std::function<void()>&, std::stop_token) override { return {}; }

  size_t asked = 0;  ///< calls of changed_since()

 private:
  struct Entry {
    model::ChangedObject object;
    std::string content;
    std::set<model::Guid> members;
    int64_t created = 0;
    int64_t usn = 0;
  };
  void number_changes();
  void note(const model::Identity& id, const std::string& sam, const std::optional<std::string>& marker,
            const std::string& content, std::set<model::Guid> members);
  bool exists(const model::Guid& guid) const;
  std::set<model::Guid> members_of(const model::LiveGroup& group) const;

  FakeWorld& world_;
  std::map<model::Guid, Entry> entries_;
  int64_t usn_ = 1000;
};

}  // namespace gmsactl::fakes
