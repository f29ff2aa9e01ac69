"""Checks that the table of behaviours in docs/testing.md is the one that tests/persona tries."""

import argparse
import pathlib
import subprocess
import sys

BEGIN = "| behaviour | source | what is right |"


def documented(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    if BEGIN not in lines:
        return []
    rows = []
    for line in lines[lines.index(BEGIN) :]:
        if not line.startswith("|"):
            break
        rows.append(line)
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    root = parser.parse_args().root
    command = [sys.executable, "-B", str(root / "tests/persona/persona_test.py"), "--table"]
    tried = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = documented(root / "docs/testing.md")
    problems = [f"docs/testing.md: lacks {row}" for row in tried if row not in rows]
    problems += [f"docs/testing.md: no behaviour has {row}" for row in rows if row not in tried]
    names = [row.split(" | ")[0] for row in tried]
    problems += [f"tests/persona: twice {name}" for name in sorted(set(names)) if names.count(name) > 1]
    for problem in problems:
        print(problem)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
