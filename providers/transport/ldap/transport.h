// The one LDAP seam: what a directory server does for us, in LDAP's own words. A Reader asks; a Transport is
// a Reader that writes as well. Two implementations, libldap (libldap_transport.h) and a directory held in an
// LDIF file (ldif_transport.h); both pass tests/contract/ldap. Not responsible for: what the entries mean,
// retries, order.
//
// Thread-safe: many threads may have requests under way on one Transport; libldap's sends them pipelined over
// its connections. Every call blocks until its own result is there.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/reading.h"

namespace gmsactl::ldap {

struct Attribute {
  std::string name;
  std::vector<std::string> values;  ///< raw bytes, in the server's order
  bool operator==(const Attribute&) const = default;
};

struct Entry {
  std::string dn;  ///< as the server writes it
  std::vector<Attribute> attributes;
  /// What did not come is not there. A server leaves out what the user may not read ([MS-ADTS] 3.1.1.4.3), so
  /// only a directory in a file can say this by itself.
  bool whole = false;

  /// How much of an attribute that was asked for is here. Whatever becomes a field, or a reason to change
  /// anything, goes through this.
  Reading read(std::string_view name) const;

  /// What came, for what means nothing by its absence: names for people, facts that are checked otherwise.
  /// By case-insensitive name, with or without options (";binary"); null where the server sent none.
  const Attribute* find(std::string_view name) const;
  /// Likewise the first value, or nothing.
  std::optional<std::string_view> first(std::string_view name) const;
  bool operator==(const Entry&) const = default;
};

enum class Scope { base, one_level, subtree };

/// RFC 4511 §4.1.11.
struct Control {
  std::string oid;
  bool critical = true;
  std::string value;
};

struct SearchRequest {
  std::string base;
  Scope scope = Scope::subtree;
  std::string filter = "(objectClass=*)";  ///< RFC 4515, values escaped with escape_filter_value()
  std::vector<std::string> attributes;     ///< empty: all user attributes
  std::vector<Control> controls;
  /// RFC 2696 simple paging; 0: one reply. Where an attribute comes back ranged (member;range=0-1499), the
  /// rest is fetched and the entry carries the whole attribute under its plain name
  /// ([MS-ADTS] 3.1.1.3.1.3.3).
  uint32_t page_size = 1000;
  /// Where set, the sink gets entries as they arrive, and this is called when the search is begun anew: what
  /// came until then does not count. Where not, entries are kept back until all have arrived, so the sink
  /// sees those of one answer only. On a thread that is not in the sink.
  std::function<void()> restarted;
};

enum class ModifyOperation { add, remove, replace };

struct Modification {
  ModifyOperation operation = ModifyOperation::replace;
  std::string attribute;
  std::vector<std::string> values;  ///< remove and replace with none: the whole attribute
  bool operator==(const Modification&) const = default;
};

/// Requests sent since the start, for the bench and for tests that assert round trips.
struct Counters {
  std::atomic<uint64_t> searches{0};  ///< each page and each range is one
  std::atomic<uint64_t> writes{0};
  std::atomic<uint64_t> binds{0};
  std::atomic<uint64_t> entries{0};  ///< received
};

/// Gets every entry, on a thread of the transport's or the caller's; false stops the search (its Result is
/// then `cancelled`). Entries of one search arrive one at a time. It must not call the transport: that is
/// `internal`.
using EntrySink = std::function<bool(Entry&&)>;

/// What can be asked of a directory. Nothing here changes one: code that is given a Reader does not write.
class Reader {
 public:
  virtual ~Reader() = default;

  /// A base search of an object that is not there is `not_found`. Referrals are not followed. Where the
  /// server is busy or the connection fails, the search is begun anew a few times (recovery.h); what it
  /// returns is the whole answer or an error.
  [[nodiscard]] virtual Result<void> search(const SearchRequest& request, const EntrySink& sink) = 0;

  /// A search that never ends: the sink gets each object of its scope when that has changed, from now on, as
  /// it is then ([MS-ADTS] 3.1.1.3.4.1.9; the filter must be (objectClass=*), and before Windows Server 2003
  /// a subtree must begin at the root of a naming context). Objects that the user may not read are left out,
  /// deleted ones as well unless a control of `request` asks for them. Has a connection of its own. Returns
  /// `cancelled` when `stop` is requested or the sink says so, `unavailable` when the connection is lost,
  /// `unsupported` where the directory can't tell of changes.
  [[nodiscard]] virtual Result<void> watch(const SearchRequest& request, const EntrySink& sink,
                                           std::stop_token stop) = 0;

  /// A hint that much is going to be read: what may have several connections opens them, in the background.
  virtual void widen() {}

  /// For messages: "ldaps://dc01.contoso.com" or "ldif:directory.ldif".
  virtual std::string peer() const = 0;
  virtual const Counters& counters() const = 0;
};

class Transport : public Reader {
 public:
  [[nodiscard]] virtual Result<void> add(const std::string& dn, const std::vector<Attribute>& attributes) = 0;
  /// One atomic request (RFC 4511 §4.6). Deleting a value that is not there is `conflict` (noSuchAttribute,
  /// 16), adding one that is, too (attributeOrValueExists, 20): that is the compare-and-swap everything rests
  /// on. `dn` may be <GUID=…> ([MS-ADTS] 3.1.1.3.1.2.4), here and below.
  [[nodiscard]] virtual Result<void> modify(const std::string& dn,
                                            const std::vector<Modification>& changes) = 0;
  /// Moves, renames or both; an empty new_parent keeps the parent. The old RDN value goes.
  [[nodiscard]] virtual Result<void> rename(const std::string& dn, const std::string& new_rdn,
                                            const std::string& new_parent) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& dn) = 0;

  /// Makes sure that what was written is durable (an LDIF file is saved atomically); nothing to do for a
  /// server.
  [[nodiscard]] virtual Result<void> flush() = 0;
};

/// All entries of a search at once, for small ones.
[[nodiscard]] Result<std::vector<Entry>> search_all(Reader& directory, const SearchRequest& request);
/// A base search: the entry, or `not_found`.
[[nodiscard]] Result<Entry> read(Reader& directory, const std::string& dn,
                                 std::vector<std::string> attributes, std::vector<Control> controls = {});

/// An LDAP result as an Error: its kind, its name (RFC 4511 appendix A), AD's extended code out of the
/// diagnostic message ("00002071: UpdErr: …") and, where we know one, what to do. `result` must not be
/// success.
Error ldap_error(int result, std::string_view diagnostic_message);

}  // namespace gmsactl::ldap
