"""Checks every #include in engine/ and providers/ against the layer table of docs/architecture.md.

Prints file:line messages and exits 1 where the code and the table disagree. --root names another tree to check.
"""

import argparse
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
NAMESPACE = re.compile(r"^namespace\s+(gmsactl[\w:]*)\s*\{")
CELL_WORDS = re.compile(r"`([^`]+)`")


class Layer:
    def __init__(self, cells, line):
        self.folder = CELL_WORDS.findall(cells[0])[0]
        self.namespace = CELL_WORDS.findall(cells[1])[0]
        self.may_include, self.foreign, self.never = (CELL_WORDS.findall(cell) for cell in cells[2:5])
        self.why = cells[5].strip()
        self.line = line


def read_table(page):
    """The rows of the one table that starts with the column `folder`."""
    layers = []
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[:2] == ["folder", "namespace"]:
            inside = True
        elif inside and not line.startswith("|"):
            break
        elif inside and not set(line) <= set("|- "):
            layers.append(Layer(cells, number))
    return layers


def layer_of(path, layers):
    """The row with the longest folder that the path lies in."""
    inside = [layer for layer in layers if path.startswith(layer.folder + "/")]
    return max(inside, key=lambda layer: len(layer.folder), default=None)


def matches(header, patterns):
    return any(header == p or (p.endswith("/") and header.startswith(p)) for p in patterns)


def is_ours(header):
    return header.startswith(("engine/", "providers/", "gmsactl/"))


def complaint(layer, header, layers):
    """What is wrong with this include, or None."""
    if is_ours(header):
        if header.startswith("gmsactl/"):
            allowed = header in layer.may_include
        else:
            target = layer_of(header, layers)
            allowed = target is not None and (target is layer or target.folder in layer.may_include)
        return None if allowed else f"{layer.folder} may not include {header}"
    if header.startswith("tests/"):
        return f"{header} is a test's"
    if "/" not in header and "." not in header:  # the C++ standard library
        return f"{layer.folder} never includes <{header}>" if header in layer.never else None
    # tl/expected.hpp comes with engine/base's Result; including it elsewhere would go around that.
    return None if matches(header, layer.foreign) else f"{layer.folder} may not include the foreign header {header}"


def check_file(path, name, layer, layers):
    problems = []
    namespaces = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := INCLUDE.match(line):
            problem = complaint(layer, found.group(1) or found.group(2), layers)
            if problem:
                problems.append(f"{name}:{number}: {problem} (docs/architecture.md:{layer.line})")
        elif found := NAMESPACE.match(line):
            namespaces.append(found.group(1))
    own = layer.namespace
    if namespaces and not any(n == own or n.startswith(own + "::") for n in namespaces):
        problems.append(f"{name}:1: belongs into namespace {own}, not {', '.join(namespaces)}")
    return problems


def check(root):
    page = root / "docs/architecture.md"
    layers = read_table(page)
    if not layers:
        return ["docs/architecture.md:1: has no layer table"]
    problems = []
    for layer in layers:
        if not layer.why:
            problems.append(f"docs/architecture.md:{layer.line}: {layer.folder} has no reason")
        if not (root / layer.folder).is_dir():
            problems.append(f"docs/architecture.md:{layer.line}: there is no folder {layer.folder}")
    for top in ("engine", "providers"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            name = path.relative_to(root).as_posix()
            layer = layer_of(name, layers)
            if layer is None:
                problems.append(f"{name}:1: its folder is not in the layer table of docs/architecture.md")
            else:
                problems += check_file(path, name, layer, layers)
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
