"""The parts that a fake Slack is put together from, and what they all need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tests.slack.ledger import Ledger
from tests.slack.methods import SCOPES, Methods
from tests.slack.payloads import Moment
from tests.slack.post_office import PostOffice
from tests.slack.sockets import Sockets
from tests.slack.trouble import Troubles
from tests.slack.wire import Wire
from tests.slack.world import Message, Room, Somebody, View, World


class Parts:
    """One workspace. `now`: seconds since 1970, of which time stamps and signatures are made.

    `complaints` lists what real Slack would have dropped without telling the bot: a bad view or message in an answer.
    """

    def __init__(
        self,
        people: Iterable[Somebody] = (),
        channels: Iterable[Room] = (),
        *,
        now: Callable[[], float] = time.time,
        scopes: Sequence[str] = SCOPES,
        keep: int = 0,
    ) -> None:
        self.world = World(people, channels, now)
        self.ledger = Ledger(keep)
        self.troubles = Troubles(self.world.chance)
        self.methods = Methods(self.world, scopes)
        self.wire = Wire(self.methods, self.ledger, self.troubles)
        self.sockets = Sockets(self.world.chance)
        self.wire.opens = self.sockets.invite
        self.office = PostOffice(self.ledger, self.sockets, self.troubles, now)
        self.complaints: list[str] = []
        self.answers_to: dict[str, tuple[str, Message]] = {}
        self.address = ""
        self.echoes = False

    def moment(self, person: str = "", view: str = "", about: Message | None = None) -> Moment:
        """The ids of one delivery, with a trigger born now where a person did something."""
        trigger = self.world.trigger(person, view) if person else ""
        return Moment(self.world.now(), self.world.stamp(), self.world.fresh("Ev"), trigger, self._answer_url(about))

    def _answer_url(self, about: Message | None) -> str:
        key = self.world.fresh("R")
        if about is None:
            return ""
        self.answers_to[key] = (about.channel, about)
        return f"{self.address}/response/{key}"


def shown(message: Message) -> Message:
    """A message as it stands at this moment, which later updates do not touch."""
    return replace(message, earlier=list(message.earlier))


def shown_view(view: View) -> View:
    """A view as it stands at this moment."""
    return replace(view, earlier=list(view.earlier), errors=dict(view.errors))
