"""The doctor on the trust's own file as Slack knows it: are the channels safe now, and can the people be reached?

Names of staff and of academies may be said here; nothing of a case ever is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.findings import Finding, Level
from adapters.slack.api import Api, Home, pages
from adapters.slack.channels import Places, doubt_of_person
from adapters.slack.modal import Say
from adapters.slack.people import People
from adapters.slack.refusals import THROTTLED
from bot.directory import Academy, Directory, RosterPerson
from bot.errors import HandrailError, SendFailed
from bot.message import Destination, Person, Reach
from bot.ports import Clock, Doubt

DOOR = "slack"
ENOUGH = 2
"""People of an academy who can be reached: with one alone, a case waits while that one is away."""

_LONGEST_WAIT = 60.0
_MOST_NAMED = 10
_TRIES = 3
_REACHED = ("dsl", "deputy", "on_call", "head")

_CHANNEL_DO = {
    Doubt.NO_SUCH_PLACE: "In the channel write /invite @Handrail. Then compare the id at the foot of the channel’s "
    "details with the one in the trust’s file.",
    Doubt.PUBLIC: "Make it private (the channel’s details, Settings), or name another channel in the trust’s file.",
    Doubt.SHARED: "Make a channel that is this workspace’s own, and name that one in the trust’s file.",
    Doubt.ARCHIVED: "Take it out of the archive (the channel’s details, Settings), or name another channel.",
    Doubt.BOT_NOT_IN_IT: "In the channel write /invite @Handrail.",
    Doubt.EMPTY: "Add the DSL and the deputies to the channel.",
    Doubt.STRANGER: "Take them out of the channel, or put them on the roster in the trust’s file.",
    Doubt.UNKNOWN: "Make a fresh private channel for the DSLs, and name that one in the trust’s file.",
    Doubt.UNCHECKED: "Run the doctor again in a minute; put right first what it says of the token and the permissions.",
}
_PERSON = {
    Doubt.NO_SUCH_PLACE: ("Slack has no open account of that id for", "Correct the id in the trust’s file"),
    Doubt.STRANGER: ("a guest, a bot or somebody of another organisation stands there for", "Write a full member’s id"),
    Doubt.SHARED: ("the account belongs to another workspace for", "Write the id that they have in this workspace"),
    Doubt.UNKNOWN: ("Slack’s answer leaves it open who that is for", "Correct the id in the trust’s file"),
    Doubt.UNCHECKED: ("Slack could not be asked about", "Run the doctor again in a minute"),
    Doubt.BOT_NOT_IN_IT: ("Slack lets the app open no direct messages with", "See whether the app is limited there"),
}
_HOW = "the id stands in their Slack profile, under the three dots, Copy member ID"


@dataclass(frozen=True)
class Asked:
    """What is examined: the trust's file, who may be in each of its channels (by the channel's id, as keys of people),
    and the roster id of whoever is to press the button, or ''."""

    directory: Directory
    readers: Mapping[str, frozenset[str]]
    press: str = ""


@dataclass
class Steady:
    """The API, for a run that may take a while: what is throttled is tried again after the time that Slack asks for."""

    api: Api
    clock: Clock

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """As `Api.call`."""
        for _ in range(_TRIES - 1):
            try:
                return await self.api.call(method, **arguments)
            except SendFailed as failed:
                if str(failed) not in THROTTLED or failed.retry_after > _LONGEST_WAIT:
                    raise
                await self.clock.pause(failed.retry_after)
        return await self.api.call(method, **arguments)


@dataclass
class Looks:
    """One round of one trust's file. `say` gives the sentences under `doubt.`."""

    steady: Steady
    home: Home
    asked: Asked
    say: Say
    reached: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._places = Places(self.steady.api, self.home)
        self._people = People(self.steady.api, self.home)

    async def channels(self) -> AsyncIterator[Finding]:
        """Every channel that the file names, and the academies without one."""
        directory = self.asked.directory
        for academy in directory.academies:
            if id := academy.channel.get(DOOR):
                yield await self._channel(academy.name, id)
            else:
                yield _no_channel(academy)
        if id := directory.trust.channel.get(DOOR):
            yield await self._channel(directory.trust.name, id)

    async def _channel(self, name: str, id: str) -> Finding:
        readers = self.asked.readers.get(id, frozenset())
        doubt = await self._places.doubt(Destination(DOOR, Reach.CHANNEL, id), readers)
        if doubt is Doubt.NONE:
            return Finding(Level.OK, name, f"its channel {id} is private, and everybody in it is on the roster.")
        who = await self._strangers(id, readers) if doubt is Doubt.STRANGER else ""
        sentence = f"no case would be posted in its channel {id}: {self.say(f'doubt.{doubt}')}{who}."
        return Finding(Level.WRONG, name, sentence, _CHANNEL_DO[doubt])

    async def _strangers(self, id: str, readers: frozenset[str]) -> str:
        """Who of the channel is not on the roster, by name where Slack tells it."""
        ids: list[str] = []
        try:
            async for page in pages(self.steady, "conversations.members", _MOST_NAMED, channel=id, limit=200):
                ids += [each for each in page["members"] if each != self.home.person]
        except (HandrailError, KeyError):
            return ""
        strangers = [each for each in ids if Person(DOOR, each).key not in readers]
        names = [f"{(await self._people.known(each)).name} {each}".strip() for each in strangers[:_MOST_NAMED]]
        more = f" and {len(strangers) - _MOST_NAMED} more" if len(strangers) > _MOST_NAMED else ""
        return f" ({', '.join(names)}{more})"

    # --- people ---

    async def people(self) -> AsyncIterator[Finding]:
        """Who of the roster can be reached, one finding for all who share a fault; then whether each academy has
        people enough."""
        by_doubt: dict[Doubt, list[RosterPerson]] = defaultdict(list)
        roster = self.asked.directory.people
        for person in roster:
            if id := person.ids.get(DOOR):
                by_doubt[await self._doubt_of(id)].append(person)
        good = by_doubt.pop(Doubt.NONE, [])
        self.reached |= {person.id for person in good}
        for doubt, who in by_doubt.items():
            yield _not_reached(doubt, who)
        if good:
            yield Finding(Level.OK, "people", f"{len(good)} of {len(roster)} on the roster can be reached on Slack.")
        if unknown := [person for person in roster if DOOR not in person.ids]:
            yield _without_id(unknown)
        for academy in self.asked.directory.academies:
            yield self._enough(academy)

    async def _doubt_of(self, id: str) -> Doubt:
        try:
            doubt = doubt_of_person((await self.steady.call("users.info", user=id)).get("user"), id, self.home)
        except HandrailError as fault:
            return Doubt.NO_SUCH_PLACE if str(fault) in ("user_not_found", "user_not_visible") else Doubt.UNCHECKED
        return doubt if doubt is not Doubt.NONE else await self._opens(id)

    async def _opens(self, id: str) -> Doubt:
        """Whether direct messages can be opened. Nobody sees that they were."""
        try:
            await self.steady.call("conversations.open", users=id)
        except SendFailed:
            return Doubt.UNCHECKED
        except HandrailError:
            return Doubt.BOT_NOT_IN_IT
        return Doubt.NONE

    def _enough(self, academy: Academy) -> Finding:
        directory = self.asked.directory
        holding = {person.id for role in _REACHED for person in directory.holders(academy.id, role)}
        number = len(holding & self.reached)
        if number >= ENOUGH:
            return Finding(Level.OK, academy.name, f"{number} of its safeguarding people can be reached on Slack.")
        count = f"only {number}" if number else "none"
        sentence = f"{count} of its safeguarding people can be reached on Slack; there should be {ENOUGH} at least."
        do = "In the trust’s file, give the DSL, a deputy or whoever is on call their Slack ids."
        return Finding(Level.WRONG, academy.name, sentence, do)


def _no_channel(academy: Academy) -> Finding:
    do = 'Make a private channel, invite @Handrail, and write channel = { slack = "C0EXAMPLE1" } with its id.'
    return Finding(Level.WARN, academy.name, "it has no Slack channel: its cases go to its people one to one.", do)


def _not_reached(doubt: Doubt, who: Iterable[RosterPerson]) -> Finding:
    sentence, do = _PERSON.get(doubt, _PERSON[Doubt.UNKNOWN])
    return Finding(Level.WRONG, "people", f"{sentence} {', '.join(_named(who))}.", f"{do}; {_HOW}.")


def _without_id(who: Iterable[RosterPerson]) -> Finding:
    sentence = f"there is no Slack id in the trust’s file for {', '.join(_named(who))}."
    return Finding(Level.WARN, "people", sentence, f"Add it if they are to be reached on Slack; {_HOW}.")


def _named(who: Iterable[RosterPerson]) -> Iterator[str]:
    return (f"{person.name} ({person.id})" for person in who)
