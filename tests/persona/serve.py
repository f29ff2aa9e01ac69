#!/usr/bin/env python3
"""Runs a program beside a persona that answers for the lab's domain controller: serve.py COMMAND [ARGUMENT...]

The persona does everything at once after which an answer has to mean the same. The command finds it by GMSACTL_PERSONA_URL
and GMSACTL_PERSONA_CA, and by GMSACTL_PERSONA_URL_NAME each one that does what gmsactl does not assume. Without a lab it is run without these, and skips itself.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pathlib
import subprocess
import sys
import tempfile

from catalog import harmless, unlike
from certificate import Certificate
from relay import Relay


def main() -> int:
    logging.basicConfig(format="persona: %(message)s", level=os.environ.get("GMSACTL_PERSONA_LOG", "WARNING"))
    command = sys.argv[1:]
    address = os.environ.get("GMSACTL_LAB_DC1_IP")
    if not address:
        return subprocess.run(command, check=False).returncode
    host, base = os.environ["GMSACTL_LAB_DC1"], os.environ["GMSACTL_LAB_BASE_DN"]
    with tempfile.TemporaryDirectory(prefix="gmsactl-persona-") as folder, contextlib.ExitStack() as stack:
        certificate = Certificate(pathlib.Path(folder), (host, "localhost"))
        environment = dict(os.environ, GMSACTL_PERSONA_CA=str(certificate.ca_file))
        relays = []
        for name, behaviours in {"": harmless(base), **unlike(os.environ["GMSACTL_LAB_DOMAIN"])}.items():
            relay = stack.enter_context(Relay(address, 636, certificate, behaviours))
            relays.append(relay)
            environment["GMSACTL_PERSONA_URL" + (f"_{name.upper()}" if name else "")] = f"ldaps://{host}:{relay.port}"
        status = subprocess.run(command, check=False, env=environment).returncode
        idle = [type(each).__name__ for relay in relays for each in relay.behaviours if not each.fired]
    if idle:
        print(f"persona: {', '.join(idle)} had no occasion", file=sys.stderr)
    return status or bool(idle)


if __name__ == "__main__":
    sys.exit(main())
