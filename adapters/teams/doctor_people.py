"""The doctor on the people of the trust's own file: can each be reached one to one, and are they enough?

Names of staff and of academies may be said here; nothing of a case ever is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field

from adapters.findings import Finding, Level
from adapters.teams.doctor_trust import Looks
from adapters.teams.refusals import NOT_THERE, status_of
from adapters.teams.us import DOOR
from bot.directory import Academy, RosterPerson
from bot.errors import HandrailError, SendRefused
from bot.message import Destination, Person, Reach
from bot.ports import Doubt
from bot.staff import groups_asked

ENOUGH = 2
"""People of an academy who can be reached: with one alone, a case waits while that one is away."""

_REACHED = ("dsl", "deputy", "on_call", "head")

_HOW = "the id stands in the Entra admin centre, Users, the person, Object ID"
_INSTALL = "Install the app for them (Teams admin centre, Setup policies) while `handrail serve` runs"
_PERSON = {
    Doubt.BOT_NOT_IN_IT: ("the app is not installed, or the id is nobody’s, for", f"{_INSTALL}; {_HOW}"),
    Doubt.NO_SUCH_PLACE: ("Entra or Teams knows nobody of that id for", f"Correct the id in the trust’s file; {_HOW}"),
    Doubt.STRANGER: ("a guest stands there for", f"Write a member’s id; {_HOW}"),
    Doubt.SHARED: ("the account belongs to another organisation for", f"Write the id in your own tenant; {_HOW}"),
    Doubt.UNKNOWN: ("Teams’ answer leaves it open who that is for", f"Correct the id in the trust’s file; {_HOW}"),
    Doubt.UNCHECKED: ("Teams could not be asked about", "Run the doctor again in a minute"),
}


@dataclass
class Roster:
    """Everybody on it, looked for once. `reached` is whoever was found."""

    looks: Looks
    reached: list[RosterPerson] = field(default_factory=list)

    async def all(self) -> AsyncIterator[Finding]:
        """Who of the roster can be reached, one finding for all who share a fault; then whether each academy has
        people enough."""
        by_doubt: dict[Doubt, list[RosterPerson]] = defaultdict(list)
        roster = self.looks.asked.directory.people
        for person in roster:
            if id := person.ids.get(DOOR):
                by_doubt[await self._doubt_of(id)].append(person)
        self.reached = by_doubt.pop(Doubt.NONE, [])
        for doubt, who in by_doubt.items():
            yield _not_reached(doubt, who)
        if self.reached:
            yield Finding(Level.OK, "people", f"{len(self.reached)} of {len(roster)} can be reached one to one.")
        if unknown := [person for person in roster if DOOR not in person.ids]:
            yield _without_id(unknown)
        for academy in self.looks.asked.directory.academies:
            yield self._enough(academy)

    async def _doubt_of(self, id: str) -> Doubt:
        own, place = frozenset({Person(DOOR, id).key}), Destination(DOOR, Reach.PERSON, id)
        doubt = await self.looks.doubt(place, own)
        if doubt is Doubt.BOT_NOT_IN_IT and await self._is_nobody(id):
            return Doubt.NO_SUCH_PLACE
        return doubt

    async def _is_nobody(self, id: str) -> bool:
        """Whether Graph knows nobody of this id. It is asked only what it may be asked for the staff rule."""
        groups = groups_asked(self.looks.asked.directory.trust.staff.teams)
        try:
            if groups:
                await self.looks.tenant.graph.groups_of(id, groups[:1])
        except SendRefused as refused:
            return status_of(refused) in NOT_THERE
        except HandrailError:
            return False
        return False

    def _enough(self, academy: Academy) -> Finding:
        directory, ids = self.looks.asked.directory, {person.id for person in self.reached}
        number = len({person.id for role in _REACHED for person in directory.holders(academy.id, role)} & ids)
        if number >= ENOUGH:
            return Finding(Level.OK, academy.name, f"{number} of its safeguarding people can be reached one to one.")
        count = f"only {number}" if number else "none"
        sentence = f"{count} of its safeguarding people can be reached one to one; there should be {ENOUGH} at least."
        do = "In the trust’s file give the DSL, a deputy or whoever is on call their ids, and install the app for them."
        return Finding(Level.WRONG, academy.name, sentence, do)


def _not_reached(doubt: Doubt, who: Iterable[RosterPerson]) -> Finding:
    sentence, do = _PERSON.get(doubt, _PERSON[Doubt.UNKNOWN])
    return Finding(Level.WRONG, "people", f"{sentence} {', '.join(_named(who))}.", f"{do}.")


def _without_id(who: Iterable[RosterPerson]) -> Finding:
    sentence = f"there is no id for Teams in the trust’s file for {', '.join(_named(who))}."
    return Finding(Level.WARN, "people", sentence, f"Add it if they are to be reached in Teams; {_HOW}.")


def _named(who: Iterable[RosterPerson]) -> Iterator[str]:
    return (f"{person.name} ({person.id})" for person in who)
