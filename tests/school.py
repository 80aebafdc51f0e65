"""A school in a test: the real bot over a real SQLite file and the playground's door, with a clock that can be moved.

What happened is read from outside: from the door's own board (what stands on whose screen) and from the raw database
file. Nothing here asks the bot what it thinks it did.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.clock import PracticeClock
from adapters.seal import Keyring, new_key
from adapters.store import open_store
from adapters.trust_file import TrustFile
from adapters.web import Playground
from bot import composition
from bot.bot import Bot
from bot.message import Action, Button, Card, Destination, Field, Incoming, Person, Press

FRIDAY_MORNING = datetime(2026, 11, 20, 10, 40, tzinfo=UTC)
FRIDAY_EVENING = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)


class School:
    """Everybody's screens, and one way to do what a person does: say, press, pick, let time pass."""

    def __init__(self, folder: Path, at: datetime = FRIDAY_MORNING, trust: Path = composition.EXAMPLE) -> None:
        self.file = folder / "handrail.db"
        self.trust = TrustFile(trust)
        self.clock = PracticeClock()
        self.clock.set(at)
        self.key = new_key()
        self.store = open_store(f"sqlite:///{self.file}", Keyring.from_setting(self.key), create=True)
        self.page: Playground = composition.playground_of(self.trust.current(), self.clock)
        self.bot = Bot(composition.script(), self.trust, self.store, {"web": self.page}, self.clock)

    def reopen(self) -> None:
        """Let go of the books and open them anew, as the next process would."""
        self.store.close()
        self.store = open_store(f"sqlite:///{self.file}", Keyring.from_setting(self.key))

    # --- what people do ---

    async def says(self, text: str, who: str = "teacher", attachments: int = 0) -> None:
        await self.hears(self.incoming(who, text=text, attachments=attachments))

    async def presses(self, label: str, who: str = "teacher") -> Card | None:
        """Press the newest button with this label on that person's screen, or in a channel they are in."""
        return await self.hears(self.incoming(who, press=self.button(label, who).press))

    async def picks(self, picks: Mapping[str, Sequence[str]], who: str = "teacher", then: str = "Continue") -> None:
        """Fill in the newest card by the labels shown, and submit it: `picks` by a part of the question's text."""
        card = self.newest_card_with(then, who)
        answers = {f.step: tuple(_values(f, picks[part])) for f in card.fields for part in picks if part in f.ask}
        assert len(answers) == len(picks), f"not on the card: {picks}"
        press = next(b.press for b in card.buttons if b.label == then)
        await self.hears(self.incoming(who, press=replace(press, answers=answers)))

    async def hears(self, incoming: Incoming) -> Card | None:
        shown = await self.bot.hear(incoming)
        await self.settles()
        return shown

    async def passes(self, **delta: float) -> None:
        """Let time pass: whatever comes due in it fires, in order, and is delivered."""
        self.clock.advance(timedelta(**delta))
        await self.settles()

    async def settles(self) -> None:
        while await self.bot.watch() or await self.bot.deliver():
            pass

    def incoming(
        self, who: str, text: str = "", press: Press | None = None, attachments: int = 0, key: str = ""
    ) -> Incoming:
        names = {id: person.name for id, person in self.page.people.items()}
        person = Person("web", who)
        key = key or secrets.token_hex(8)
        return Incoming(person, key, self.clock.now(), text, press, attachments, sender_name=names.get(who, ""))

    # --- what stands on the screens ---

    def screen(self, who: str) -> list[Card]:
        """The cards on one person's screen, oldest first."""
        return self._cards(Destination("web", "person", who).key)  # type: ignore[arg-type]

    def channel(self, id: str = "dsl-north-channel") -> list[Card]:
        return self._cards(Destination("web", "channel", id).key)  # type: ignore[arg-type]

    def reads(self, who: str) -> str:
        """Everything a person can read on their screen now."""
        return "\n".join(text_of(card) for card in self.screen(who))

    def channel_reads(self, id: str = "dsl-north-channel") -> str:
        return "\n".join(text_of(card) for card in self.channel(id))

    def question(self, who: str = "teacher") -> Card:
        """The question card that stands."""
        return next(card for card in reversed(self.screen(who)) if card.footer)

    def button(self, label: str, who: str = "teacher") -> Button:
        return next(b for b in self.newest_card_with(label, who).buttons + self._footer(label, who) if b.label == label)

    def newest_card_with(self, label: str, who: str) -> Card:
        places = [who, *(id for id, channel in self.page.channels.items() if who in channel.members)]
        cards = [card for shown in self.page.board.all() if (card := shown.card) and _is_in(shown.place, places)]
        for card in reversed(cards):
            if any(button.label == label for button in (*card.buttons, *card.footer)):
                return card
        raise AssertionError(f"no button {label!r} for {who}; there are {[b.label for c in cards for b in c.buttons]}")

    def ref(self) -> str:
        """The reference on the receipt of the teacher."""
        return next(
            card.title.split(": ")[1] for card in self.screen("teacher") if card.title.startswith("Your report")
        )

    def places(self) -> set[str]:
        """Everywhere that anything stands, but for the teacher's own screen."""
        return {shown.place for shown in self.page.board.all() if shown.card} - {"web:person:teacher"}

    def _footer(self, label: str, who: str) -> tuple[Button, ...]:
        return self.newest_card_with(label, who).footer

    def _cards(self, place: str) -> list[Card]:
        return [shown.card for shown in self.page.board.all() if shown.place == place and shown.card]

    # --- the raw database ---

    def raw(self) -> bytes:
        """Every byte of the database's files as they lie on the disk."""
        return b"".join(path.read_bytes() for path in sorted(self.file.parent.glob("handrail.db*")))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as connection:
            return list(connection.execute(sql))

    # --- shorthand for the common way ---

    async def tells_the_essentials(self, staff: str = "No, nothing points to one", danger: str = "no") -> None:
        """From the first message to the handoff, as a teacher would."""
        await self.says("A girl in my form has just told me a picture of her is going round")
        await self.says(danger)
        await self.picks({"Which academy": ["Example Academy North"], "point to an adult": [staff]})
        await self.says("Jade Example, year 9")
        await self.presses("The child in the picture told me")
        await self.says("He said he would show everyone")
        await self.presses("13, 14 or 15")
        await self.presses("No, only under-18s")
        await self.presses("No, nothing like that was said")


@contextmanager
def school(folder: Path, at: datetime = FRIDAY_MORNING, trust: Path = composition.EXAMPLE) -> Iterator[School]:
    it = School(folder, at, trust)
    try:
        yield it
    finally:
        it.store.close()


def text_of(card: Card) -> str:
    """All that can be read on a card, its labels included."""
    lines = [card.notification, card.title]
    for passage in card.passages:
        lines += [passage.heading, *passage.lines]
    for field in card.fields:
        lines += [field.ask, field.help, *(option.label for option in field.options)]
    lines += [button.label for button in (*card.buttons, *card.footer)]
    return "\n".join(filter(None, lines))


def _values(field: Field, labels: Sequence[str]) -> Iterator[str]:
    for label in labels:
        yield next(option.value for option in field.options if option.label == label)


def _is_in(place: str, names: Sequence[str]) -> bool:
    return place.split(":", 2)[2] in names


__all__ = ["FRIDAY_EVENING", "FRIDAY_MORNING", "Action", "School", "school", "text_of"]
