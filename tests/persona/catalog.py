"""All that the persona can be, by name: the rows of the table in docs/testing.md."""

from __future__ import annotations

from behaviours import access, connections, forms, metadata, ranges, refusals, root_dse, writes
from behaviours.base import Behaviour
from checks import Applied, Case, Planned, Same, Unreadable
from ldap import Op
import windows_text as text

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


_MANY = Same("many", ("--adopt", "--allow-deletes", "5000"))
_MANY_UNREADABLE = ("--adopt", "--allow-deletes", "5000")

_RANGE_CASES = [
    Case("a range after the empty attribute, MaxValRange 1500", _RANGES, lambda _: [ranges.Ranges(1500)], _MANY),
    Case("a range before the empty attribute", _RANGES, lambda _: [ranges.Ranges(1500, empty="after")], _MANY),
    Case("a range not asked for, without the empty attribute", _RANGES, lambda _: [ranges.Ranges(1500, empty="none")], _MANY),
    Case("MaxValRange 5000 of an old controller, 1000 of another", _POLICIES, lambda _: [ranges.Ranges(1000)], _MANY),
    Case("`Member;Range=` in another case", "RFC 4512 section 2.5",
         lambda _: [ranges.Ranges(1500, spelled="{0};Range={1}-{2}".format), forms.AttributeNames(str.upper)], _MANY),
    Case("a follow-up range without the attribute", "observed", lambda _: [ranges.LostFollowUp(1500)],
         Unreadable("member", manifests="many", arguments=_MANY_UNREADABLE)),
    Case("a chain of ranges without `*`", "observed", lambda _: [ranges.EndlessChain(1500)],
         Unreadable("member", manifests="many", arguments=_MANY_UNREADABLE)),
    Case("a follow-up that answers another range", "observed", lambda _: [ranges.RepeatedPart(1500)],
         Unreadable("member", manifests="many", arguments=_MANY_UNREADABLE)),
]  # fmt: skip

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
    Case("binary values with `;binary`", _ADTS + "3.1.1.3.1.3.2", lambda _: [forms.BinaryOption()], Same()),
    Case("attributes without values", "RFC 4511 section 4.5.2",
         lambda _: [forms.EmptyAttributes("displayName", "msDS-AllowedToDelegateTo")], Same()),
    Case("pages smaller than asked for", _POLICIES + " (MaxPageSize)", lambda _: [forms.SmallPages(2)], Same()),
    Case("search continuations in every search of a domain", _ADTS + "3.1.1.4.6",
         lambda estate: [forms.References(estate.base, everywhere=True)], Same()),
    Case("slow drip", "observed", lambda _: [connections.SlowDrip(16, 0.002)], Same()),
    Case("all harmless ones at once", "all of the above", lambda estate: harmless(estate.base)[:-1], Same()),
]  # fmt: skip

CASES = [*_RANGE_CASES, *_FORM_CASES]
