"""The playground as the bot sees it: a door that posts, updates and looks a place up before case data goes there.

Who may read a case is not decided here: the bot says who its readers are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.clock import PracticeClock
from adapters.web.board import Board, Shown, waits
from bot.errors import SendRefused
from bot.message import Card, Destination, Lane, Person, Reach
from bot.ports import Doubt

DOOR = "web"


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody the page can act as. `role` is said as people say it ("Deputy DSL"), `academy` is its name or ''."""

    id: str
    name: str
    role: str
    academy: str = ""


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A practice channel and the ids of the people in it."""

    id: str
    name: str
    academy: str
    members: tuple[str, ...]


TEACHER = PersonView("teacher", "Sam Example", "Teacher")
STRANGER = PersonView("stranger", "Guest Example", "Not on the roster")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel with what the page has made wrong with it, for practice."""

    view: ChannelView
    public: bool = False
    stranger: bool = False

    @property
    def members(self) -> tuple[str, ...]:
        return (*self.view.members, STRANGER.id) if self.stranger else self.view.members

    def doubt(self, readers: frozenset[str]) -> Doubt:
        if self.public:
            return Doubt.PUBLIC
        if not self.members:
            return Doubt.EMPTY
        if any(Person(DOOR, member).key not in readers for member in self.members):
            return Doubt.STRANGER
        return Doubt.NONE


class Playground:
    """The `web` door (see `bot.ports.Door`). The teacher and a stranger are always there, on nobody's roster."""

    name = DOOR

    def __init__(self, people: Sequence[PersonView], channels: Sequence[ChannelView], clock: PracticeClock) -> None:
        self.people = {person.id: person for person in (TEACHER, *people, STRANGER)}
        self.channels = {view.id: Channel(view) for view in channels}
        self.clock = clock
        self.board = Board()

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float:
        """Nothing is kept back here."""
        return 0.0

    async def find(self, destination: Destination, token: str) -> str | None:
        """Nothing is kept beside a message here, so that it cannot be known."""
        return None

    async def post(self, destination: Destination, card: Card, token: str = "") -> str:
        """Show the card as a new message and return its id. Raises SendRefused when nobody is there."""
        self._require(destination)
        shown = Shown(self.board.new_id(), destination.key, self.clock.now(), card=card, asked=waits(card))
        self.board.show(shown)
        return shown.id

    async def update(self, destination: Destination, message_id: str, card: Card) -> None:
        """Put the card where that message stands. One from before a restart, which forgot it, is shown again.

        Raises SendRefused when the message stands somewhere else.
        """
        self._require(destination)
        now = self.clock.now()
        shown = self.board.get(message_id) or Shown(message_id, destination.key, now)
        if shown.place != destination.key:
            raise SendRefused("the message stands in another place")
        self.board.show(replace(shown, card=card, edited_at=now, asked=shown.asked or waits(card)))

    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt:
        """Why case data must not go there now. `readers` are keys of people ("web:dsl-north") (I4)."""
        if not self._knows(destination):
            return Doubt.NO_SUCH_PLACE
        if destination.reach is Reach.CHANNEL:
            return self.channels[destination.id].doubt(readers)
        return Doubt.NONE if Person(DOOR, destination.id).key in readers else Doubt.STRANGER

    def change_channel(self, id: str, *, public: bool | None, stranger: bool | None) -> Channel:
        """Make a channel wrong or right again for practice; None leaves a thing as it is. Raises KeyError."""
        old = self.channels[id]
        public = old.public if public is None else public
        self.channels[id] = replace(old, public=public, stranger=old.stranger if stranger is None else stranger)
        return self.channels[id]

    def _knows(self, destination: Destination) -> bool:
        known = self.people if destination.reach is Reach.PERSON else self.channels
        return destination.door == DOOR and destination.id in known

    def _require(self, destination: Destination) -> None:
        if not self._knows(destination):
            raise SendRefused("there is no such person or channel in the playground")
