"""What is right where somebody else has a hand in it, or the controller a mind of its own."""

from __future__ import annotations

from collections.abc import Sequence

from behaviours.metadata import ValueMetadata
from estate import Estate, Failed


class Removed:
    """A pruning of the account ends so: it stands and is as much ours as before, or it is gone."""

    def __init__(self, right: str, *words: str, code: int, gone: bool = False) -> None:
        self.right = right
        self._words = words
        self._code = code
        self._gone = gone

    def __call__(self, estate: Estate) -> None:
        before = estate.facts(estate.account)
        estate.write("changed", estate.hosts_only())
        try:
            run = estate.apply("--prune", "--allow-deletes", "5")
            run.demand(self._code, *self._words)
            if self._gone == estate.exists(estate.account):
                raise Failed("it still stands" if self._gone else "it is gone")
            if not self._gone and estate.facts(estate.account) != before:
                raise Failed(f"not as it was: {before}, now {estate.facts(estate.account)}")
        finally:
            estate.restore()


class Replaced:
    """Several values of `description` are shown, every one, and give way to the declared one as a whole."""

    right = "both shown, then the declared one alone"

    def __init__(self, whose: str, values: Sequence[str]) -> None:
        self._whose = whose
        self._values = tuple(values)

    def __call__(self, estate: Estate) -> None:
        dn = getattr(estate, self._whose)
        try:
            estate.describe(dn, *self._values)
            shown = estate.gmsactl("plan")
            shown.demand(0, *self._values)
            estate.apply(manifests="steady").demand(0)
            left = estate.values(dn, "description")
            if len(left) != 1:
                raise Failed(f"description is {left}")
            after = estate.gmsactl("plan", "--detailed-exitcode", direct=True)
            after.demand(0)
        finally:
            estate.restore()


class Kept:
    """A conflict: an apply that would change the account leaves what somebody else has made of it."""

    def __init__(
        self,
        right: str,
        whose: str,
        after: Sequence[str],
        attribute: str = "description",
        field: str = "",
        before: Sequence[str] = (),
    ) -> None:
        self.right = right
        self._whose = whose
        self._after = sorted(after)
        self._attribute = attribute
        self._field = field
        self._before = tuple(before)

    def __call__(self, estate: Estate) -> None:
        dn = getattr(estate, self._whose)
        try:
            if self._before:
                estate.describe(dn, *self._before)
            estate.write("changed", estate.account_and_hosts(self._field))
            estate.apply().demand(5, "somebody else")
            found = estate.values(dn, self._attribute)
            if found != self._after:
                raise Failed(f"{self._attribute} is {found}, not {self._after}")
        finally:
            estate.set(estate.account, "adminDescription", *estate.marker)
            estate.restore()


class Dated:
    """Drift says when somebody changed a description, as it does where the metadata is binary."""

    right = "drift tells when each change was made"

    def __call__(self, estate: Estate) -> None:
        try:
            estate.set(estate.account, "description", "changed behind its back")
            expected, found = estate.drift_times(direct=True), estate.drift_times()
            if not expected or found != expected:
                raise Failed(f"times {found}, not {expected}")
        finally:
            estate.restore()


class DatedMembers:
    """Drift says when a member was removed. The lab's controller does not know, so the time is the persona's."""

    right = "drift tells when members changed"

    def __call__(self, estate: Estate) -> None:
        try:
            estate.modify(f"dn: {estate.hosts}\nchangetype: modify\ndelete: member\nmember: {estate.values(estate.hosts, 'member')[0]}\n")
            expected, found = ValueMetadata.VALUE_TIME.strftime("%Y-%m-%dT%H:%M:%SZ"), estate.drift_times()
            if found != [expected]:
                raise Failed(f"times {found}, not {expected}")
        finally:
            estate.restore()
