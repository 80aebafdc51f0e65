"""A trust's file for practice on a platform: its people and academies, with made-up ids that are nobody's. Pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import NAMESPACE_DNS, uuid5

from bot.directory import Directory
from bot.errors import ConfigError
from bot.ports import TrustFile
from bot.trust import Academy, RosterPerson

LEADS = 6
"""How many the team of the first academy has: Microsoft's playground takes exactly five people beside its own."""

_NOBODYS = uuid5(NAMESPACE_DNS, "practice.invalid")


class Practised:
    """A trust's file as Teams would know it, if its people had these ids (`bot.ports.TrustFile`)."""

    def __init__(self, file: TrustFile) -> None:
        self._file = file
        self._made: tuple[str, Directory] = ("", file.current())

    @property
    def fault(self) -> ConfigError | None:
        """Practice goes on with the last good copy."""
        return None

    def current(self) -> Directory:
        now = self._file.current()
        if self._made[0] != now.digest:
            self._made = (now.digest, practised(now))
        return self._made[1]


def practised(directory: Directory) -> Directory:
    """With an id in Teams for everybody, a channel for every academy and for the trust, and so many leads at the first
    academy that a whole team stands on the roster.
    """
    trust = directory.trust
    unscreened = _named(trust.unscreened) if trust.unscreened else None
    first, *others = directory.academies
    more = _more_deputies(LEADS - 1 - len(first.deputies))
    first = first.model_copy(update={"deputies": (*first.deputies, *(person.id for person in more))})
    return replace(
        directory,
        trust=replace(trust, lead=_named(trust.lead), unscreened=unscreened, channel={"teams": channel_id("trust")}),
        academies=tuple(_placed(academy) for academy in (first, *others)),
        people=tuple(_named(person) for person in (*directory.people, *more)),
    )


def person_id(roster_id: str) -> str:
    """The same made-up id for the same person, every time."""
    return str(uuid5(_NOBODYS, roster_id))


def channel_id(academy: str) -> str:
    return f"19:{academy}@thread.tacv2"


def _more_deputies(count: int) -> list[RosterPerson]:
    numbers = range(1, count + 1)
    return [RosterPerson(id=f"practice-{n}", name=f"Practice {n}", title="Deputy DSL for practice") for n in numbers]


def _named(person: RosterPerson) -> RosterPerson:
    return person.model_copy(update={"ids": {**person.ids, "teams": person_id(person.id)}})


def _placed(academy: Academy) -> Academy:
    return academy.model_copy(update={"channel": {**academy.channel, "teams": channel_id(academy.id)}})
