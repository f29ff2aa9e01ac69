// Tells a person what a run is doing. On a terminal one status line at the bottom is redrawn; elsewhere there
// are plain lines, few enough for a log. Finished changes get a line of their own in both. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/ports/provider.h"
#include "engine/report/style.h"

namespace gmsactl::report {

struct ProgressOptions {
  bool terminal = false;  ///< the status stream is a terminal: redraw one line
  bool quiet = false;     ///< finished changes only
  size_t width = 80;      ///< the terminal's columns
  Color color = Color::off;
  std::chrono::milliseconds redraw_every{100};    ///< of the terminal's status line
  std::chrono::milliseconds plain_every{10'000};  ///< between two plain lines of one phase
};

class Progress final : public ports::EventSink {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// `status` is usually standard error. `lines`, where finished changes are written, may be the same stream.
  Progress(std::ostream& status, std::ostream& lines, const ProgressOptions& options,
           Clock now = std::chrono::steady_clock::now);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() override;

  void progress(std::string_view phase, size_t done, size_t total) override;
  void change_started(const model::Change& change) override;
  void change_finished(const model::Change& change, const model::ChangeResult& result) override;

  /// Takes the status line away, before something else is written to the terminal.
  void clear();

 private:
  void show(bool phase_ends);
  void erase();
  std::string status_text() const;

  std::ostream& status_;
  std::ostream& lines_;
  const ProgressOptions options_;
  const Clock now_;
  std::mutex mutex_;
  std::string phase_;
  std::string current_;  ///< address of the change begun last
  size_t done_ = 0;
  size_t total_ = 0;
  bool drawn_ = false;
  bool phase_shown_ = false;
  std::chrono::steady_clock::time_point phase_began_;
  std::chrono::steady_clock::time_point shown_at_;
};

}  // namespace gmsactl::report
