"""Checks the text of every tracked or new file: unfinished work, paths of one machine, white space at line ends.

Long C++ files are warned about, nothing more. Prints file:line messages; exits 1 for anything but a warning.
"""

import argparse
import pathlib
import re
import subprocess
import sys

LONG_FILE = 400

# Spelt in pieces, so that this file passes its own check.
FORBIDDEN = [
    (re.compile(r"\b(TO" r"DO|XX" r"X|HA" r"CK)\b"), "unfinished work belongs into an issue"),
    (re.compile(r"\.\./sha" r"red\b"), "points outside the repository"),
    (re.compile(r"(?<![\w.])/(wo" r"rk|ho" r"me|ro" r"ot)/[\w.]"), "is a path of one machine"),
]
# Inputs whose bytes are the point, and what tools wrote.
EXEMPT = re.compile(r"^(tests/fuzz/corpus/|tests/manifests/|tests/golden/[^/]+/(stdout|stderr)$|LICENSE$)")
TRAILING = re.compile(r"[ \t\r]+$")


def files(root):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    return [name for name in sorted(set(listed.split("\0"))) if name and (root / name).is_file()]


def check_file(root, name):
    """Problems, warnings."""
    try:
        lines = (root / name).read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        return [f"{name}:1: is not UTF-8"], []
    problems = []
    for number, line in enumerate(lines, 1):
        problems += [f"{name}:{number}: {word.search(line).group(0)} {why}" for word, why in FORBIDDEN if word.search(line)]
        if TRAILING.search(line):
            problems.append(f"{name}:{number}: white space at the end of the line")
    if lines and lines[-1] != "" and name.endswith((".h", ".cpp", ".py", ".sh", ".md", ".json", ".txt")):
        problems.append(f"{name}:{len(lines)}: no line feed at the end of the file")
    warnings = []
    if name.endswith((".h", ".cpp")) and len(lines) - 1 > LONG_FILE:
        warnings.append(f"{name}:{LONG_FILE}: warning: {len(lines) - 1} lines; over {LONG_FILE} want a reason")
    return problems, warnings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    root = parser.parse_args().root
    failed = False
    for name in files(root):
        if EXEMPT.match(name):
            continue
        problems, warnings = check_file(root, name)
        for message in problems + warnings:
            print(message)
        failed |= bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
