"""Checks that every key of a manifest has a description in its schema, and is named on the page of its kind.

Prints what is missing; exits 1 if anything is.
"""

import argparse
import json
import pathlib
import re
import sys

# The page of a kind, and those that it leads to.
PAGES = {
    "environment": ["docs/kinds/environment.md", "docs/manifests.md"],
    "hostgroup": ["docs/kinds/hostgroup.md", "docs/manifests.md"],
    "gmsa": ["docs/kinds/gmsa.md", "docs/manifests.md", "docs/credential-specs.md"],
    "spectarget": ["docs/kinds/spectarget.md", "docs/manifests.md", "docs/targets/directory.md", "docs/targets/docker.md",
                   "docs/targets/kubernetes.md", "docs/targets/swarm.md"],
}


def keys(schema, path=""):
    """Each key with its path and whether it is described; what only tells cases apart (if, const) is none."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.get("properties", {}).items():
        if "const" not in value:
            yield f"{path}{key}", key, "description" in value or "$ref" in value
        yield from keys(value, f"{path}{key}.")
    for name in ("items", "then", "additionalProperties"):
        yield from keys(schema.get(name), path)
    for name in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(name, []):
            yield from keys(part, path)
    for part in schema.get("definitions", {}).values():
        yield from keys(part, path)


def check(root):
    problems = []
    for kind, pages in PAGES.items():
        name = f"schemas/{kind}.schema.json"
        schema = json.loads((root / name).read_text(encoding="utf-8"))
        text = "\n".join((root / page).read_text(encoding="utf-8") for page in pages)
        for path, key, described in keys(schema):
            if not described:
                problems.append(f"{name}: {path} has no description")
            if not re.search(rf"\b{re.escape(key)}\b", text):
                problems.append(f"{pages[0]}: {path} of {name} is not on this page")
    return sorted(set(problems))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    problems = check(parser.parse_args().root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
