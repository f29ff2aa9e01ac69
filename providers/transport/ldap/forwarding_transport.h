// A Transport that passes everything on to another one, for those that change a part of it: what they leave
// alone they need not name.
#pragma once

#include <utility>

#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap {

class ForwardingTransport : public Transport {
 public:
  /// Not owned.
  explicit ForwardingTransport(Transport& inner) : inner_(inner) {}

  [[nodiscard]] Result<void> search(const SearchRequest& request, const EntrySink& sink) override {
    return inner_.search(request, sink);
  }
  [[nodiscard]] Result<void> watch(const SearchRequest& request, const EntrySink& sink,
                                   std::stop_token stop) override {
    return inner_.watch(request, sink, std::move(stop));
  }
  [[nodiscard]] Result<void> add(const std::string& dn, const std::vector<Attribute>& attributes) override {
    return inner_.add(dn, attributes);
  }
  [[nodiscard]] Result<void> modify(const std::string& dn,
                                    const std::vector<Modification>& changes) override {
    return inner_.modify(dn, changes);
  }
  [[nodiscard]] Result<void> rename(const std::string& dn, const std::string& new_rdn,
                                    const std::string& new_parent) override {
    return inner_.rename(dn, new_rdn, new_parent);
  }
  [[nodiscard]] Result<void> remove(const std::string& dn) override { return inner_.remove(dn); }
  [[nodiscard]] Result<void> flush() override { return inner_.flush(); }
  void widen() override { inner_.widen(); }
  std::string peer() const override { return inner_.peer(); }
  const Counters& counters() const override { return inner_.counters(); }

 protected:
  Transport& inner_;
};

}  // namespace gmsactl::ldap
