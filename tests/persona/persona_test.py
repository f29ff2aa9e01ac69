#!/usr/bin/env python3
"""Runs gmsactl against the lab's domain controller through each behaviour, and prints what came of it.

  persona_test.py [--only TEXT]   77 where there is no lab
  persona_test.py --table         the table of docs/testing.md
"""

from __future__ import annotations

import argparse
import logging
import os
import pathlib
import sys
import tempfile
import time

from catalog import CASES
from certificate import Certificate
from checks import Case
from estate import Estate, Failed
from relay import Relay


def table() -> str:
    rows = ["| behaviour | source | what is right |", "|---|---|---|"]
    rows += [f"| {case.name} | {case.source} | {case.check.right} |" for case in CASES]
    return "\n".join(rows)


def _try(case: Case, estate: Estate, relay: Relay) -> str:
    """Why it failed; empty where it did not."""
    behaviours = case.behaviours(estate)
    relay.use(behaviours)
    try:
        case.check(estate)
    except Failed as failure:
        return str(failure)
    idle = [type(behaviour).__name__ for behaviour in behaviours if not behaviour.fired]
    return f"never came into play: {', '.join(idle)}" if idle and not case.may_idle else ""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="", help="behaviours whose name has this in it")
    arguments.add_argument("--table", action="store_true")
    options = arguments.parse_args()
    if options.table:
        print(table())
        return 0
    if not os.environ.get("GMSACTL_LAB_DIR"):
        print("skipped: no lab. Start one with './dev lab up' and run this with './dev lab run --'.")
        return 77
    logging.basicConfig(format="persona: %(message)s", level=os.environ.get("GMSACTL_PERSONA_LOG", "WARNING"))
    begun, failures = time.monotonic(), 0
    chosen = [case for case in CASES if options.only in case.name]
    with tempfile.TemporaryDirectory(prefix="gmsactl-persona-") as folder:
        estate = Estate(pathlib.Path(folder))
        certificate = Certificate(pathlib.Path(folder), (estate.host, "localhost"))
        with Relay(estate.address, 636, certificate) as relay:
            estate.url = f"ldaps://127.0.0.1:{relay.port}"
            estate.set_up(certificate.ca_file)
            try:
                for case in chosen:
                    started = time.monotonic()
                    why = _try(case, estate, relay)
                    failures += bool(why)
                    verdict = "FAILED" if why else "ok"
                    print(f"{verdict:6} {time.monotonic() - started:5.1f} s  {case.name}: {case.check.right}", flush=True)
                    if why:
                        print("       " + why.strip().replace("\n", "\n       "))
            finally:
                estate.remove(estate.unit)
    print(f"{len(chosen)} behaviours, {failures} failed, {time.monotonic() - begun:.0f} s")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
