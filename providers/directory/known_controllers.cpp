#include "providers/directory/known_controllers.h"

namespace gmsactl::directory {

void KnownControllers::set_dead(const std::string& url) {
  const std::lock_guard lock(mutex_);
  dead_[url] = std::chrono::steady_clock::now();
}

bool KnownControllers::is_dead(const std::string& url) const {
  const std::lock_guard lock(mutex_);
  const auto found = dead_.find(url);
  return found != dead_.end() && std::chrono::steady_clock::now() - found->second < dead_for;
}

void KnownControllers::set_alive(const std::string& url) {
  const std::lock_guard lock(mutex_);
  dead_.erase(url);
}

void KnownControllers::choose(const std::string& domain, const std::string& url) {
  const std::lock_guard lock(mutex_);
  chosen_[domain] = url;
}

std::string KnownControllers::chosen(const std::string& domain) const {
  const std::lock_guard lock(mutex_);
  const auto found = chosen_.find(domain);
  return found == chosen_.end() ? std::string() : found->second;
}

void KnownControllers::refuse(const std::string& who, Error why) {
  const std::lock_guard lock(mutex_);
  refused_.insert_or_assign(who, std::move(why));
}

std::optional<Error> KnownControllers::refusal(const std::string& who) const {
  const std::lock_guard lock(mutex_);
  const auto found = refused_.find(who);
  if (found == refused_.end()) return std::nullopt;
  return found->second;
}

}  // namespace gmsactl::directory
