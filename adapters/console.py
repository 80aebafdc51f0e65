"""The practice platform in a terminal: cards as plain text, choices by number, one person at a time.

The same people, places and ids as the page of `adapters.web`, so what is typed here meets the same bot. Typed text
never becomes a press unless it is a number that this terminal itself gave out. Control characters in what somebody
wrote must never reach the terminal as such.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from io import FileIO
from typing import BinaryIO, TextIO

from pydantic import ValidationError
from rich.console import Console as Screen

from adapters.choices import Choice, Choices, Line, literal, page_lines
from adapters.clock import PracticeClock
from adapters.web import TEACHER, ChannelView, PersonView, Playground
from adapters.web.asked import ClockAsked, bring_to
from bot.message import Action, Card, Destination, Incoming, Person, Press, Reach

Hear = Callable[[Incoming], Awaitable[Card | None]]

NUMBERS = re.compile(r"(?:(?:/\d{1,6}|\[\d{1,6}\])\s*)+")
QUIET_SECONDS = 0.3
NOT_KEPT = "This was not saved. Try again. If a child may be in danger, ring 999 now."
FORM = "Write it in one line. To leave it: /cancel"
HELP = (
    "Practice: nothing here leaves this computer.",
    "Write to Handrail, or pick a choice by its number: /2 (several: /2 /5).",
    "/as NAME  be somebody else     /people  who there is     /contacts  numbers to ring",
    "/clock 2026-12-25T02:00, /clock +10, /clock now     /picture  pretend to attach one     /quit",
)


class Console(Playground):
    """The practice door with a terminal on it. `run` reads lines until /quit or the end of input."""

    def __init__(self, people: Sequence[PersonView], channels: Sequence[ChannelView], clock: PracticeClock) -> None:
        super().__init__(people, channels, clock)
        self._me = TEACHER.id
        self._choices = Choices()
        self._screen = Screen(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._printed = asyncio.Event()
        self._form: Press | None = None
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "as": self._become,
            "people": self._list_people,
            "contacts": self._ask_contacts,
            "clock": self._set_clock,
            "picture": self._pretend_picture,
            "cancel": self._leave_form,
            "help": self._help,
        }

    async def run(self, hear: Hear, keys: BinaryIO | None = None, out: TextIO | None = None) -> None:
        """Talk through `keys` and `out`, the terminal's own by default."""
        self._hear = hear
        self._screen.file = out or sys.stdout
        keys = keys or _raw_stdin()
        lines = _read_lines(keys)
        await self._help("")
        while (line := await self._next(lines, keys.isatty())) is not None and line.strip() != "/quit":
            await self._take(line)

    async def post(self, destination: Destination, card: Card, token: str = "") -> str:
        id = await super().post(destination, card, token)
        self._announce(destination, id, card)
        return id

    async def update(self, destination: Destination, message_id: str, card: Card) -> None:
        await super().update(destination, message_id, card)
        self._choices.forget(message_id)
        self._announce(destination, message_id, card)

    async def _next(self, lines: asyncio.Queue[str | None], typing: bool) -> str | None:
        if typing:
            self._screen.print(f"{self.people[self._me].name}> ", end="")
        else:  # read from a pipe, the next line would outrun the answer to the last one
            await self._quiet()
        return await lines.get()

    async def _quiet(self) -> None:
        with suppress(TimeoutError):
            while True:
                self._printed.clear()
                await asyncio.wait_for(self._printed.wait(), QUIET_SECONDS)

    async def _take(self, line: str) -> None:
        typed = line.strip()
        if not typed:
            return
        if NUMBERS.fullmatch(typed):
            await self._pick(int(number) for number in re.findall(r"\d+", typed))
        elif typed.startswith("/"):
            name, _, rest = typed[1:].partition(" ")
            await self._commands.get(name, self._help)(rest.strip())
        else:
            press, self._form = self._form, None
            await self._act(text=line, press=press)

    async def _pick(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            choice = self._choices.get(number)
            if choice is None:
                self._print([Line(f"There is no choice {number} now.")])
            elif press := self._choices.take(choice):
                await self._press(choice, press)
            else:
                self._print([Line(f"Picked: {choice.label}")])

    async def _press(self, choice: Choice, press: Press) -> None:
        """Press it, or first ask for the words that it opens a form for: the next line that is no command."""
        self._form = None
        if choice.button and (form := choice.button.writes):
            self._form = press
            self._print([Line(form.title, "bold"), Line(form.ask), Line(FORM)])
        else:
            await self._act(press=press)

    async def _leave_form(self, _: str) -> None:
        self._print([Line("Nothing was written." if self._form else "There is nothing to leave.")])
        self._form = None

    async def _act(self, text: str = "", press: Press | None = None, attachments: int = 0) -> None:
        key, me = secrets.token_hex(8), Person(self.name, self._me)
        try:
            name = self.people[me.id].name
            view = await self._hear(Incoming(me, key, self.clock.now(), text, press, attachments, None, name))
        except Exception:  # the very edge: whatever failed, the person is told what to do
            self._print([Line(NOT_KEPT, "bold red")])
            return
        if view:
            self._show("Only you see this", f"view-{key}", view)

    def _announce(self, destination: Destination, id: str, card: Card) -> None:
        where = self._name(destination)
        if self._sees(destination):
            self._show(where, id, card)
        else:
            reader = destination.id if destination.reach is Reach.PERSON else self._first_member(destination.id)
            self._print([Line(f"-- New for {where}. To see it: /as {reader}", "dim")])

    def _show(self, where: str, id: str, card: Card) -> None:
        settled = (shown := self.board.get(id)) is not None and shown.settled
        numbered = self._choices.offer(id, card)
        self._print(page_lines(where, card, numbered, settled))

    def _print(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._screen.print(literal(line.text), style=line.style)
        self._screen.file.flush()
        self._printed.set()

    def _sees(self, destination: Destination) -> bool:
        if destination.reach is Reach.PERSON:
            return destination.id == self._me
        return self._me in self.channels[destination.id].members

    def _name(self, destination: Destination) -> str:
        if destination.reach is Reach.CHANNEL:
            return f"channel {self.channels[destination.id].view.name}"
        return self._title(destination.id)

    def _title(self, id: str) -> str:
        person = self.people[id]
        return f"{person.name}, {person.role}"

    def _first_member(self, channel: str) -> str:
        return next(iter(self.channels[channel].members), self._me)

    async def _become(self, id: str) -> None:
        if id not in self.people:
            await self._list_people("")
            return
        self._me, self._form = id, None
        self._print([Line(f"You are {self._title(id)}.", "bold")])
        for shown in self.board.all():
            place = _destination(shown.place)
            if shown.card and self._sees(place) and not shown.settled:
                self._choices.forget(shown.id)
                self._show(self._name(place), shown.id, shown.card)

    async def _list_people(self, _: str) -> None:
        self._print(Line(f"/as {id}  {self._title(id)}") for id in self.people)

    async def _ask_contacts(self, _: str) -> None:
        press = self._choices.last_of(Action.CONTACTS)
        await self._act(press=press) if press else await self._act(text="contacts")

    async def _set_clock(self, wanted: str) -> None:
        try:
            bring_to(self.clock, _clock_asked(wanted))
        except (ValidationError, ValueError):
            self._print([Line("Write the time in London, like /clock 2026-12-25T02:00, or /clock +10, or /clock now.")])
            return
        self._print([Line(f"The clock says {self.clock.now():%Y-%m-%d %H:%M} UTC.")])

    async def _pretend_picture(self, _: str) -> None:
        await self._act(attachments=1)

    async def _help(self, _: str) -> None:
        self._print([Line(line) for line in HELP])


def _clock_asked(wanted: str) -> ClockAsked:
    if wanted == "now":
        return ClockAsked(now=True)
    if wanted.startswith("+"):
        return ClockAsked.model_validate({"advance_minutes": wanted[1:]})
    return ClockAsked.model_validate({"at": wanted})


def _destination(place: str) -> Destination:
    door, reach, id = place.split(":", 2)
    return Destination(door, Reach(reach), id)


def _raw_stdin() -> BinaryIO:
    """Standard input without a buffer: a thread that waits inside one makes the interpreter abort at exit."""
    return FileIO(sys.stdin.fileno(), closefd=False)


def _read_lines(keys: BinaryIO) -> asyncio.Queue[str | None]:
    """Lines as they are typed, None at the end. The thread is a daemon: a read that waits must not hold the exit."""
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str | None]()

    def read() -> None:
        for raw in iter(keys.readline, b""):
            _tell(loop, lines, raw.decode("utf-8", "surrogateescape").rstrip("\r\n"))
        _tell(loop, lines, None)

    threading.Thread(target=read, daemon=True, name="console-lines").start()
    return lines


def _tell(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None], line: str | None) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(lines.put_nowait, line)
