"""The same school behind every door: a teacher, the leads of an academy, and what each of them can see.

A promise that a door makes is tested on all of them with the same words (`tests/test_every_door.py`).
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from adapters.clock import PracticeClock
from adapters.console import Console
from bot import composition
from bot.bot import Bot
from bot.message import Destination, Reach
from bot.ports import Door
from tests import slack_school as slack
from tests import teams_school as teams
from tests.school import School, school, text_of
from tests.slack.fake import text_of as text_in_slack
from tests.slack.reading import labels_of as labels_in_slack
from tests.teams.reading import labels_of as labels_in_teams


class Town(Protocol):
    """What people do and see, whatever stands between them and the bot. `door` is that door."""

    @property
    def door(self) -> Door: ...
    @property
    def teacher(self) -> Destination: ...
    @property
    def channel(self) -> Destination: ...

    async def says(self, text: str) -> None: ...
    async def offers_a_file(self, text: str) -> None: ...
    async def presses(self, label: str) -> None: ...
    async def places(self, staff: str) -> None: ...
    async def opens(self) -> str: ...
    async def acknowledges(self) -> str: ...
    async def passes(self, minutes: float) -> None: ...
    def reads(self) -> str: ...
    def leads_read(self) -> str: ...
    def labels(self) -> Sequence[str]: ...
    def raw(self) -> bytes: ...


async def tells_the_essentials(town: Town, staff: str = "No, nothing points to one", danger: str = "no") -> None:
    """From the first message to the handoff, as a teacher would."""
    await town.says("A girl in my form has just told me a picture of her is going round")
    await town.says(danger)
    await town.places(staff)
    await town.says("Jade Example, year 9")
    await town.presses("The child in the picture told me")
    await town.says("He said he would show everyone")
    await town.presses("13, 14 or 15")
    await town.presses("No, only under-18s")
    await town.presses("No, nothing like that was said")


# --- on the playground's page ---


class WebTown:
    """`handrail demo`: the page's door, without the page."""

    def __init__(self, here: School) -> None:
        self._here, self.door = here, here.page
        self.teacher = Destination("web", Reach.PERSON, "teacher")
        self.channel = Destination("web", Reach.CHANNEL, "dsl-north-channel")

    async def says(self, text: str) -> None:
        await self._here.says(text)

    async def offers_a_file(self, text: str) -> None:
        await self._here.says(text, attachments=1)

    async def presses(self, label: str) -> None:
        await self._here.presses(label)

    async def places(self, staff: str) -> None:
        await self._here.picks({"Which academy": ["Example Academy North"], "point to an adult": [staff]})

    async def opens(self) -> str:
        return await self._lead("Open case")

    async def acknowledges(self) -> str:
        return await self._lead("Acknowledge")

    async def _lead(self, label: str) -> str:
        button = next(b for b in reversed(self._here.channel()[-1].buttons) if b.label == label)
        shown = await self._here.hears(self._here.incoming("dsl-north", press=button.press))
        return text_of(shown) if shown else ""

    async def passes(self, minutes: float) -> None:
        await self._here.passes(minutes=minutes)

    def reads(self) -> str:
        return self._here.reads("teacher")

    def leads_read(self) -> str:
        return self._here.channel_reads()

    def labels(self) -> list[str]:
        card = self._here.question()
        return [button.label for button in (*card.buttons, *card.footer)]

    def raw(self) -> bytes:
        return self._here.raw()


# --- in a terminal ---


class ConsoleTown:
    """`handrail chat`: every act is a line that is typed, and all that is known stands on the terminal."""

    def __init__(self, here: School, console: Console, bot: Bot) -> None:
        self._here, self.door, self._bot = here, console, bot
        self._out = console._screen.file = io.StringIO()
        self.teacher = Destination("web", Reach.PERSON, "teacher")
        self.channel = Destination("web", Reach.CHANNEL, "dsl-north-channel")

    async def _type(self, line: str) -> str:
        before = len(self._out.getvalue())
        await self.door._take(line)
        while await self._bot.watch() or await self._bot.deliver():
            pass
        return self._out.getvalue()[before:]

    async def _pick(self, *labels: str) -> str:
        return await self._type(" ".join(f"/{self._number(label)}" for label in labels))

    def _number(self, label: str) -> str:
        found: list[str] = re.findall(rf"\[(\d+)\] {re.escape(label)}(?:\n|  |$)", self._out.getvalue())
        return found[-1]

    async def says(self, text: str) -> None:
        await self._type(text)

    async def offers_a_file(self, text: str) -> None:
        await self._type(text)
        await self._type("/picture")

    async def presses(self, label: str) -> None:
        await self._pick(label)

    async def places(self, staff: str) -> None:
        await self._pick("Example Academy North", staff, "Continue")

    async def opens(self) -> str:
        return await self._lead("Open case")

    async def acknowledges(self) -> str:
        return await self._lead("Acknowledge")

    async def _lead(self, label: str) -> str:
        await self._type("/as dsl-north")
        said = await self._pick(label)
        await self._type("/as teacher")
        return said

    async def passes(self, minutes: float) -> None:
        await self._type(f"/clock +{minutes:g}")

    def reads(self) -> str:
        return self._stands(self.teacher)

    def leads_read(self) -> str:
        return self._stands(self.channel)

    def _stands(self, place: Destination) -> str:
        shown = [each.card for each in self.door.board.all() if each.place == place.key and each.card]
        return "\n".join(map(text_of, shown))

    def labels(self) -> list[str]:
        page = self._out.getvalue().rpartition("== ")[2]
        return re.findall(r"\[\d+\] (.+?)(?=  \[|\n|$)", page)

    def raw(self) -> bytes:
        return self._here.raw()


# --- in Slack ---


class SlackTown:
    def __init__(self, here: slack.SlackSchool) -> None:
        self._here, self.door = here, here.workspace.door
        self.teacher = Destination("slack", Reach.PERSON, slack.TEACHER)
        self.channel = Destination("slack", Reach.CHANNEL, slack.NORTH)

    async def says(self, text: str) -> None:
        await self._here.says(text)

    async def offers_a_file(self, text: str) -> None:
        await self._here.says(text, files=1)

    async def presses(self, label: str) -> None:
        await self._here.presses(label)

    async def places(self, staff: str) -> None:
        await self._here.submits_place(staff)

    async def opens(self) -> str:
        await self._here.presses_in_channel("Open case", slack.slack_id("dsl-north"))
        return self._here.view(slack.slack_id("dsl-north"))

    async def acknowledges(self) -> str:
        await self._here.presses_in_channel("Acknowledge", slack.slack_id("dsl-north"))
        return text_in_slack(self._here.slack.ephemerals(slack.slack_id("dsl-north"))[-1])

    async def passes(self, minutes: float) -> None:
        await self._here.passes(minutes=minutes)

    def reads(self) -> str:
        return self._here.reads(slack.TEACHER)

    def leads_read(self) -> str:
        return self._here.channel_reads()

    def labels(self) -> list[str]:
        asked = [m for m in self._here.slack.from_bot(slack.TEACHER) if "Stop" in labels_in_slack(m)]
        return list(labels_in_slack(asked[-1]))

    def raw(self) -> bytes:
        return self._here.raw()


# --- in Teams ---


class TeamsTown:
    def __init__(self, here: teams.TeamsSchool) -> None:
        self._here, self.door = here, here.tenant.door
        self.teacher = Destination("teams", Reach.PERSON, teams.TEACHER)
        self.channel = Destination("teams", Reach.CHANNEL, teams.NORTH)
        self._dsl = teams.entra_id("dsl-north")

    async def says(self, text: str) -> None:
        await self._here.says(text)

    async def offers_a_file(self, text: str) -> None:
        await self._here.teams.attach(teams.TEACHER, "file", text)
        await self._here.settles()

    async def presses(self, label: str) -> None:
        await self._here.presses(label)

    async def places(self, staff: str) -> None:
        await self._here.submits_place(staff)

    async def opens(self) -> str:
        await self._here.presses_on(teams.NORTH, "Open case", self._dsl)
        return self._here.dialog(self._dsl)

    async def acknowledges(self) -> str:
        return (await self._here.presses_on(teams.NORTH, "Acknowledge", self._dsl)).said

    async def passes(self, minutes: float) -> None:
        await self._here.passes(minutes=minutes)

    def reads(self) -> str:
        return self._here.reads(teams.TEACHER)

    def leads_read(self) -> str:
        return self._here.channel_reads()

    def labels(self) -> list[str]:
        return list(labels_in_teams(self._here.question()))

    def raw(self) -> bytes:
        return self._here.raw()


# --- all of them ---


@asynccontextmanager
async def _on_the_page(folder: Path) -> AsyncIterator[Town]:
    with school(folder) as here:
        yield WebTown(here)


@asynccontextmanager
async def _in_a_terminal(folder: Path) -> AsyncIterator[Town]:
    with school(folder) as here:
        clock: PracticeClock = here.clock
        console = composition.console_of(here.trust.current(), clock)
        bot = Bot(composition.script(), here.trust, here.store, {console.name: console}, clock)
        console._hear = bot.hear
        yield ConsoleTown(here, console, bot)


@asynccontextmanager
async def _in_slack(folder: Path) -> AsyncIterator[Town]:
    async with slack.slack_school(folder) as here:
        yield SlackTown(here)


@asynccontextmanager
async def _in_teams(folder: Path) -> AsyncIterator[Town]:
    async with teams.teams_school(folder) as here:
        yield TeamsTown(here)


DOORS: dict[str, Callable[[Path], AbstractAsyncContextManager[Town]]] = {
    "web": _on_the_page,
    "console": _in_a_terminal,
    "slack": _in_slack,
    "teams": _in_teams,
}
