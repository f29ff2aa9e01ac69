"""Attributes of more values than a controller returns at a time: [MS-ADTS] 3.1.1.3.1.3.3 and 3.1.1.3.4.6 (MaxValRange).

Samba returns all values unless a range is asked for, and the rest of a range however long. These cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from behaviours.base import EntryBehaviour, Exchange
from ldap import Attribute, Entry

_FOLLOW_UP = re.compile(r"(?P<name>[^;]+);range=(?P<first>\d+)-\*$", re.IGNORECASE)


class Ranges(EntryBehaviour):
    """At most `most` values of an attribute at a time, in the form that `spelled` gives the range's name."""

    def __init__(
        self,
        most: int,
        empty: str = "before",
        spelled: Callable[[str, int, str], str] = "{0};range={1}-{2}".format,
    ) -> None:
        super().__init__()
        self._most = most
        self._empty = empty
        self._spelled = spelled

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        cut = False
        attributes: list[Attribute] = []
        for attribute in entry.attributes:
            follow_up = _FOLLOW_UP.match(attribute.name)
            if len(attribute.values) <= self._most or (";" in attribute.name and not follow_up):
                attributes.append(attribute)
                continue
            cut = True
            if follow_up:
                attributes += self.later(attribute, follow_up["name"], int(follow_up["first"]))
            else:
                attributes += self.first(attribute)
        entry.attributes = attributes
        return cut

    def first(self, attribute: Attribute) -> list[Attribute]:
        part = self._part(attribute, attribute.name, 0)
        empty = Attribute(attribute.name, [])
        return {"before": [empty, part], "after": [part, empty], "none": [part]}[self._empty]

    def later(self, attribute: Attribute, name: str, first: int) -> list[Attribute]:
        return [self._part(attribute, name, first)]

    def _part(self, attribute: Attribute, name: str, first: int) -> Attribute:
        return Attribute(self._spelled(name, first, str(first + self._most - 1)), attribute.values[: self._most])


class LostFollowUp(Ranges):
    """The second part never comes: the entry is there without the attribute."""

    def later(self, attribute: Attribute, name: str, first: int) -> list[Attribute]:
        return []


class EndlessChain(Ranges):
    """No part says that it is the last: even the end of the values has a number, and behind it there is nothing."""

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        cut = super().change(exchange, entry)
        for attribute in entry.attributes:
            last = _FOLLOW_UP.match(attribute.name)
            if last and attribute.values:
                end = int(last["first"]) + len(attribute.values) - 1
                attribute.name = f"{last['name']};range={last['first']}-{end}"
                cut = True
        return cut


class RepeatedPart(Ranges):
    """A follow-up that answers another range than the one that was asked for."""

    def later(self, attribute: Attribute, name: str, first: int) -> list[Attribute]:
        return [self._part(attribute, name, 0)]
