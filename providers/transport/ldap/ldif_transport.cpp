#include "providers/transport/ldap/ldif_transport.h"

#include <algorithm>
#include <array>

#include "providers/transport/ldap/connect.h"
#include "providers/transport/ldap/ldif_change.h"
#include "providers/transport/ldap/ldif_form.h"
#include "providers/transport/ldap/ldif_search.h"

namespace gmsactl::ldap {

namespace {

/// Controls that a search may carry: what they ask for is so anyway, or has no meaning in a file.
constexpr std::array<std::string_view, 6> harmless_controls{
    "1.2.840.113556.1.4.319",   // paged results
    "1.2.840.113556.1.4.801",   // which parts of security descriptors
    "1.2.840.113556.1.4.1339",  // domain scope: no referrals
    "1.2.840.113556.1.4.417",   // deleted objects too
    "1.2.840.113556.1.4.2064",  // recycled ones too
    "1.2.840.113556.1.4.2065",  // deactivated links too
};

Result<void> check_controls(const std::vector<Control>& controls) {
  for (const Control& control : controls)
    if (control.critical &&
        std::find(harmless_controls.begin(), harmless_controls.end(), control.oid) == harmless_controls.end())
      return fail(
          ldap_error(12, "00000057: a directory in an LDIF file does not know the control " + control.oid));
  return {};
}

tl::unexpected<Error> stopped() { return fail(ErrorKind::cancelled, "the search was stopped"); }

}  // namespace

LdifTransport::LdifTransport(std::string peer, ldif::File file, std::unique_ptr<ldif::Directory> directory)
    : peer_(std::move(peer)), file_(std::move(file)), directory_(std::move(directory)) {}

Result<std::unique_ptr<Transport>> LdifTransport::open(const std::string& path) {
  ldif::File file = GMSACTL_TRY(ldif::File::open(path));
  auto text = ldif::as_ldif(file.take_text());
  if (!text) return fail(std::move(text).error().with_context(path));
  auto directory = ldif::Directory::load(std::move(*text));
  if (!directory) return fail(std::move(directory).error().with_context(path));
  return std::unique_ptr<Transport>(
      new LdifTransport("ldif:" + path, std::move(file), std::move(*directory)));
}

Result<void> LdifTransport::search(const SearchRequest& request, const EntrySink& sink) {
  counters_.searches.fetch_add(1, std::memory_order_relaxed);
  GMSACTL_TRY(check_controls(request.controls));
  if (request.base.empty() && request.scope == Scope::base) return search_root(request, sink);
  std::unique_lock lock(mutex_);
  const auto ids = GMSACTL_TRY(ldif::find_objects(*directory_, request));
  const ldif::Selection selection(*directory_, request.attributes);
  // In portions: what is delivered need not fit into memory twice, and a sink may call back.
  constexpr size_t portion = 256;
  std::vector<Entry> entries;
  entries.reserve(std::min(portion, ids.size()));
  for (size_t at = 0; at < ids.size(); at += portion) {
    if (!lock.owns_lock()) lock.lock();
    entries.clear();
    for (size_t i = at; i < std::min(ids.size(), at + portion); ++i)
      if (!(*directory_)[ids[i]].deleted) entries.push_back(selection.entry((*directory_)[ids[i]]));
    lock.unlock();
    counters_.entries.fetch_add(entries.size(), std::memory_order_relaxed);
    for (Entry& entry : entries) {
      entry.whole = true;
      if (!sink(std::move(entry))) return stopped();
    }
  }
  return {};
}

Result<void> LdifTransport::watch(const SearchRequest&, const EntrySink&, std::stop_token) {
  return fail(ErrorKind::unsupported, "a directory in an LDIF file does not tell of changes");
}

Result<void> LdifTransport::search_root(const SearchRequest& request, const EntrySink& sink) {
  GMSACTL_TRY(ldif::parse_filter(request.filter));  // every filter that makes sense matches the rootDSE
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    entry = ldif::Selection(*directory_, request.attributes).entry(ldif::root_dse(*directory_));
  }
  counters_.entries.fetch_add(1, std::memory_order_relaxed);
  entry.whole = true;
  if (!sink(std::move(entry))) return stopped();
  return {};
}

template <class Write>
Result<void> LdifTransport::write(Write&& change) {
  counters_.writes.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  return change(*directory_);
}

Result<void> LdifTransport::add(const std::string& dn, const std::vector<Attribute>& attributes) {
  return write([&](ldif::Directory& directory) { return ldif::add_object(directory, dn, attributes); });
}

Result<void> LdifTransport::modify(const std::string& dn, const std::vector<Modification>& changes) {
  return write([&](ldif::Directory& directory) { return ldif::modify_object(directory, dn, changes); });
}

Result<void> LdifTransport::rename(const std::string& dn, const std::string& new_rdn,
                                   const std::string& new_parent) {
  return write(
      [&](ldif::Directory& directory) { return ldif::rename_object(directory, dn, new_rdn, new_parent); });
}

Result<void> LdifTransport::remove(const std::string& dn) {
  return write([&](ldif::Directory& directory) { return ldif::remove_object(directory, dn); });
}

Result<void> LdifTransport::flush() {
  const std::lock_guard lock(mutex_);
  if (!directory_->changed()) return {};
  GMSACTL_TRY(file_.save(directory_->text()));
  directory_->mark_saved();
  return {};
}

Result<std::unique_ptr<Transport>> open_ldif(const std::string& path) { return LdifTransport::open(path); }

}  // namespace gmsactl::ldap
