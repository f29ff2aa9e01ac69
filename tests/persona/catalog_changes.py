"""What changes between a plan and its writes, what a write does beside what it says, and what is told of it afterwards."""

from __future__ import annotations

from behaviours import access, forms, meanwhile, metadata, protection, refusals, root_dse, writes
from behaviours.base import Behaviour
from catalog_writes import NEW_GROUP
from checks import Applied, Case, Planned
from checks_changes import Dated, DatedMembers, Kept, Removed, Replaced
from estate import Estate
from ldap import Op

_ADTS = "[MS-ADTS] "
_REFERRED = _ADTS + "3.1.1.4.6"
_METADATA = _ADTS + "3.1.1.4.5.13"
_PROTECTED = _ADTS + "3.1.1.5.5.4, 5.1.3.2"
_REWRITTEN = "observed (SPN rewriting of Windows)"
_SWAPS = "[MS-SAMR] 3.1.1.6, 3.1.1.8.10; no text says that old values are compared"
_GONE = "exit 5, nothing is made anew, no word of another domain"
_ELSEWHERE = ("another domain",)
_TO_ANOTHER_UNIT = 'path: "OU=e2e-persona-many,DC=contoso,DC=com"'
_OTHER_HOST = "dnsHostName: psn-other.contoso.com"
_OTHER_SPNS = ["host/psn-new", "host/psn-other.contoso.com", "MSSQLSvc/psn-other.contoso.com:1433"]


def _deleted(concerns: refusals.Predicate, whose: str, estate: Estate) -> list[Behaviour]:
    dn = getattr(estate, whose)
    return [meanwhile.Meanwhile(concerns, lambda: estate.remove(dn)), meanwhile.ReferredElsewhere(estate.forest)]


def _changed(concerns: refusals.Predicate, estate: Estate, attribute: str, *values: str) -> meanwhile.Meanwhile:
    return meanwhile.Meanwhile(concerns, lambda: estate.set(estate.account, attribute, *values))


_GONE_CASES = [
    Case("an object deleted before it is written to", _ADTS + "3.1.1.3.1.9 (0x208D)", lambda _: [refusals.GoneByGuid()],
         Applied(_GONE, code=5, account="description: other", done=False, absent=_ELSEWHERE)),
    Case("a referral for an account that is gone, read before it is moved", _REFERRED,
         lambda estate: _deleted(meanwhile.read_by_guid, "account", estate),
         Applied(_GONE, "deleted", code=5, account=_TO_ANOTHER_UNIT, absent=_ELSEWHERE)),
    Case("a referral for an account that is gone, at its modification", _REFERRED,
         lambda estate: _deleted(writes.writes(Op.MODIFY), "account", estate),
         Applied(_GONE, "deleted", code=5, account="description: other", absent=_ELSEWHERE)),
    Case("a referral for a group that is gone, at its modification", _REFERRED,
         lambda estate: _deleted(writes.writes(Op.MODIFY), "hosts", estate),
         Applied(_GONE, "deleted", code=5, hosts="members: [HOST01, HOST02, HOST03, HOST04]", absent=_ELSEWHERE)),
    Case("a referral for a group that is gone, at its renaming", _REFERRED,
         lambda estate: _deleted(writes.writes(Op.RENAME), "hosts", estate),
         Applied(_GONE, "deleted", code=5, hosts="members: [HOST01, HOST02, HOST03], commonName: psn-renamed", absent=_ELSEWHERE)),
    Case("a referral for an account that is gone, at its deletion", _REFERRED,
         lambda estate: _deleted(writes.writes(Op.DELETE), "account", estate), Removed("exit 0, it is gone", code=0, gone=True)),
    Case("a referral for an account that is gone, read before its deletion", _REFERRED,
         lambda estate: _deleted(meanwhile.read_by_guid, "account", estate), Removed("exit 0, it is gone", code=0, gone=True)),
    Case("a referral for an object that the domain holds", _REFERRED, lambda estate: [refusals.GoneByGuid(estate.forest)],
         Applied("exit 4, it is not called deleted", "referral", code=4, account="description: other", absent=("was deleted",))),
]  # fmt: skip

_PROTECTION_CASES = [
    Case("an object protected from accidental deletion", _PROTECTED, lambda estate: [protection.Protected(estate.account)],
         Removed("exit 4, nothing is written, the way to lift it is named", "GMSA0270", "ProtectedFromAccidentalDeletion",
                 "Nothing was written", code=4)),
    Case("an object protected after the plan was made", _PROTECTED, lambda estate: [protection.Protected(estate.account, later=True)],
         Removed("exit 6, the mark is taken back, the way to lift it is named", "protected from accidental deletion",
                 "the mark taken back", "ProtectedFromAccidentalDeletion", code=6)),
    Case("a protected object that is to be moved", _PROTECTED, lambda estate: [protection.Protected(estate.account)],
         Applied("exit 4, nothing is written", "GMSA0270", "Nothing was written", code=4, account=_TO_ANOTHER_UNIT)),
    Case("a deletion refused, and the descriptor hidden after it", _PROTECTED,
         lambda estate: [protection.Protected(estate.account, later=True, hidden=True)],
         Removed("exit 6, the mark is taken back", "0x5", "the mark taken back", code=6)),
    Case("a deletion without a descriptor to be read", _PROTECTED,
         lambda estate: [protection.Protected(estate.account, hidden=True)],
         Removed("exit 4, nothing is written", "GMSA0209", "Nothing was written", code=4)),
]  # fmt: skip

_TWO = ("Runs the application", "An older text")
_DESCRIPTION_CASES = [
    Case(f"two values of `description` on {whom}", "[MS-ADA1] 2.145 (multi-valued); observed",
         lambda _: [forms.ValueOrder()], Replaced(whose, _TWO))
    for whom, whose in (("an account", "account"), ("a group", "hosts"))
] + [
    Case("one of two descriptions changed before they are written", "[MS-ADTS] 3.1.1.5.3.2",
         lambda estate: [_changed(writes.writes_of("description"), estate, "description", "By another hand")],
         Kept("exit 5, what the other hand wrote stands", whose="account", before=_TWO, after=("By another hand",))),
]  # fmt: skip

_HEURISTICS = _ADTS + "6.1.1.2.4.1.2"
_HEURISTIC_CASES = [
    Case("every modification permissive", _HEURISTICS + " (fLDAPUsePermMod)", lambda _: [writes.PermissiveModify()],
         Applied("exit 4, nothing is written", "GMSA0280", "Nothing was written", code=4, account="description: other")),
    Case("`allowedAttributesEffective` absent, as where nothing may be written", _ADTS + "3.1.1.4.5.7",
         lambda estate: [access.HiddenAttribute(["allowedAttributesEffective"], estate.account)],
         Applied("exit 4, the attribute that may not be written is named", "GMSA0250", "description", code=4,
                 account="description: other")),
    Case("`dSHeuristics` hidden", _HEURISTICS, lambda _: [access.HiddenAttribute(["dSHeuristics"], "cn=directory service,")],
         Planned("a warning that it cannot be told", "GMSA0283", more=NEW_GROUP)),
]  # fmt: skip

_SPN_CASES = [
    Case("SPNs with ports and three parts rewritten with `dNSHostName`", _REWRITTEN,
         lambda estate: [writes.PortFormsFollow(estate.spns)], Applied("done: what the server rewrote is explained", account=_OTHER_HOST)),
    Case("SPNs with ports rewritten with `dNSHostName` and `sAMAccountName`", _REWRITTEN,
         lambda estate: [writes.PortFormsFollow(estate.spns)],
         Applied("done: what the server rewrote is explained", account="samAccountName: psn-new\n  " + _OTHER_HOST, spns=_OTHER_SPNS)),
    Case("an SPN of another hand among those rewritten", _REWRITTEN,
         lambda estate: [writes.PortFormsFollow(estate.spns),
                         _changed(writes.writes_of("dNSHostName"), estate, "servicePrincipalName", *estate.spns, "http/stranger")],
         Applied("exit 5, the SPN is named", "somebody else added http/stranger", code=5, account=_OTHER_HOST)),
]  # fmt: skip

def _renamed_twice(estate: Estate) -> Behaviour:
    """Samba counts a swap, such as that of the marker, as two writes, and the replacement as one: so theirs are two."""

    def rename() -> None:
        for name in ("psn-theirs$", "psn-others$"):
            estate.set(estate.account, "sAMAccountName", name)

    return meanwhile.Meanwhile(writes.writes_of("sAMAccountName"), rename)


_BLIND_CASES = [
    Case("`userAccountControl` replaced without a look at the old value", _SWAPS, lambda _: [writes.BlindReplace()],
         Applied("done", account="enabled: false")),
    Case("`userAccountControl` replaced so, after another run's marker", _SWAPS,
         lambda estate: [writes.BlindReplace(),
                         _changed(writes.writes_of("userAccountControl"), estate, "adminDescription", "somebody else's")],
         Kept("exit 5, the account stays enabled", whose="account", attribute="userAccountControl", field="enabled: false",
              after=("4096",))),
    Case("`sAMAccountName` replaced over what somebody else wrote", _SWAPS,
         lambda estate: [writes.BlindReplace(),
                         _renamed_twice(estate)],
         Applied("exit 5, said that it may be lost", "sAMAccountName was written by somebody else", code=5,
                 account="samAccountName: psn-new")),
]  # fmt: skip

_ATTR, _VALUE = "DS_REPL_ATTR_META_DATA", "DS_REPL_VALUE_META_DATA"
_METADATA_CASES = [
    Case("metadata as XML without `_2`", _METADATA, lambda _: [metadata.MetadataXml(_ATTR)], Dated()),
    Case("metadata as XML with `_2`, beside the binary one", _METADATA, lambda _: [metadata.MetadataXml(_ATTR + "_2")], Dated()),
    Case("metadata as XML with `_2` alone", _METADATA, lambda _: [metadata.MetadataXml(_ATTR + "_2", binary_too=False)], Dated()),
    Case("metadata as XML with either name", _METADATA, lambda _: [metadata.MetadataXml(_ATTR, _ATTR + "_2", binary_too=False)],
         Dated()),
    Case("metadata as XML of an unknown kind, beside the binary one", _METADATA, lambda _: [metadata.MetadataXml(_ATTR + "_3")],
         Dated()),
    *(Case(f"metadata of members {form}", _METADATA + ", 2.2.9", lambda estate, root=root: [metadata.ValueMetadata(estate.hosts, root)],
           DatedMembers())
      for form, root in (("as XML without `_2`", _VALUE), ("as XML with `_2`", _VALUE + "_2"),
                         ("as XML of an unknown kind, in binary on request", _VALUE + "_3"))),
]  # fmt: skip

CHANGE_CASES = [
    *_GONE_CASES, *_PROTECTION_CASES, *_DESCRIPTION_CASES, *_HEURISTIC_CASES, *_SPN_CASES, *_BLIND_CASES, *_METADATA_CASES,
]  # fmt: skip
