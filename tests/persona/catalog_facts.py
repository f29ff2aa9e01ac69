"""Facts that a plan may depend on and that are kept from it: of the forest, of the domain, of others who are in the way."""

from __future__ import annotations

from behaviours import access, connections, refusals
from behaviours.configuration import AnotherController, ChildDomain, NotShown, Without
from checks import Case, OneController, Planned, Same
from ldap import Entry

_ADTS = "[MS-ADTS] "
_ACCESS = _ADTS + "3.1.1.4.3"
_CONFIGURATION = _ADTS + "6.1.1.2"
_NEW = """---
apiVersion: gmsactl/v1
kind: GMSA
metadata: {name: psn-new}
spec: {principalsAllowedToRetrieveManagedPassword: [%s], servicePrincipalNames: [%s]}
"""
_WITH_ALIAS = _NEW % ("HOST01", "http/host01.contoso.com")
_WITH_SPN = _NEW % ("HOST01", "http/psn-new")
_PLAIN = _NEW % ("HOST01", "")
_BY_NETBIOS_NAME = _NEW % ("'CONTOSO\\HOST01'", "")
_HELD = _NEW % ("HOST01", "host/host06.contoso.com")
_FIRST_KEY = "  kdsRootKey: {create: true, effective: immediately}\n"


def _named(*words: str) -> str:
    return "exit 4, naming " + ", ".join(f"`{word}`" for word in words)


def _planned(more: str, *words: str, code: int = 4, right: str = "", environment: str = "") -> Planned:
    return Planned(right or _named(*words), *words, code=code, more=more, environment=environment)


def _is_root_key(entry: Entry) -> bool:
    return "cn=master root keys" in entry.dn.lower() and not entry.dn.lower().startswith("cn=master")


def _is_settings(entry: Entry) -> bool:
    return entry.dn.lower().startswith("cn=ntds settings")


def _is_account(entry: Entry) -> bool:
    return entry.dn.lower().startswith("cn=psn-")


def _no_path(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "accountsPath" not in line and "hostGroupsPath" not in line)


FACT_CASES = [
    Case("`sPNMappings` hidden", _CONFIGURATION + ".4.1", lambda _: [NotShown("sPNMappings")], _planned(_WITH_ALIAS, "sPNMappings")),
    Case("`sPNMappings` hidden, and no SPN to add", _CONFIGURATION + ".4.1", lambda _: [NotShown("sPNMappings")], Same()),
    Case("a second domain whose `systemFlags` are hidden", _CONFIGURATION + ".1.1",
         lambda estate: [ChildDomain(estate.base, "systemFlags")], _planned(_WITH_SPN, "systemFlags", "CN=CHILD")),
    Case("a second domain whose `systemFlags` are hidden, and nothing that depends on it", _CONFIGURATION + ".1.1",
         lambda estate: [ChildDomain(estate.base, "systemFlags")], Same()),
    Case("`nETBIOSName` hidden", _CONFIGURATION + ".1.1", lambda _: [NotShown("nETBIOSName")], _planned(_BY_NETBIOS_NAME, "nETBIOSName")),
    Case("`dnsRoot` hidden", _CONFIGURATION + ".1.1", lambda _: [NotShown("dnsRoot")], Same()),
    Case("NTDS Settings hidden, where a root key is to serve at once", _CONFIGURATION + ".2.1.2.1.1",
         lambda _: [Without(_is_settings), Without(_is_root_key), Without(_is_account)],
         _planned("", "NTDS Settings", environment=_FIRST_KEY)),
    Case("`wellKnownObjects` hidden, no path declared", _ADTS + "6.1.1.4", lambda _: [NotShown("wellKnownObjects")],
         Planned(_named("wellKnownObjects"), "wellKnownObjects", code=4, change=_no_path)),
    Case("`otherWellKnownObjects` hidden, no path declared", _ADTS + "6.1.1.4", lambda _: [NotShown("otherWellKnownObjects")],
         Planned(_named("otherWellKnownObjects"), "otherWellKnownObjects", code=4, change=_no_path)),
    Case("both hidden, and paths declared", _ADTS + "6.1.1.4", lambda _: [NotShown("wellKnownObjects", "otherWellKnownObjects")],
         Same()),
    Case("an SPN's holder without `objectGUID`", _ACCESS, lambda _: [access.HiddenAttribute(["objectGUID"], "CN=HOST06,")],
         _planned(_HELD, "GMSA0205", code=4, right="exit 4, `GMSA0205`: it is held")),
    Case("a reader without `objectGUID`", _ACCESS, lambda _: [access.HiddenAttribute(["objectGUID"], "CN=HOST01,")], Same()),
    Case("a second connection that ends at another controller", "observed",
         lambda estate: [AnotherController(2, estate.hosts)], Same(), may_idle=True),
    *(Case(f"a connection that is opened anew at another controller, after search {number}", "observed",
           lambda estate, number=number: [AnotherController(2, estate.hosts), connections.LossOfNth(refusals.any_search, number)],
           OneController())
      for number in (2, 5, 7)),
]  # fmt: skip
