"""The few objects that every behaviour is tried on, in the lab's real domain, and the program that is tried."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import pathlib
import subprocess
from collections.abc import Sequence
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANY = 3200


class Failed(Exception):
    """What was found instead of what is right."""


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of gmsactl."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    def document(self) -> dict[str, Any]:
        try:
            return json.loads(self.out)
        except json.JSONDecodeError as error:
            raise Failed(f"no document on standard output: {error}\n{self.err}") from error

    def facts(self) -> dict[str, Any]:
        """What a plan says of the directory, without when and through which server."""
        document = self.document()
        changes = [(change["address"], change["action"], change["fields"]) for change in document["changes"]]
        found = [(each["code"], each.get("address")) for each in document.get("diagnostics", [])]
        return {"exit": self.code, "changes": changes, "diagnostics": sorted(found, key=str)}

    def creates(self) -> list[str]:
        return [change["address"] for change in self.document()["changes"] if change["action"] == "create"]

    def demand(self, code: int, *words: str) -> None:
        if self.code != code:
            raise Failed(f"exit code {self.code}, not {code}\n{self.said[-2000:]}")
        for word in words:
            if word.lower() not in self.said.lower():
                raise Failed(f"does not say: {word}\n{self.said[-2000:]}")


class Estate:
    """`account` and `hosts` are DNs. Everything but the big groups is new at the beginning and gone at the end."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.host = os.environ["GMSACTL_LAB_DC1"]
        self.address = os.environ["GMSACTL_LAB_DC1_IP"]
        self.base = os.environ["GMSACTL_LAB_BASE_DN"]
        self.forest = os.environ["GMSACTL_LAB_DOMAIN"]
        self.unit = f"OU=e2e-persona,{self.base}"
        self.many_unit = f"OU=e2e-persona-many,{self.base}"
        self.account = f"CN=psn-app,{self.unit}"
        self.hosts = f"CN=psn-hosts,{self.unit}"
        self._gmsactl = os.environ.get("GMSACTL_BINARY", str(ROOT / "build/bin/gmsactl"))
        names = ("psn-app", f"psn-app.{self.forest}")
        self.spns = [*(f"host/{name}" for name in names), f"http/{names[1]}", f"MSSQLSvc/{names[1]}:1433",
                     f"ldap/{names[1]}:3268/{self.forest}", f"ldap/{names[0]}:389"]  # fmt: skip
        self.marker: list[str] = []  #: of the account
        self.url = ""  #: of the persona
        self.ca_file = folder / "both.pem"

    # --- the directory itself, past the persona ---------------------------------------------------------------------------

    def modify(self, ldif: str) -> None:
        self._client("ldapmodify", "-c", standard_input=ldif)

    def values(self, dn: str, attribute: str) -> list[str]:
        printed = self._client("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", dn, "-s", "base", "(objectClass=*)", attribute)
        found = []
        for line in printed.splitlines():
            name, colon, value = line.partition(":")
            if colon and name.lower() == attribute.lower():
                text = base64.b64decode(value[1:]).decode(errors="replace") if value.startswith(":") else value.strip()
                found.append(text)
        return sorted(found)

    def set(self, dn: str, attribute: str, *values: str) -> None:
        lines = "".join(f"{attribute}: {value}\n" for value in values)
        self.modify(f"dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{lines}")

    def describe(self, dn: str, *values: str) -> None:
        """Several descriptions, of which Samba accepts but one by LDAP."""
        script = str(pathlib.Path(__file__).with_name("describe.py"))
        done = self.run("/usr/bin/python3", "-B", script, os.environ["GMSACTL_LAB_DIR"] + "/dc01", dn, *values)
        if done.code:
            raise Failed(f"the descriptions were not made: {done.err}")

    def facts(self, dn: str) -> str:
        """All of an object, but when it was last written to and by which number."""
        kept = ("dn", "objectguid", "description", "admindescription", "useraccountcontrol", "serviceprincipalname", "dnshostname")
        lines = self._client("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", dn, "-s", "base").splitlines()
        return "\n".join(sorted(line for line in lines if line.partition(":")[0].lower() in kept))

    def exists(self, dn: str) -> bool:
        return bool(self.values(dn, "objectGUID"))

    def remove(self, dn: str) -> None:
        if self.exists(dn):
            self._client("ldapdelete", "-r", dn)

    def _client(self, program: str, *arguments: str, standard_input: str = "") -> str:
        command = (program, "-Q", "-N", "-Y", "GSSAPI", "-H", f"ldap://{self.host}", *arguments)
        done = subprocess.run(command, input=standard_input, capture_output=True, text=True, check=False)
        absent = 32
        if done.returncode not in (0, absent):
            raise Failed(f"{program}: {done.stderr}")
        return done.stdout

    # --- gmsactl --------------------------------------------------------------------------------------------------------------

    def gmsactl(self, *arguments: str, manifests: str = "steady", direct: bool = False) -> Run:
        command = [self._gmsactl, arguments[0], "-f", str(self.folder / manifests), *arguments[1:]]
        if direct:
            command += ["--server", f"ldap://{self.host}"]
        else:
            command += ["--server", self.url]
        return self.run(*command)

    def run(self, *command: str, timeout: float = 120) -> Run:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GMSACTL_")}
        environment |= {"GMSACTL_DNS_SERVERS": os.environ["GMSACTL_DNS_SERVERS"], "NO_COLOR": "1", "LDAPNOINIT": "1"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=environment, timeout=timeout, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"no end after {timeout:.0f} s: {' '.join(command[1:])}") from error
        return Run(tuple(command[1:]), done.returncode, done.stdout, done.stderr)

    def plan(self, *arguments: str, manifests: str = "steady", direct: bool = False) -> Run:
        return self.gmsactl("plan", "-o", "json", *arguments, manifests=manifests, direct=direct)

    def apply(self, *arguments: str, manifests: str = "changed", direct: bool = False) -> Run:
        return self.gmsactl("apply", "--auto-approve", *arguments, manifests=manifests, direct=direct)

    def drift_times(self, direct: bool = False) -> list[str]:
        """When what drifted was changed, as far as that is known."""
        document = self.gmsactl("drift", "-o", "json", direct=direct).document()
        fields = [field for change in document["changes"] for field in change["fields"]]
        return [str(field["changedAt"]) for field in fields if field.get("changedAt")]

    # --- manifests ------------------------------------------------------------------------------------------------------------

    def write(self, name: str, documents: str) -> None:
        """A folder of manifests: the environment, and these."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        password = os.environ["GMSACTL_LAB_ADMIN_PASSWORD_FILE"]
        (folder / "all.yaml").write_text(
            f"""apiVersion: gmsactl/v1
kind: Environment
metadata: {{name: lab}}
spec:
  domain: {self.forest}
  owner: persona
  accountsPath: "{self.unit}"
  hostGroupsPath: "{self.unit}"
  directory:
    authentication: simple
    username: Administrator@{self.forest}
    passwordFrom: {{file: {password}}}
    tls: {{caFile: {self.ca_file}}}
{documents}""",
            encoding="utf-8",
        )

    def account_and_hosts(self, account: str = "", hosts: str = "", spns: Sequence[str] | None = None) -> str:
        """The two objects of the estate; in place of a field of each, others."""
        names = json.dumps(list(self.spns if spns is None else spns))
        return self.hosts_only(hosts) + f"""---
apiVersion: gmsactl/v1
kind: GMSA
metadata: {{name: psn-app}}
spec:
  servicePrincipalNames: {names}
  principalsAllowedToRetrieveManagedPassword: [{{hostGroup: psn-hosts}}]
  kerberosEncryptionTypes: [AES128, AES256]
  {account or "description: Runs the application"}
"""

    def hosts_only(self, hosts: str = "") -> str:
        return f"""---
apiVersion: gmsactl/v1
kind: HostGroup
metadata: {{name: psn-hosts}}
spec: {{description: Hosts, {hosts or "members: [HOST01, HOST02, HOST03]"}}}
"""

    def set_up(self, certificate: pathlib.Path) -> None:
        self.ca_file.write_text(
            certificate.read_text(encoding="utf-8") + pathlib.Path(os.environ["GMSACTL_LAB_CA"]).read_text(encoding="utf-8"),
            encoding="utf-8",
        )
        self.remove(self.unit)
        self.modify(f"dn: {self.unit}\nchangetype: add\nobjectClass: organizationalUnit\n")
        script = str(pathlib.Path(__file__).with_name("make_members.py"))
        controller = os.environ["GMSACTL_LAB_DIR"] + "/dc01"
        made = self.run("/usr/bin/python3", "-B", script, controller, self.many_unit, str(MANY), timeout=120)
        if made.code:
            raise Failed(f"the big group was not made: {made.err}")
        self.write("steady", self.account_and_hosts())
        # Of the big group five members are declared: a plan that misses one of the others would remove fewer.
        few = ", ".join(f'"CN=m{index:04d},{self.many_unit}"' for index in range(5))
        for name in ("many", "some"):
            self.write(
                name,
                f"""---
apiVersion: gmsactl/v1
kind: HostGroup
metadata: {{name: psn-{name}}}
spec: {{path: "{self.many_unit}", membership: exact, members: [{few}]}}
""",
            )
        done = self.apply(manifests="steady", direct=True)
        if done.code:
            raise Failed(f"the estate was not made: {done.said}")
        self.marker = self.values(self.account, "adminDescription")

    def restore(self) -> None:
        """As set_up() left it."""
        done = self.apply("--prune", "--allow-deletes", "20", manifests="steady", direct=True)
        if done.code:
            raise Failed(f"the estate was not restored: {done.said}")
