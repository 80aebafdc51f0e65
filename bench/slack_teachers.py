"""Members of staff at their Slack: they read the card on the screen, answer it as Slack would send it, and wait.

A turn is over when its request has had its 200 and the bot's next message stands on the screen. Words and names are
made up; no rule of the bot may enter.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote_plus

from bench.seats import Place, Seat
from bench.slack_cards import Card
from bench.slack_peer import Peer, direct_of
from tests.slack import payloads
from tests.slack.payloads import Moment
from tests.slack.reading import action_of, state_of
from tests.slack.signing import SECRET, signed_headers
from tests.slack.world import Json, Message, Room, Somebody, View

OPENING = "A girl in my form has just told me that a picture of her is going round"
WORDS = "Jade Example told me at the end of the lesson that he said he would show everyone"
_MOST_TURNS = 60


@dataclass(frozen=True, slots=True)
class Request:
    """One request of Slack's. With a `trigger` a form is opened, and that is waited for."""

    payload: str
    is_event: bool = False
    trigger: str = ""


Turn = Sequence[Request]
"""One thing somebody does: one request, or two where they open a form and send it."""


class _Seat(Seat[Message, Request]):
    """One person after another, in that Slack."""

    def __init__(self, peer: Peer, place: Place) -> None:
        super().__init__(place)
        self.peer, self.id = peer, ""
        self._form: asyncio.Future[View] | None = None

    def sit(self) -> None:
        """Somebody new takes the place."""
        self.leave()
        self.id, self.made = self.peer.fresh("U"), []
        self.peer.watchers[self.id] = self

    def leave(self) -> None:
        self.peer.watchers.pop(self.id, None)

    def opened(self, id: str, view: Json) -> None:
        if self._form:
            self._form.set_result(View(id, self.id, "1.hash", view))

    def written(self, request: Request) -> tuple[bytes, bytes]:
        return _signed(request)

    async def open(self, request: Request) -> View:
        """Send what a form is opened by, and wait for the form."""
        self._form = asyncio.get_running_loop().create_future()
        self.peer.triggers[request.trigger] = self
        await self.send(request)
        return await self._form


def _signed(request: Request) -> tuple[bytes, bytes]:
    text = request.payload
    body = text.encode() if request.is_event else b"payload=" + quote_plus(text).encode()
    kind = "application/json" if request.is_event else "application/x-www-form-urlencoded"
    lines = {"Host": "127.0.0.1", "Content-Type": kind, **signed_headers(SECRET, time.time(), body)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /slack/events HTTP/1.1\r\n{head}".encode(), body


class Echoed(_Seat):
    """Says again, as somebody new, what was said in a conversation that was made before; any message answers it."""

    def __init__(self, peer: Peer, place: Place, who: str, turns: Sequence[Turn]) -> None:
        super().__init__(peer, place)
        self._who, self._turns = who[1:], turns

    async def converse(self) -> None:
        self.sit()
        for turn in self._turns:
            await self.turn(partial(self._again, turn))

    async def _again(self, turn: Turn) -> None:
        for request in turn:
            mine = Request(self._as_me(request.payload), request.is_event, self._as_me(request.trigger))
            await (self.open(mine) if mine.trigger else self.send(mine))

    def _as_me(self, text: str) -> str:
        return text.replace(self._who, self.id[1:])


class Teacher(_Seat):
    """Reads every card and answers it, from the first word to the last question; every other label is typed.
    `forms`: words of their own go by a private form."""

    def __init__(self, peer: Peer, place: Place, *, forms: bool = False) -> None:
        super().__init__(peer, place)
        self._forms = forms
        self._card = Card(Message("", "", ""))
        self._numbers = itertools.count(1)

    async def converse(self) -> None:
        """One whole conversation of somebody new."""
        self.sit()
        self._card = Card(Message("", "", ""))
        act = partial(self._say, OPENING)
        while len(self.made) < _MOST_TURNS:
            self._card = Card(await self.turn(act))
            if not self._card.is_question:
                return
            act = partial(self._answer, self._card)
        raise RuntimeError("the conversation has no end")

    def awaits(self, message: Message) -> bool:
        return Card(message).revision > self._card.revision

    async def _answer(self, card: Card) -> None:
        if card.writes and self._forms:
            await self._write(card)
        elif card.writes:
            await self._say(WORDS)
        elif card.picks() or len(self.made) % 2:
            await self._press(card)
        else:
            await self._say(card.wanted())

    async def _say(self, words: str) -> None:
        room = Room(direct_of(self.id), person=self.id)
        leaf = {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
        blocks: list[Json] = [{"type": "rich_text", "block_id": "words", "elements": [leaf]}]
        message = Message(room.id, self.peer.stamp(), self.id, words, blocks)
        event = payloads.event_callback(payloads.said(message, room), self._moment())
        await self.send(Request(json.dumps(event), is_event=True))

    async def _press(self, card: Card) -> None:
        await self.send(Request(self._pressed(card, card.wanted(), self._moment())))

    async def _write(self, card: Card) -> None:
        moment = self._moment()
        view = await self.open(Request(self._pressed(card, card.writes, moment), trigger=moment.trigger))
        state = state_of(view, {"writing": WORDS})
        await self.send(Request(json.dumps(payloads.submitted(self._who(), view, state, self._moment()))))

    def _pressed(self, card: Card, id: str, moment: Moment) -> str:
        message = card.message
        it = payloads.pressed_in_message(self._who(), message, action_of(message, id), moment)
        it["state"] = {"values": state_of(message, card.picks())}
        return json.dumps(it)

    def _moment(self) -> Moment:
        number, stamp = next(self._numbers), self.peer.stamp()
        trigger = f"{number}.{self.id}"
        return Moment(time.time(), stamp, f"Ev{number}{self.id}", trigger, f"http://127.0.0.1/response/{trigger}")

    def _who(self) -> Somebody:
        return self.peer.somebody(self.id)
