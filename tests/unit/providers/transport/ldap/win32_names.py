"""Compares the table of Win32 errors with an independent one: the names and values that Samba took from [MS-ERREF]."""
import pathlib
import re
import sys

import samba.werror

SPELLED_OTHERWISE = {"SUCCESS"}  # 0 has three names
PREFIXES = ("ERROR_", "WERR_")


def bare(name):
    for prefix in PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix):].upper()
    return name.upper()


def main():
    source = pathlib.Path(sys.argv[1]) / "providers/transport/ldap/win32_names.inc"
    ours = {int(code, 16): name for code, name in re.findall(r'\{(0x[0-9A-F]+), "(\w+)"\}', source.read_text())}
    theirs = {}
    for name in dir(samba.werror):
        value = getattr(samba.werror, name)
        if name.startswith("WERR_") and isinstance(value, int):
            theirs.setdefault(value, set()).add(bare(name))
    problems = [f"0x{code:X} is missing: {names}" for code, names in theirs.items() if code not in ours]
    problems += [f"0x{code:X} is in no other list: {name}" for code, name in ours.items() if code not in theirs]
    for code, name in ours.items():
        known = theirs.get(code, set())
        if bare(name) not in known and not SPELLED_OTHERWISE & known:
            problems.append(f"0x{code:X} is {name} here and {sorted(known)} there")
    print("\n".join(problems) or f"{len(ours)} names agree")
    return 1 if problems else 0


sys.exit(main())
