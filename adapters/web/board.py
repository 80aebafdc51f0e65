"""What stands in every place of the practice platform, and what has happened there since. Kept in memory alone."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from adapters.web.render import Json, card_json
from bot.message import Card

REMEMBERED = 2000
BEAT_SECONDS = 15.0


def waits(card: Card) -> bool:
    """Whether the card waits for an answer."""
    return bool(card.fields or card.buttons or card.typed)


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing in one place (a destination's key): a card of ours, or what a person of the page said.

    `asked` stays true of a message whose card once waited for an answer: it collapses when a later card waits no more.
    """

    id: str
    place: str
    at: datetime
    card: Card | None = None
    by: str = ""
    said: str = ""
    attachments: int = 0
    edited_at: datetime | None = None
    asked: bool = False

    @property
    def settled(self) -> bool:
        return self.asked and self.card is not None and not waits(self.card)

    def json(self) -> Json:
        return {
            "id": self.id,
            "place": self.place,
            "at": self.at.isoformat(),
            "card": card_json(self.card) if self.card else None,
            "by": self.by,
            "said": self.said,
            "attachments": self.attachments,
            "settled": self.settled,
            "edited_at": self.edited_at.isoformat() if self.edited_at else None,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something the page has to follow. `id` is empty for a beat, which only keeps the line open."""

    id: str
    kind: str
    data: Json


BEAT = Event("", "beat", {})


class Board:
    """Entries by id in the order they came, and a numbered log of changes from which a page catches up."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._serial = 0
        self._shown: dict[str, Shown] = {}
        self._log: deque[tuple[int, Event]] = deque(maxlen=REMEMBERED)
        self._news = asyncio.Event()
        self._closed = False

    @property
    def cursor(self) -> str:
        return f"{self._epoch}.{self._serial}"

    def new_id(self) -> str:
        return f"m-{secrets.token_hex(8)}"

    def all(self) -> Sequence[Shown]:
        return tuple(self._shown.values())

    def get(self, id: str) -> Shown | None:
        return self._shown.get(id)

    def show(self, shown: Shown) -> None:
        """Add it, or put it where the one with its id stands."""
        self._shown[shown.id] = shown
        self.tell("shown", shown.json())

    def take_away(self, id: str) -> None:
        if self._shown.pop(id, None):
            self.tell("gone", {"id": id})

    def tell(self, kind: str, data: Json) -> None:
        self._serial += 1
        self._log.append((self._serial, Event(self.cursor, kind, data)))
        self._wake()

    def close(self) -> None:
        """End every `follow`."""
        self._closed = True
        self._wake()

    async def follow(self, cursor: str) -> AsyncIterator[Event]:
        """Every change after `cursor`, each once and in order; a single `reset` when they can no longer be told."""
        seen = self._number(cursor)
        if seen is None:
            yield Event(self.cursor, "reset", {})
            seen = self._serial
        while not self._closed:
            news = self._news
            for number, event in [entry for entry in self._log if entry[0] > seen]:
                seen = number
                yield event
            if news is self._news and not await _within(news, BEAT_SECONDS):
                yield BEAT

    def _number(self, cursor: str) -> int | None:
        epoch, _, digits = cursor.partition(".")
        if epoch != self._epoch or not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            return None
        oldest = self._log[0][0] if self._log else self._serial + 1
        return int(digits) if oldest - 1 <= int(digits) <= self._serial else None

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        return await asyncio.wait_for(event.wait(), seconds)
    return False
