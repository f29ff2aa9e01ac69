#include "engine/cli/audit_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "engine/cli/run_identity.h"
#include "engine/cli/terminal.h"
#include "engine/report/audit_json.h"

namespace gmsactl::cli {

namespace {

Error failed(const std::string& path) {
  return {ErrorKind::internal, "the audit log " + path + " cannot be written: " + std::strerror(errno),
          "Fix this, or choose another --audit-log.", std::nullopt};
}

/// Only one of several runs writes to the file at a time. Where a file can't be locked, one call of write(2)
/// for each line has to do.
class Turn {
 public:
  explicit Turn(int file) : file_(file) {
    while (flock(file_, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  ~Turn() { flock(file_, LOCK_UN); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const int file_;
};

class AuditFile : public ports::AuditLog {
 public:
  AuditFile(int file, std::string path, report::AuditContext context)
      : file_(file), path_(std::move(path)), context_(std::move(context)) {}
  ~AuditFile() override { close(file_); }

  Result<void> ready() override {
    const std::lock_guard lock(mutex_);
    if (error_) return fail(*error_);
    return {};
  }
  void record(const ports::WriteRecord& write) override {
    if (append(report::audit_line(context_, utc_now(), write))) return;
    const std::lock_guard lock(mutex_);
    unrecorded_.push_back(write.operation + " " + write.dn);
  }
  void record(const model::Change& change, const model::ChangeResult& result) override {
    if (append(report::audit_line(context_, utc_now(), change, result)) || result.written.empty()) return;
    // What went to the directory has lines of its own; a credential spec has this one only.
    if (!std::holds_alternative<model::CredentialSpecChange>(change.detail)) return;
    const std::lock_guard lock(mutex_);
    unrecorded_.push_back(model::address(change.id));
  }
  std::vector<std::string> unrecorded() const override {
    const std::lock_guard lock(mutex_);
    return unrecorded_;
  }

 private:
  /// False where the file does not have the line.
  bool append(const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (error_) return false;
    const Turn turn(file_);
    // One call a line: with O_APPEND, lines of several processes don't mix.
    const ssize_t written = write(file_, line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return true;
    if (written >= 0) errno = ENOSPC;
    error_ = failed(path_);
    return false;
  }

  const int file_;
  const std::string path_;
  const report::AuditContext context_;
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::vector<std::string> unrecorded_;
};

/// A full disk or a machine that went down leaves half a line. What follows must not become part of it. Nor
/// may a line be taken for torn that another run is about to end: the kernel shows a long one page by page.
Result<void> end_torn_line(int file, const std::string& path) {
  const Turn turn(file);
  struct stat status {};
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return {};
  const int reader = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (reader < 0) return {};  // may be appended to, and not read
  char last = '\n';
  const ssize_t seen = pread(reader, &last, 1, status.st_size - 1);
  close(reader);
  if (seen != 1 || last == '\n' || write(file, "\n", 1) == 1) return {};
  return fail(failed(path));
}

}  // namespace

Result<std::unique_ptr<ports::AuditLog>> open_audit_log(const std::string& path, const model::Plan& plan,
                                                        const report::PlanStamp& stamp) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return fail(failed(path));
  if (auto ended = end_torn_line(file, path); !ended) {
    close(file);
    return fail(std::move(ended).error());
  }
  const auto identity = run_identity();
  report::AuditContext context;
  context.environment = plan.environment;
  context.domain = plan.domain;
  context.server = plan.server;
  context.plan_digest = report::plan_digest(plan, stamp);
  context.source = stamp.source;
  context.who = identity.holder;
  context.host = identity.host;
  context.url = identity.url;
  return std::make_unique<AuditFile>(file, path, std::move(context));
}

}  // namespace gmsactl::cli
