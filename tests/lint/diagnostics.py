"""Checks that every diagnostic code in the sources is documented, and that every documented one exists.

Documented is a code that starts a table row, `| GMSA0113 |`, in docs/diagnostics.md or docs/diagnostics/*.md. Prints
file:line messages and exits 1 where there is a difference, or where a code is documented twice.
"""

import argparse
import pathlib
import re
import sys

CODE = re.compile(r"GMSA[0-9]{4}")
ROW = re.compile(r"^\|\s*`?(GMSA[0-9]{4})`?\s*\|\s*([^|]*?)\s*\|")
# A code and its fixed phrase side by side in the source: "GMSA0113", "Unknown key".
PHRASE = re.compile(r'"(GMSA[0-9]{4})"\s*,\s*"([^"]+)"')


def used_codes(root):
    """Code to (place of first use, phrase or None)."""
    used = {}
    for top in ("engine", "providers"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            name = path.relative_to(root).as_posix()
            text = path.read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(), 1):
                code_part = line.split("//")[0]
                for code in CODE.findall(code_part):
                    used.setdefault(code, [f"{name}:{number}", set()])
            for code, phrase in PHRASE.findall(text):
                used.setdefault(code, [f"{name}:1", set()])[1].add(phrase)
    return used


def documented_codes(root, problems):
    rows = {}
    pages = [root / "docs/diagnostics.md", *sorted((root / "docs/diagnostics").glob("*.md"))]
    for page in pages:
        if not page.exists():
            continue
        name = page.relative_to(root).as_posix()
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            found = ROW.match(line)
            if not found:
                continue
            code, phrase = found.groups()
            place = f"{name}:{number}"
            if code in rows:
                problems.append(f"{place}: {code} is documented already at {rows[code][0]}")
            rows[code] = (place, phrase)
    return rows


def check(root):
    problems = []
    used = used_codes(root)
    documented = documented_codes(root, problems)
    for code, (place, phrases) in sorted(used.items()):
        if code not in documented:
            problems.append(f"{place}: {code} is not documented in docs/diagnostics*")
            continue
        row_place, row_phrase = documented[code]
        if len(phrases) > 1:
            problems.append(f"{place}: {code} has several summaries: {', '.join(sorted(phrases))}")
        elif phrases and row_phrase not in phrases:
            problems.append(f'{row_place}: {code} is "{row_phrase}" here and "{min(phrases)}" in the source')
    for code, (place, _) in sorted(documented.items()):
        if code not in used:
            problems.append(f"{place}: {code} is documented, but nothing reports it")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    problems = check(parser.parse_args().root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
