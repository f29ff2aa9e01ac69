"""Compares what `gmsactl --help` lists with docs/cli.md and docs/man/gmsactl.1, command by command and flag by flag.

cli.py --gmsactl PROGRAM [--root FOLDER]

docs/cli.md is read for its tables: "Commands" names the groups of flags that each command takes, each group is a section
with a table of flags, and "Of single commands" has the rest. A variable is expected for every flag but those of the table
under "Environment variables". Prints what is missing on either side; exits 1 if there is anything.
"""

import argparse
import pathlib
import re
import subprocess
import sys

FLAG = re.compile(r"--[a-z][a-z-]*")
HELP_FLAG = re.compile(r"^  (?:-\w,)?(--[a-z][a-z-]*)(.*)$")
HELP_COMMAND = re.compile(r"^  ([a-z]+) ")
GROUP = re.compile(r"\]\(#([a-z-]+)\)")


def help_of(program):
    """Command, such as "lock status", to flag, to whether it has a variable."""
    commands = {}

    def look(words):
        text = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout
        section, flags, below = "", {}, []
        for line in text.splitlines():
            if re.match(r"^[A-Z]\w+:", line):
                section = line.split(":")[0]
            elif section == "Options" and HELP_FLAG.match(line):
                flag, rest = HELP_FLAG.match(line).groups()
                flags[flag] = "(Env:" in rest
            elif section == "Subcommands" and HELP_COMMAND.match(line):
                below.append(HELP_COMMAND.match(line).group(1))
        for name in below:
            look([*words, name])
        if not below:
            flags.pop("--help", None)
            commands[" ".join(words)] = flags

    look([])
    return commands


def rows(lines):
    for line in lines:
        if line.startswith("| `") or line.startswith("| -"):
            yield [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def page_of(text):
    """What docs/cli.md says, in the same form, and how it misleads."""
    problems, sections, name = [], {}, ""
    for line in text.splitlines():
        if line.startswith("#"):
            name = line.lstrip("# ").strip().lower().replace(" ", "-")
        sections.setdefault(name, []).append(line)

    def flags_in(section):
        if section not in sections:
            problems.append(f"docs/cli.md: there is no section for the group #{section}")
        return {flag for cells in rows(sections.get(section, [])) for flag in FLAG.findall(cells[0])}

    commands = {}
    general = flags_in("general")
    for cells in rows(sections.get("commands", [])):
        # `spec render ACCOUNT`, `schema [KIND]`
        command = " ".join(word for word in cells[0].strip("`").split() if word.islower())
        commands[command] = set(general)
        for group in GROUP.findall(cells[-1]):
            commands[command] |= flags_in(group)
    for cells in rows(sections.get("of-single-commands", [])):
        for command in re.findall(r"`([a-z ]+)`", cells[1]):
            if command not in commands:
                problems.append(f"docs/cli.md: {cells[0]} is of a command that is not listed: {command}")
            commands.setdefault(command, set()).update(FLAG.findall(cells[0]))
    without = {flag for cells in rows(sections.get("environment-variables", [])) for flag in FLAG.findall(cells[0])}
    return commands, without, problems


def man_of(text):
    """Commands and flags that the manual page explains."""
    text = text.replace("\\-", "-")
    commands, section, lines = set(), "", text.splitlines()
    for previous, line in zip(lines, lines[1:]):
        if line.startswith(".SH"):
            section = line[3:].strip().strip('"')
        if section == "COMMANDS" and previous == ".TP":
            words = re.sub(r'^\.B[RI]?|"|\\f[IRB]\w*.*|\[.*', " ", line).split()
            command = []
            for word in words:
                if not re.fullmatch(r"[a-z]+", word):
                    break
                command.append(word)
            commands.add(" ".join(command))
    return commands, set(FLAG.findall(text))


def differ(problems, have, want, missing, extra):
    problems += [missing.format(each) for each in sorted(want - have)]
    problems += [extra.format(each) for each in sorted(have - want)]


def check(commands, page, man):
    """`commands` as help_of() has them, and the texts of both pages."""
    documented, without, problems = page_of(page)
    differ(problems, set(documented), set(commands), "docs/cli.md lacks the command {}",
           "docs/cli.md has a command that there is not: {}")
    for command in sorted(set(documented) & set(commands)):
        differ(problems, documented[command], set(commands[command]), f"docs/cli.md: {command} lacks {{}}",
               f"docs/cli.md: {command} has no {{}}")
    all_flags = {flag for flags in commands.values() for flag in flags}
    no_variable = {flag for flags in commands.values() for flag, variable in flags.items() if not variable}
    differ(problems, without, no_variable, "docs/cli.md does not say that there is no variable for {}",
           "docs/cli.md says that there is no variable for {}, and there is")
    man_commands, man_flags = man_of(man)
    differ(problems, man_commands, set(commands), "the manual page lacks the command {}",
           "the manual page has a command that there is not: {}")
    differ(problems, man_flags - {"--help", "--version"}, all_flags, "the manual page lacks {}",
           "the manual page has {}, which there is not")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gmsactl", required=True)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    arguments = parser.parse_args()
    docs = arguments.root / "docs"
    problems = check(help_of(arguments.gmsactl), (docs / "cli.md").read_text(encoding="utf-8"),
                     (docs / "man/gmsactl.1").read_text(encoding="utf-8"))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
