#!/usr/bin/python3
"""Runs commands in turn and prints how long each took.

measure.py [--rounds N] [--warm-up N] NAME=COMMAND...

COMMAND goes to the shell with its output thrown away. Each round runs every command once (A B A B …), so that whatever
else the machine does meets all of them alike. Prints a line per command, tab-separated:

  NAME  MEDIAN  MIN  MAX  PEAK_RSS  PROCESSOR

times in seconds, the peak resident set of the largest process in MiB, the median of the processor time (all threads and
children, so it can exceed the time, and a busy machine changes it little). A command that fails ends the measurement.
"""

import argparse
import os
import statistics
import sys
import time


def run(name, command):
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.execv("/bin/sh", ["sh", "-c", command])
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - began
    if status != 0:
        sys.exit(f"measure: {name} failed with {os.waitstatus_to_exitcode(status)}: {command}")
    return took, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("commands", nargs="+")
    arguments = parser.parse_args()
    commands = [one.split("=", 1) for one in arguments.commands]
    times = {name: [] for name, _ in commands}
    busy = {name: [] for name, _ in commands}
    peaks = {name: 0.0 for name, _ in commands}
    for number in range(arguments.warm_up + arguments.rounds):
        for name, command in commands:
            took, peak, processor = run(name, command)
            if number >= arguments.warm_up:
                times[name].append(took)
                busy[name].append(processor)
                peaks[name] = max(peaks[name], peak)
    for name, taken in times.items():
        print(f"{name}\t{statistics.median(taken):.3f}\t{min(taken):.3f}\t{max(taken):.3f}\t{peaks[name]:.0f}\t{statistics.median(busy[name]):.3f}")


if __name__ == "__main__":
    main()
