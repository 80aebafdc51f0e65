"""What Slack never delivered is found in the direct messages, once, however it was lost (F3, P6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from adapters.slack.api import Home, find_home, open_api
from adapters.slack.projection import project, read_event
from adapters.slack.sweep import MARK, Sweep, Tempo
from bot.errors import SendFailed, StoreUnavailable
from bot.message import Incoming
from tests.slack.fake import BOT, FakeSlack, Somebody

PEOPLE = [Somebody(f"U0TEACH{number:03}", f"Teacher {number}") for number in range(12)]
JADE, SAM = PEOPLE[0].id, PEOPLE[1].id


class Hurried:
    """A clock of the real time whose pauses take none, and are remembered. `paused` is told of each."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.ahead = timedelta()
        self.paused: asyncio.Queue[float] = asyncio.Queue()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.paused.put_nowait(seconds)
        await asyncio.sleep(0)

    async def rested(self, times: int) -> None:
        """Wait until so many more sweeps have ended, well or not."""
        async with asyncio.timeout(10):
            while times:
                times -= await self.paused.get() == Tempo().every


class Kept:
    """Marks in memory."""

    def __init__(self) -> None:
        self.marks: dict[str, datetime] = {}

    async def read(self, name: str) -> datetime | None:
        return self.marks.get(name)

    async def write(self, name: str, at: datetime) -> None:
        self.marks[name] = at


class Inbox:
    """Hears everything by its key, once, and takes events over HTTP as the bot would. `down`: it can keep nothing."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self.offered = 0
        self.down = False
        self.home = Home("", "")

    async def hear(self, incoming: Incoming) -> None:
        self.offered += 1
        if self.down:
            raise StoreUnavailable("the books are shut")
        if incoming.key not in {each.key for each in self.heard}:
            self.heard.append(incoming)

    def texts(self) -> list[str]:
        return [incoming.text for incoming in self.heard]

    async def events(self, request: web.Request) -> web.Response:
        incoming = read_event(project(await request.json()), self.home)
        if incoming:
            await self.hear(incoming)
        return web.Response()


class Place:
    def __init__(self, slack: FakeSlack, sweep: Sweep, inbox: Inbox) -> None:
        self.slack, self.sweep, self.inbox = slack, sweep, inbox
        self.marks, self.clock = Kept(), Hurried()


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """A Slack that delivers to an inbox, and a sweep that gives what it finds to the same inbox."""
    inbox, marks, clock = Inbox(), Kept(), Hurried()
    mount: Callable[[web.Application], object] = lambda app: app.router.add_post("/slack/events", inbox.events)  # noqa: E731
    slack = FakeSlack(PEOPLE)
    await slack.open(0, mount)
    slack.set_up(bot_token="xoxb-example", url=f"{slack.address}/slack/events")
    try:
        async with open_api("xoxb-example", slack.api_url) as api:
            inbox.home = await find_home(api)
            sweep = Sweep(api, inbox.home, inbox.hear, marks, clock)
            here = Place(slack, sweep, inbox)
            here.marks, here.clock = marks, clock
            yield here
    finally:
        await slack.close()


async def test_a_message_that_slack_never_delivered_is_found_once() -> None:
    async with place() as here:
        here.slack.fault("lose_events", "message", times=0)
        await here.slack.says(JADE, "somebody showed me a picture")
        assert here.inbox.heard == []
        await here.sweep.once()
        await here.sweep.once()
        assert here.inbox.texts() == ["somebody showed me a picture"]
        assert here.inbox.offered == 2


async def test_it_is_found_exactly_as_it_would_have_been_heard() -> None:
    async with place() as here:
        await here.slack.says(JADE, "a <word> & a *star*", files=2)
        heard = here.inbox.heard.pop()
        await here.sweep.once()
        assert here.inbox.heard == [heard]
        assert (heard.text, heard.attachments) == ("a <word> & a *star*", 2)


async def test_a_message_dropped_while_a_later_one_came_is_found() -> None:
    async with place() as here:
        here.slack.fault("lose_events", "message", times=1)
        await here.slack.says(JADE, "first")
        await here.slack.says(JADE, "second")
        assert here.inbox.texts() == ["second"]
        await here.sweep.once()
        assert here.inbox.texts() == ["second", "first"]


async def test_thirty_in_a_hundred_dropped_at_random_are_all_recovered_in_the_order_they_were_said() -> None:
    async with place() as here:
        here.slack.set_up(page=3)
        here.slack.fault("lose_events", "message", times=0, chance=0.3)
        for number in range(120):
            await here.slack.says(PEOPLE[number % len(PEOPLE)].id, f"message {number}")
        came = len(here.inbox.heard)
        assert 50 < came < 110
        await here.sweep.once()
        assert sorted(here.inbox.texts()) == sorted(f"message {number}" for number in range(120))
        found = here.inbox.heard[came:]
        for person in PEOPLE:
            times = [each.at for each in found if each.sender.id == person.id]
            assert times == sorted(times)


async def test_without_a_sweep_they_would_be_lost() -> None:
    async with place() as here:
        here.slack.fault("lose_events", "message", times=0, chance=0.3)
        for number in range(60):
            await here.slack.says(JADE, f"message {number}")
        assert len(here.inbox.heard) < 60


async def test_what_the_bot_said_is_not_heard() -> None:
    async with place() as here:
        await here.sweep._api.call("chat.postMessage", channel=JADE, text="ours")
        assert here.slack.screen(JADE)[-1].author == BOT
        await here.sweep.once()
        assert here.inbox.offered == 0


async def test_the_first_sweep_goes_back_an_hour_and_later_ones_to_ten_minutes_before_the_last() -> None:
    async with place() as here:
        here.slack.fault("lose_events", "message", times=0)
        await here.slack.says(JADE, "now")
        here.clock.ahead = timedelta(hours=2)
        assert await here.sweep.once() == 0
        here.clock.ahead, here.marks.marks = timedelta(minutes=59), {}
        assert await here.sweep.once() == 1
        here.clock.ahead, here.marks.marks[MARK] = timedelta(), datetime.now(UTC) + timedelta(minutes=9)
        assert await here.sweep.once() == 1
        here.marks.marks[MARK] = datetime.now(UTC) + timedelta(minutes=11)
        assert await here.sweep.once() == 0


# --- when a sweep fails ---


async def test_a_sweep_whose_words_could_not_be_kept_is_made_again_from_the_same_mark() -> None:
    async with place() as here:
        here.slack.fault("lose_events", "message", times=0)
        await here.slack.says(JADE, "words")
        here.inbox.down = True
        with pytest.raises(StoreUnavailable):
            await here.sweep.once()
        assert here.marks.marks == {}
        assert here.sweep.last_good is None
        here.inbox.down = False
        await here.sweep.once()
        assert here.inbox.texts() == ["words"]
        assert here.marks.marks[MARK] == here.sweep.last_good


@pytest.mark.parametrize("method", ["conversations.list", "conversations.history"])
async def test_a_fault_that_passes_is_waited_out(method: str) -> None:
    async with place() as here:
        await here.slack.says(JADE, "words")
        here.slack.fault("status", method, status=503)
        here.slack.fault("drop_before", method)
        assert await here.sweep.once() == 1


async def test_a_fault_that_stays_fails_the_sweep_and_moves_no_mark() -> None:
    async with place() as here:
        await here.slack.says(JADE, "words")
        await here.slack.says(SAM, "words")
        here.slack.fault("status", "conversations.history", times=0, status=429, retry_after="20")
        with pytest.raises(SendFailed):
            await here.sweep.once()
        assert here.marks.marks == {}
        assert any(pause == pytest.approx(20, abs=1) for pause in here.clock.pauses)
        assert len(here.slack.calls("conversations.history")) == 1


async def test_one_conversation_that_slack_does_not_show_keeps_no_other_from_being_swept() -> None:
    async with place() as here:
        await here.slack.says(JADE, "hidden")
        await here.slack.says(SAM, "shown")
        here.inbox.heard.clear()
        channel = here.slack.world.direct(JADE).id
        here.slack.fault("error", "conversations.history", channel=channel, times=0, error="channel_not_found")
        await here.sweep.once()
        assert here.inbox.texts() == ["shown"]


async def test_it_goes_on_for_ever_whatever_fails() -> None:
    async with place() as here:
        here.slack.fault("lose_events", "message", times=0)
        await here.slack.says(JADE, "words")
        here.inbox.down = True
        task = asyncio.create_task(here.sweep.run())
        await here.clock.rested(3)
        assert here.marks.marks == {}
        here.slack.fault("error", "conversations.list", times=9, error="internal_error")
        await here.clock.rested(3)
        here.inbox.down = False
        await here.clock.rested(3)
        assert here.inbox.texts() == ["words"]
        assert here.sweep.last_good
        assert not task.done()
        task.cancel()


# --- its pace and order ---


async def test_it_makes_no_more_calls_than_its_pace_allows() -> None:
    async with place() as here:
        for person in PEOPLE:
            await here.slack.says(person.id, "words")
        here.slack.set_up(page=5)
        here.sweep.tempo = Tempo(calls_a_minute=30.0)
        before = len(here.slack.calls())
        await here.sweep.once()
        assert here.clock.pauses == [2.0] * (len(here.slack.calls()) - before)


async def test_who_spoke_last_is_looked_at_first() -> None:
    async with place() as here:
        for person in PEOPLE:
            await here.slack.says(person.id, "words")
        await here.sweep.once()
        await here.slack.says(PEOPLE[7].id, "more")
        await here.sweep.once()
        first = len(here.slack.calls("conversations.history"))
        await here.sweep.once()
        asked = [call.arguments["channel"] for call in here.slack.calls("conversations.history")[first:]]
        assert asked[0] == here.slack.world.direct(PEOPLE[7].id).id
        assert len(asked) == len(PEOPLE)
