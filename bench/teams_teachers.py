"""Members of staff at their Teams: they read the card on the screen, answer it as Teams would send it, and wait.

Words and names are made up; no rule of the bot may enter.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Sequence
from functools import partial

from bench.seats import Place, Seat
from bench.teams_cards import Card
from bench.teams_peer import Peer
from tests.teams import activities
from tests.teams.activities import Scene
from tests.teams.world import Json, Message, Room, Somebody

OPENING = "A girl in my form has just told me that a picture of her is going round"
WORDS = "Jade Example told me at the end of the lesson that he said he would show everyone"
_MOST_TURNS = 60
_TAIL = 12

Turn = Sequence[str]
"""One thing somebody does: the request, as JSON."""


class _Seat(Seat[Json, str]):
    """One person after another, in that tenant. `is_signed`: Teams' token goes with every request."""

    is_signed = True

    def __init__(self, peer: Peer, place: Place) -> None:
        super().__init__(place)
        self.peer = peer
        self.who, self.room = Somebody("", ""), Room("")

    def sit(self) -> None:
        """Somebody new takes the place."""
        self.leave()
        self.who, self.room = self.peer.newcomer()
        self.made = []
        self.peer.watchers[self.room.id] = self

    def leave(self) -> None:
        self.peer.watchers.pop(self.room.id, None)
        self.peer.lose(self.who)

    @property
    def tail(self) -> str:
        """What all of their ids end with."""
        return self.room.id[-_TAIL:]

    def written(self, request: str) -> tuple[bytes, bytes]:
        return head(self.peer.token if self.is_signed else ""), request.encode()


def head(token: str) -> bytes:
    """The head of a request of Teams, without its length."""
    lines = {"Host": "127.0.0.1", "Content-Type": "application/json; charset=utf-8"}
    lines |= {"Authorization": f"Bearer {token}"} if token else {}
    return ("POST /api/messages HTTP/1.1\r\n" + "".join(f"{name}: {line}\r\n" for name, line in lines.items())).encode()


class Echoed(_Seat):
    """Says again, as somebody new, what was said before by `tail`; any message answers it."""

    is_signed = False

    def __init__(self, peer: Peer, place: Place, tail: str, turns: Sequence[Turn]) -> None:
        super().__init__(peer, place)
        self._tail, self._turns = tail, turns

    async def converse(self) -> None:
        self.sit()
        for turn in self._turns:
            await self.turn(partial(self._again, turn))

    async def _again(self, turn: Turn) -> None:
        for request in turn:
            await self.send(request.replace(self._tail, self.tail))


class Teacher(_Seat):
    """Reads every card and answers it, from the first word to the last question. Every other label is pressed, and
    every other words of their own are written in the box of the card; the rest is typed."""

    def __init__(self, peer: Peer, place: Place) -> None:
        super().__init__(peer, place)
        self._card = Card({})
        self._numbers = itertools.count(1)

    async def converse(self) -> None:
        """One whole conversation of somebody new."""
        self.sit()
        self._card = Card({})
        act = partial(self._say, OPENING)
        while len(self.made) < _MOST_TURNS:
            self._card = Card(await self.turn(act))
            if not self._card.is_question:
                return
            act = partial(self._answer, self._card)
        raise RuntimeError("the conversation has no end")

    def awaits(self, message: Json) -> bool:
        return Card(message).revision > self._card.revision

    async def _answer(self, card: Card) -> None:
        presses = card.picks or len(self.made) % 2
        if card.writes:
            await (self._press(card, card.writes, {"words": WORDS}) if presses else self._say(WORDS))
        elif presses:
            await self._press(card, card.wanted(), card.picks)
        else:
            await self._say(card.wanted()["title"])

    async def _say(self, words: str) -> None:
        message = Message(self.room.id, self.peer.stamp(), self.who.key, words)
        await self.send(json.dumps(activities.said(self._scene(), message)))

    async def _press(self, card: Card, action: Json, inputs: Json) -> None:
        kept = {name: action[name] for name in ("type", "title", "verb")}
        value = {"action": {**kept, "data": {**action["data"], **inputs}}, "trigger": "manual"}
        ids = (f"f:{next(self._numbers)}-{self.tail}", card.message["id"])
        await self.send(json.dumps(activities.invoked(self._scene(), "adaptiveCard/action", value, ids)))

    def _scene(self) -> Scene:
        return Scene(self.who, self.room, None, time.time(), self.peer.service_url)
