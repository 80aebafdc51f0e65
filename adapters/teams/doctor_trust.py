"""The doctor on the books and on the channels of the trust's own file: has Teams been heard from, are they safe now?

Names of staff and of academies may be said here; nothing of a case ever is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from adapters.findings import Finding, Level
from adapters.teams.addresses import Shelf
from adapters.teams.members import account_id, doubt_of_member, is_the_bot
from adapters.teams.places import group_of
from adapters.teams.refusals import FORBIDDEN, status_of
from adapters.teams.tenant import Tenant
from adapters.teams.us import DOOR, Json
from adapters.teams.whereabouts import Whereabouts
from bot.directory import Academy, Directory
from bot.errors import HandrailError
from bot.message import Destination, Person, Reach
from bot.ports import Clock, Doubt

AGAIN_SECONDS = 3.0
_MOST_NAMED = 10
_TRIES = 3

_AGREE = (
    "As the team’s owner take Handrail out of the team (Manage team, Apps) and add it again while `handrail serve` "
    "runs: Teams then asks the owner to agree to TeamSettings.Read.Group."
)
_CHANNEL_DO = {
    Doubt.NO_SUCH_PLACE: "Compare the id in the trust’s file with the one in the channel’s link.",
    Doubt.PUBLIC: "Make the team private (Edit team, Privacy), or name a channel of another team in the trust’s file.",
    Doubt.SHARED: "Name a standard channel of a private team, with nobody of another organisation in it.",
    Doubt.ARCHIVED: "Restore the team (Manage teams, Archived), or name a channel of another one.",
    Doubt.BOT_NOT_IN_IT: "Let `handrail serve` run, and add Handrail to the team as its owner. If it is there already, "
    "write @Handrail in the channel once; and compare the id in the trust’s file with the one in the channel’s link.",
    Doubt.EMPTY: "Add the DSL and the deputies to the team.",
    Doubt.STRANGER: "Take them out of the team, or put them on the roster in the trust’s file. A team’s owner counts.",
    Doubt.UNKNOWN: f"See whether the team is private and its members are members of your tenant. {_AGREE}",
    Doubt.UNCHECKED: "Run the doctor again in a minute; put right first what it says above.",
}


@dataclass(frozen=True)
class Asked:
    """What is examined: the trust's file, who may be in each of its channels (by the channel's id, as keys of people),
    the books as they can be read, and the roster id of whoever is to press the button, or ''.

    `shelf` is None where the books cannot be opened; `shut` says why, in words that may be shown.
    """

    directory: Directory
    readers: Mapping[str, frozenset[str]]
    shelf: Shelf | None
    shut: str = ""
    press: str = ""


@dataclass
class Looks:
    """One round of one trust's file. `say` gives the sentences under `doubt.`."""

    tenant: Tenant
    asked: Asked
    say: Callable[[str], str]
    clock: Clock

    def __post_init__(self) -> None:
        self._where = Whereabouts(self.tenant.connector, self.tenant.addresses, self.tenant.way.us)

    async def books(self) -> Finding:
        """Whether the addresses can be read, and there are any."""
        try:
            url = await self.tenant.addresses.service_url()
        except HandrailError as fault:
            return of_books(str(fault))
        if not url:
            return _never_heard()
        return Finding(Level.OK, "the way in", "Teams has reached Handrail before, and can be reached.")

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
        readers, place = self.asked.readers.get(id, frozenset()), Destination(DOOR, Reach.CHANNEL, id)
        doubt = await self.doubt(place, readers)
        if doubt is Doubt.NONE:
            return Finding(Level.OK, name, f"its channel {id} is private, and everybody in it is on the roster.")
        who = await self._strangers(place, readers)
        do = _AGREE if doubt is Doubt.UNCHECKED and await self._is_forbidden(place) else _CHANNEL_DO[doubt]
        sentence = f"no case would be posted in its channel {id}: {self.say(f'doubt.{doubt}')}{who}."
        return Finding(Level.WRONG, name, sentence, do)

    async def doubt(self, place: Destination, readers: frozenset[str]) -> Doubt:
        """As the door's own; what Microsoft did not answer is asked again after a while."""
        for _ in range(_TRIES - 1):
            doubt = await self.tenant.places.doubt(place, readers)
            if doubt is not Doubt.UNCHECKED:
                return doubt
            await self.clock.pause(AGAIN_SECONDS)
        return await self.tenant.places.doubt(place, readers)

    async def _is_forbidden(self, place: Destination) -> bool:
        """Whether Graph says that we may not look at the team."""
        try:
            address = await self._where.of(place)
            if address and address.team:
                team = await self.tenant.connector.team(address.service_url, address.team)
                await self.tenant.graph.visibility(group_of(team, address))
        except HandrailError as fault:
            return status_of(fault) == FORBIDDEN
        return False

    async def _strangers(self, place: Destination, readers: frozenset[str]) -> str:
        """Who of the channel may not read along, by name; '' where nobody, or Teams does not say."""
        try:
            address = await self._where.of(place)
            members = [member async for member in self.tenant.connector.members(address)] if address else []
        except HandrailError:
            return ""
        us, bot = self.tenant.way.us, address.bot if address else ""
        named = [_named_member(it) for it in members if not is_the_bot(it, us, bot) and self._is_strange(it, readers)]
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        return f" ({', '.join(named[:_MOST_NAMED])}{more})" if named else ""

    def _is_strange(self, member: Json, readers: frozenset[str]) -> bool:
        own = Person(DOOR, account_id(member)).key
        may = {reader.lower() for reader in readers}
        return doubt_of_member(member, self.tenant.way.us) is not Doubt.NONE or own not in may


def of_books(why: str) -> Finding:
    """The books cannot be read; `why` is what the store itself says of it."""
    do = "Run the doctor where `handrail serve` runs, with the same HANDRAIL_DATABASE_URL and HANDRAIL_KEY."
    return Finding(Level.WRONG, "the books", f"where people are reached cannot be read ({why}).", do)


def _never_heard() -> Finding:
    do = (
        "Run `handrail serve`, then write to Handrail in Teams. If nothing comes: is the messaging endpoint of the "
        "Azure Bot this computer’s https:// address with /api/messages, and is its Teams channel on? If the log says "
        "teams_refused, service_url: name the host that Microsoft serves your tenant from in HANDRAIL_TEAMS_HOSTS."
    )
    return Finding(Level.WRONG, "the way in", "Teams has never reached Handrail, so nobody can be written to.", do)


def _no_channel(academy: Academy) -> Finding:
    do = 'Make a private team, add Handrail to it, and write channel = { teams = "19:EXAMPLE1@thread.tacv2" }.'
    return Finding(Level.WARN, academy.name, "it has no channel in Teams: its cases go to its people one to one.", do)


def _named_member(member: Json) -> str:
    name, id = member.get("name"), account_id(member)
    return f"{name} {id}".strip() if isinstance(name, str) else id or "somebody without an account"
