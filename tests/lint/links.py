"""Checks that every relative link in a Markdown page leads to a file, and to a heading where it names one.

Prints file:line messages and exits 1 where one does not.
"""

import argparse
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*(`{3,})")


def lines_outside_of_code(text):
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = FENCE.match(line)
        if found and not fence:
            fence = found.group(1)
        elif found and found.group(1).startswith(fence):
            fence = ""
        elif not fence:
            yield number, line


def anchors(text):
    """As GitHub makes them of headings."""
    made = set()
    for _, line in lines_outside_of_code(text):
        if re.match(r"#+ ", line):
            heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip())
            name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            count = 1
            unique = name
            while unique in made:
                unique = f"{name}-{count}"
                count += 1
            made.add(unique)
    return made


def check(root, pages):
    problems = []
    texts = {page: (root / page).read_text(encoding="utf-8") for page in pages}
    known = {}
    for page, text in texts.items():
        for number, line in lines_outside_of_code(text):
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, anchor = target.partition("#")
                path = (root / page).parent / name if name else root / page
                if not path.exists():
                    problems.append(f"{page}:{number}: there is no {target}")
                elif anchor and path.suffix == ".md":
                    path = path.resolve()
                    if path not in known:
                        known[path] = anchors(path.read_text(encoding="utf-8"))
                    if anchor not in known[path]:
                        problems.append(f"{page}:{number}: there is no heading for {target}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    root = parser.parse_args().root
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=root, capture_output=True,
                            text=True, check=True).stdout
    problems = check(root, [name for name in listed.splitlines() if (root / name).is_file()])
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
