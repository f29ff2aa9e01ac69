"""All that the persona can be, by name: the rows of the table in docs/testing.md."""

from __future__ import annotations

import windows_text as text
from behaviours import access, connections, forms, meanwhile, ranges, refusals, root_dse, writes
from behaviours.base import Behaviour
from catalog_changes import CHANGE_CASES
from catalog_facts import FACT_CASES
from catalog_writes import WRITE_CASES
from checks import Applied, Case, Same, Unreadable

_ADTS = "[MS-ADTS] "
_RANGES = _ADTS + "3.1.1.3.1.3.3"
_POLICIES = _ADTS + "3.1.1.3.4.6"
_ROOT_DSE = _ADTS + "3.1.1.3.2"
_ERRORS = _ADTS + "3.1.1.3.1.9"


def harmless(domain: str) -> list[Behaviour]:
    """Everything at once after which an answer means the same: what the contract suite is run through."""
    return [
        root_dse.of_version(7, 7, 10),
        ranges.Ranges(10),
        forms.AttributeNames(str.swapcase),
        forms.References(domain, everywhere=True),
        forms.ValueOrder(),
        forms.EntryOrder(),
        refusals.WindowsTexts(),
    ]


def unlike(forest: str) -> dict[str, list[Behaviour]]:
    """Controllers by name that do not keep what gmsactl assumes, or keep it in another way: for the checks of conformance."""
    return {
        "permissive": [writes.PermissiveModify()],
        "own": [
            writes.BlindReplace(),
            writes.OtherDescriptorBytes(),
            writes.PortFormsFollow(),
            meanwhile.ReferredElsewhere(forest, renames=False),
        ],
    }


_ADOPT = ("--adopt", "--allow-deletes", "5000")
_SOME = Same("some", _ADOPT)
_SOME_UNREADABLE = Unreadable("member", manifests="some", arguments=_ADOPT)
_COOKIE_REFUSED = text.ldap(0x57, "Error processing control")
_MEMBER, _READERS = refusals.search_for("member"), refusals.search_for("msDS-GroupMSAMembership")

_RANGES_CASES = [
    Case("a range after the empty attribute, MaxValRange 1500", _RANGES, lambda _: [ranges.Ranges(1500)], Same("many", _ADOPT)),
    Case("a range before the empty attribute", _RANGES, lambda _: [ranges.Ranges(150, empty="after")], _SOME),
    Case("a range not asked for, without the empty attribute", _RANGES, lambda _: [ranges.Ranges(150, empty="none")], _SOME),
    Case("another MaxValRange, which the number of values is a multiple of", _POLICIES, lambda _: [ranges.Ranges(100)], _SOME),
    Case("`MEMBER;RANGE=` in upper case", "RFC 4512 section 2.5",
         lambda _: [ranges.Ranges(150), forms.AttributeNames(str.upper)], _SOME),
    Case("a follow-up range without the attribute", "observed", lambda _: [ranges.LostFollowUp(150)], _SOME_UNREADABLE),
    Case("a chain of ranges without `*`", "observed", lambda _: [ranges.EndlessChain(150)], _SOME_UNREADABLE),
    Case("a follow-up that answers another range", "observed", lambda _: [ranges.RepeatedPart(150)], _SOME_UNREADABLE),
]

_FORM_CASES = [
    Case("attribute names in upper case", "RFC 4512 section 2.5", lambda _: [forms.AttributeNames(str.upper)], Same()),
    Case("attribute names in lower case, the rootDSE's too", "RFC 4512 section 2.5",
         lambda _: [forms.AttributeNames(str.lower), forms.RootDseNames(str.lower)], Same()),
    Case("DNs with types in lower case", "RFC 4514 section 3",
         lambda _: [forms.DistinguishedNames(forms.lower_case_types)], Same()),
    Case("DNs with octets as hexadecimal digits", "RFC 4514 section 2.4",
         lambda _: [forms.DistinguishedNames(forms.hexadecimal_escapes)], Same()),
    Case("entries of a reply in another order", "RFC 4511 section 4.5.2", lambda _: [forms.EntryOrder()], Same()),
    Case("values and attributes in another order", "RFC 4511 section 4.1.7", lambda _: [forms.ValueOrder()], Same()),
    Case("object classes from the leaf", "RFC 4511 section 4.1.7", lambda _: [forms.ClassesFromTheLeaf()], Same()),
    Case("`;binary` on attributes that were not asked for so", "RFC 4522 section 4; never on Windows, [MS-ADTS] 3.1.1.3.1.3.2",
         lambda _: [forms.BinaryOption()], Same()),
    Case("attributes without values", "RFC 4511 section 4.5.2",
         lambda _: [forms.EmptyAttributes("displayName", "msDS-AllowedToDelegateTo")], Same()),
    Case("times with a fraction of three digits", "RFC 4517 section 3.3.13", lambda _: [forms.TimeFractions()], Same()),
    Case("pages smaller than asked for", _POLICIES + " (MaxPageSize)", lambda _: [forms.SmallPages(2)], Same()),
    Case("search continuations in every search of a subtree", _ADTS + "3.1.1.4.6",
         lambda estate: [forms.References(estate.base, everywhere=True)], Same()),
    Case("answers that drip", "observed", lambda _: [connections.SlowDrip(16, 0.002)], Same()),
    Case("all harmless ones at once", "all of the above", lambda estate: harmless(estate.base)[:-1], Same()),
]

_READ_CASES = [
    Case("a lost bind, once", "observed (000004DC)", lambda _: [refusals.Refusal(_MEMBER, 1, text.LOST_BIND)], Same()),
    Case("a lost bind, always", "observed (000004DC)", lambda _: [refusals.Refusal(refusals.any_search, 1, text.LOST_BIND, None)],
         Unreadable("4dc", "bind")),
    Case("busy, once", _ERRORS, lambda _: [refusals.Refusal(_MEMBER, 51, text.BUSY)], Same()),
    Case("busy, always", _ERRORS, lambda _: [refusals.Refusal(_MEMBER, 51, text.BUSY, None)], Unreadable("busy")),
    Case("unavailable, once", _ERRORS, lambda _: [refusals.Refusal(_READERS, 52, text.UNAVAILABLE)], Same()),
    Case("unavailable, always", _ERRORS, lambda _: [refusals.Refusal(_READERS, 52, text.UNAVAILABLE, None)],
         Unreadable("unavailable")),
    Case("time limit with a part of the entries, once", _POLICIES + " (MaxQueryDuration)",
         lambda _: [refusals.PartThenRefusal(refusals.search_for("sAMAccountName"), 3, text.service(0x2023, "ADMIN_LIMIT", 5010))],
         Same()),
    Case("time limit as 0x57, always", _POLICIES + " (MaxQueryDuration)",
         lambda _: [refusals.Refusal(_MEMBER, 3, text.ldap(0x57, "Error processing search"), None)],
         Unreadable("timeLimitExceeded")),
    Case("size limit with a part of the entries", _POLICIES + " (MaxPageSize)",
         lambda _: [refusals.PartThenRefusal(refusals.search_for("sAMAccountName"), 4, text.service(0x2024, "ADMIN_LIMIT", 5010), times=None)],
         Unreadable("sizeLimitExceeded")),
    Case("administrative limit", _POLICIES, lambda _: [refusals.Refusal(_MEMBER, 11, text.service(0x2024, "ADMIN_LIMIT", 5010), None)],
         Unreadable("adminLimitExceeded")),
    Case("a referral for a search of the domain", _ADTS + "3.1.1.4.6",
         lambda estate: [refusals.Refusal(_MEMBER, 10, text.referral(0x202B, f"other.{estate.forest}"), None,
                                          (f"ldap://other.{estate.forest}/{estate.base}",))],
         Unreadable("referral")),
    Case("a page's cookie refused with 12, once", _ADTS + "3.1.1.3.4.1.1",
         lambda _: [forms.SmallPages(2), refusals.Refusal(refusals.next_page, 12, _COOKIE_REFUSED)], Same()),
    Case("a page's cookie refused with 53, once", "observed",
         lambda _: [forms.SmallPages(2), refusals.Refusal(refusals.next_page, 53, _COOKIE_REFUSED)], Same()),
    Case("a page's cookie refused, always", "observed",
         lambda _: [forms.SmallPages(2), refusals.Refusal(refusals.next_page, 12, _COOKIE_REFUSED, None)], Unreadable("page")),
    Case("a reset between two pages", "observed", lambda _: [forms.SmallPages(2), connections.Loss(refusals.next_page)], Same()),
    Case("a connection lost with searches under way", "observed", lambda _: [connections.Loss(_MEMBER)], Same()),
    Case("a connection that is lost every time", "observed", lambda _: [connections.Loss(_MEMBER, None)], Unreadable("lost")),
    Case("notice of disconnection, once", _ADTS + "5.1.1.6", lambda _: [connections.NoticeOfDisconnection(_MEMBER)], Same()),
    Case("notice of disconnection, always", "RFC 4511 section 4.4.1",
         lambda _: [connections.NoticeOfDisconnection(_MEMBER, None)], Unreadable(connections.SHUTDOWN_REASON)),
    Case("closed while idle", _POLICIES + " (MaxConnIdleTime)", lambda _: [connections.IdleClose()], Same()),
    Case("an answer that is late", "observed", lambda _: [connections.Delay(_MEMBER, 1.0)], Same()),
]

_ROOT_DSE_CASES = [
    Case("Windows Server 2012 R2, level 6", _ROOT_DSE, lambda _: [root_dse.of_version(6, 6, 6)], Same()),
    Case("Windows Server 2016 to 2022, level 7", _ROOT_DSE, lambda _: [root_dse.of_version(7, 7, 7)], Same()),
    Case("Windows Server 2022 in a forest of level 6", _ROOT_DSE, lambda _: [root_dse.of_version(6, 6, 7)], Same()),
    Case("Windows Server 2025 in a forest of level 7", _ROOT_DSE, lambda _: [root_dse.of_version(7, 7, 10)], Same()),
    Case("Windows Server 2025, level 10", _ROOT_DSE, lambda _: [root_dse.of_version(10, 10, 10)], Same()),
    Case("naming contexts in another order", _ROOT_DSE, lambda _: [root_dse.reversed_contexts()], Same()),
    Case("no configurationNamingContext", "observed", lambda _: [root_dse.without("configurationNamingContext")],
         Unreadable("configurationNamingContext")),
    Case("no defaultNamingContext", "observed", lambda _: [root_dse.without("defaultNamingContext")], Unreadable("defaultNamingContext")),
    Case("no dnsHostName", "observed", lambda _: [root_dse.without("dnsHostName")], Same()),
    Case("no supportedCapabilities", "observed", lambda _: [root_dse.without("supportedCapabilities")], Same()),
    Case("no currentTime, dsServiceName, serverName", "observed",
         lambda _: [root_dse.without("currentTime", "dsServiceName", "serverName")], Same()),
    Case("a read-only controller", _ADTS + "3.1.1.3.4.3", lambda _: [root_dse.with_capability(root_dse.PARTIAL_SECRETS)],
         Unreadable("read-only")),
    Case("a read-only controller that hides that it is one", _ADTS + "6.1.1.2.2.1.2.1.2", lambda _: [root_dse.ReadOnlySettings()],
         Unreadable("read-only")),
    Case("a read-only controller whose settings object is hidden too", _ADTS + "3.1.1.4.5.30",
         lambda _: [root_dse.without("dsServiceName"), root_dse.ReadOnlyServer()], Unreadable("read-only")),
    Case("a read-only controller that shows nothing of it and refers each write", _ADTS + "3.1.1.5.1",
         lambda estate: [root_dse.without("dsServiceName", "serverName", "supportedCapabilities"),
                         refusals.Refusal(lambda exchange: exchange.request.is_write(), 10,
                                          text.referral(0x202B, estate.forest), None, (f"ldap://{estate.forest}/{estate.base}",))],
         Applied("exit 4, naming `read-only`; nothing written", "read-only domain controller", "Nothing was written.", "--server",
                 code=4, account="description: other")),
    Case("a catalogue on a port that is not its own", _ADTS + "3.1.1.1.10", lambda _: [root_dse.PartialAttributeSet()],
         Unreadable("adminDescription")),
]

_ACCESS = _ADTS + "3.1.1.4.3"
_ACCESS_CASES = [
    *(Case(f"{name} of an object hidden", _ACCESS, lambda estate, name=name, whose=whose:
           [access.HiddenAttribute([name], getattr(estate, whose))], Unreadable(name))
      for name, whose in (("msDS-GroupMSAMembership", "account"), ("servicePrincipalName", "account"), ("dNSHostName", "account"),
                          ("userAccountControl", "account"), ("msDS-SupportedEncryptionTypes", "account"),
                          ("description", "account"), ("adminDescription", "account"), ("sAMAccountName", "account"),
                          ("member", "hosts"), ("groupType", "hosts"))),
    Case("an account in no search by filter", _ADTS + "3.1.1.4.5.8", lambda estate: [access.HiddenObject([estate.account])],
         Unreadable("psn-app")),
    Case("a group in no search by filter", _ADTS + "3.1.1.4.5.8", lambda estate: [access.HiddenObject([estate.hosts])],
         Unreadable("psn-hosts")),
]

CASES = [*_RANGES_CASES, *_FORM_CASES, *_READ_CASES, *_ROOT_DSE_CASES, *_ACCESS_CASES, *FACT_CASES, *WRITE_CASES, *CHANGE_CASES]
