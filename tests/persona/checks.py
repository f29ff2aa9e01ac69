"""What is right: each check runs gmsactl through the persona and raises Failed for anything else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol

from behaviours.base import Behaviour
from estate import Estate, Failed, Run

UNREADABLE = 4
NEVER = ("declared, and missing", "does not exist yet")


class Check(Protocol):
    right: str  #: for the table in docs/testing.md

    def __call__(self, estate: Estate) -> None: ...


@dataclasses.dataclass(frozen=True)
class Case:
    """One behaviour by name: where it is documented, how it is made, and what is right."""

    name: str
    source: str
    behaviours: Callable[[Estate], Sequence[Behaviour]]
    check: Check
    may_idle: bool = False  #: right as well where there is no occasion for it


def _nothing_invented(run: Run) -> None:
    for words in NEVER:
        if words in run.said:
            raise Failed(f"says: {words}")
    if run.out.startswith("{") and run.creates():
        raise Failed(f"would create {', '.join(run.creates())}, which is there")


class Same:
    """The plan of the estate, and where it matters that of the big group, as without the persona."""

    right = "the same plan as without it"

    def __init__(self, manifests: str = "steady", arguments: Sequence[str] = ()) -> None:
        self._manifests = manifests
        self._arguments = tuple(arguments)
        self._direct: dict[int, object] = {}

    def __call__(self, estate: Estate) -> None:
        expected = _direct_plans.get((self._manifests, self._arguments))
        if expected is None:
            expected = estate.plan(*self._arguments, manifests=self._manifests, direct=True).facts()
            _direct_plans[self._manifests, self._arguments] = expected
        run = estate.plan(*self._arguments, manifests=self._manifests)
        found = run.facts()
        if found != expected:
            raise Failed(f"another plan: {_difference(expected, found)}\n{run.err}")


_direct_plans: dict[tuple[str, tuple[str, ...]], dict[str, object]] = {}


def _difference(expected: dict[str, object], found: dict[str, object]) -> str:
    parts = [f"{key} {str(found[key])[:400]}, not {str(expected[key])[:400]}" for key in expected if found[key] != expected[key]]
    return "; ".join(parts)


class Unreadable:
    """Exit 4, the words, and nothing in the plan that would create what exists."""

    def __init__(self, *words: str, manifests: str = "steady", arguments: Sequence[str] = ()) -> None:
        self._words = words
        self._manifests = manifests
        self._arguments = tuple(arguments)
        self.right = "exit 4, naming " + ", ".join(f"`{word}`" for word in words)

    def __call__(self, estate: Estate) -> None:
        run = estate.plan(*self._arguments, manifests=self._manifests)
        run.demand(4, *self._words)
        _nothing_invented(run)


class Planned:
    """The plan has these words, and the exit code."""

    def __init__(
        self,
        right: str,
        *words: str,
        code: int = 0,
        more: str = "",
        environment: str = "",
        change: Callable[[str], str] = lambda text: text,
    ) -> None:
        self.right = right
        self._words = words
        self._code = code
        self._more = more
        self._environment = environment
        self._change = change

    def __call__(self, estate: Estate) -> None:
        estate.write("changed", estate.account_and_hosts() + self._more)
        path = estate.folder / "changed" / "all.yaml"
        text = path.read_text(encoding="utf-8").replace("  owner: persona\n", "  owner: persona\n" + self._environment)
        path.write_text(self._change(text), encoding="utf-8")
        run = estate.gmsactl("plan", manifests="changed")
        run.demand(self._code, *self._words)
        _nothing_invented(run)


class OneController:
    """A plan of what one controller shows, or exit 4 with the names of both; the other one has a fourth member."""

    right = "a plan of one of them, or exit 4 with the names of both"

    def __call__(self, estate: Estate) -> None:
        run = estate.plan()
        if run.code == UNREADABLE:
            run.demand(UNREADABLE, "dc01", "dc02")
            return
        here = "dc01" in str(run.document()["server"])
        if run.code or bool(run.document()["changes"]) == here:
            raise Failed(f"of both: {run.document()['server']}, {run.facts()}\n{run.err}")


class Applied:
    """An apply of this change through the persona ends so, and a plan past it says whether it was done."""

    def __init__(
        self,
        right: str,
        *words: str,
        code: int = 0,
        account: str = "",
        hosts: str = "",
        more: str = "",
        spns: Sequence[str] | None = None,
        done: bool | None = None,
        absent: Sequence[str] = (),
        arguments: Sequence[str] = (),
    ) -> None:
        self.right = right
        self._words = words
        self._code = code
        self._documents = (account, hosts, more)
        self._spns = spns
        self._done = code == 0 if done is None else done
        self._absent = tuple(absent)
        self._arguments = tuple(arguments)

    def __call__(self, estate: Estate) -> None:
        account, hosts, more = self._documents
        try:
            estate.write("changed", estate.account_and_hosts(account, hosts, self._spns) + more)
            run = estate.apply(*self._arguments)
            run.demand(self._code, *self._words)
            for word in self._absent:
                if word in run.said:
                    raise Failed(f"says: {word}")
            after = estate.plan("--detailed-exitcode", *self._arguments, manifests="changed", direct=True)
            if self._done and after.code != 0:
                raise Failed(f"not done: {after.out[:1500]}")
            if not self._done and after.code == 0:
                raise Failed("nothing is left to do")
        finally:
            estate.restore()
