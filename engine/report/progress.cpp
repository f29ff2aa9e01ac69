#include "engine/report/progress.h"

#include <algorithm>
#include <ostream>

#include "engine/base/text.h"
#include "engine/report/apply_text.h"

namespace gmsactl::report {

using std::chrono::steady_clock;

Progress::Progress(std::ostream& status, std::ostream& lines, const ProgressOptions& options, Clock now)
    : status_(status), lines_(lines), options_(options), now_(std::move(now)) {
  shown_at_ = phase_began_ = now_();
}

Progress::~Progress() { clear(); }

void Progress::progress(std::string_view phase, size_t done, size_t total) {
  const std::lock_guard lock(mutex_);
  const bool begins = phase != phase_;
  if (begins) {
    phase_ = phase;
    phase_began_ = now_();
    phase_shown_ = false;
    done_ = 0;
  }
  // Calls from several threads may arrive out of order; what is shown never goes back.
  done_ = std::max(done_, done);
  total_ = total;
  show(total_ != 0 && done_ >= total_);
}

void Progress::change_started(const model::Change& change) {
  const std::lock_guard lock(mutex_);
  current_ = model::address(change.id);
  show(/*phase_ends=*/false);
}

void Progress::change_finished(const model::Change&, const model::ChangeResult& result) {
  const std::lock_guard lock(mutex_);
  erase();
  lines_ << apply_line(result, options_.color) << '\n' << std::flush;
  if (options_.terminal) shown_at_ = {};  // the status line was taken away, so the next call draws it again
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  erase();
}

/// Called with the lock held, like everything below.
void Progress::show(bool phase_ends) {
  if (options_.quiet || phase_.empty()) return;
  const auto now = now_();
  if (options_.terminal) {
    if (drawn_ && !phase_ends && now - shown_at_ < options_.redraw_every) return;
    erase();
    if (phase_ends) return;
    status_ << status_text() << std::flush;
    drawn_ = true;
    shown_at_ = now;
    return;
  }
  // A log gets the start of a phase that lasts, and then a line every now and then; never its address of the
  // moment.
  const auto since = now - (phase_shown_ ? shown_at_ : phase_began_);
  if (since < options_.plain_every) return;
  status_ << status_text() << '\n' << std::flush;
  phase_shown_ = true;
  shown_at_ = now;
}

void Progress::erase() {
  if (!drawn_) return;
  status_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

std::string Progress::status_text() const {
  std::string text = printable(phase_);
  if (done_ != 0 || total_ != 0) text += " " + std::to_string(done_);
  if (total_ != 0) text += " of " + std::to_string(total_);
  const double seconds = std::chrono::duration<double>(now_() - phase_began_).count();
  if (seconds >= 1 && done_ != 0) {
    const auto rate = static_cast<uint64_t>(static_cast<double>(done_) / seconds);
    if (rate != 0) text += ", " + std::to_string(rate) + "/s";
  }
  if (!options_.terminal) return text;
  if (!current_.empty()) text += ": " + printable(current_);
  // A line that wraps can't be redrawn. Cutting a multibyte character in half would leave an invalid one.
  const size_t room = options_.width > 1 ? options_.width - 1 : 1;
  if (text.size() > room) {
    size_t end = room;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

}  // namespace gmsactl::report
