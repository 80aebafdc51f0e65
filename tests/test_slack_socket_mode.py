"""Slack over Socket Mode, against a Slack that drops, goes silent and refuses: the line comes back by itself, and an
envelope is acknowledged only after it is kept (I1, F2).
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.bolt import build_app
from adapters.slack.socket_mode import SocketMode
from bot.errors import StoreUnavailable
from tests.slack.fake import FakeSlack
from tests.slack.payloads import THUMB_TINY
from tests.slack.wire import APP_TOKEN, BOT_TOKEN
from tests.slack.world import Room, Somebody
from tests.slack_reception import JADE, Desk

PATIENT_SECONDS = 60.0


@dataclass
class Line:
    slack: FakeSlack
    desk: Desk
    socket: SocketMode
    serving: asyncio.Task[None]

    async def until(self, true: Callable[[], bool]) -> None:
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < PATIENT_SECONDS
            await asyncio.sleep(0.005)

    async def back(self, greeted: int) -> None:
        """Until Slack has greeted so many sockets, and we know that one of them stands."""
        await self.until(lambda: self.slack.sockets.greeted >= greeted and bool(self.slack.sockets.open))
        await self.until(lambda: self.socket.is_connected)


@asynccontextmanager
async def opened(slack: FakeSlack) -> AsyncIterator[Line]:
    desk = Desk()
    app = build_app(desk.reception, AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[]))
    socket = SocketMode(app, APP_TOKEN, desk.clock)
    socket.ping_seconds, socket.rebuild_seconds = 0.1, 1.0
    line = Line(slack, desk, socket, asyncio.create_task(socket.run()))
    try:
        yield line
    finally:
        await socket.close()
        await asyncio.wait_for(line.serving, PATIENT_SECONDS)


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack([Somebody(JADE, "Jade Example")], [Room("G0EXAMPLE1", "dsl-north")]) as it:
        yield it


@pytest_asyncio.fixture
async def line(slack: FakeSlack) -> AsyncIterator[Line]:
    async with opened(slack) as it:
        await it.back(1)
        yield it


async def test_what_is_said_is_heard_and_acknowledged_after_it_is_kept(line: Line) -> None:
    line.desk.bot.gate = asyncio.Event()
    saying = asyncio.create_task(line.slack.says(JADE, "a & b"))
    await asyncio.wait_for(line.desk.bot.begun.wait(), PATIENT_SECONDS)
    done, _ = await asyncio.wait({saying}, timeout=0.1)
    assert not done
    line.desk.bot.gate.set()
    assert (await saying).taken
    assert [incoming.text for incoming in line.desk.bot.heard] == ["a & b"]


async def test_what_could_not_be_kept_is_not_acknowledged_and_comes_again(line: Line) -> None:
    line.slack.set_up(patience=0.2)
    line.desk.bot.fault = StoreUnavailable("the books")
    assert not (await line.slack.says(JADE, "hello")).taken
    line.desk.bot.fault = None
    await line.slack.settled()
    assert {incoming.text for incoming in line.desk.bot.heard} == {"hello"}


async def test_a_slow_one_holds_up_no_other(line: Line) -> None:
    gate = line.desk.bot.gate = asyncio.Event()
    slow = asyncio.create_task(line.slack.says(JADE, "slow"))
    await asyncio.wait_for(line.desk.bot.begun.wait(), PATIENT_SECONDS)
    assert (await line.slack.command(JADE, "/oncall")).taken
    assert not slow.done()
    gate.set()
    assert (await slow).taken


async def test_of_a_picture_nothing_stays_in_memory_while_it_is_heard(line: Line) -> None:
    line.desk.bot.gate = asyncio.Event()
    saying = asyncio.create_task(line.slack.says(JADE, "hello", files=1))
    await asyncio.wait_for(line.desk.bot.begun.wait(), PATIENT_SECONDS)
    client = next(it for it in gc.get_objects() if type(it).__name__ == "_Client" and not it.closed)
    frames = [task.get_stack() for task in client._turns]
    held = [repr(frame.f_locals) for stack in frames for frame in stack]
    assert held
    assert not [text for text in held if THUMB_TINY in text]
    line.desk.bot.gate.set()
    await saying
    assert line.desk.bot.heard[0].attachments == 1


async def test_the_line_comes_back_after_each_way_of_losing_it(line: Line) -> None:
    greeted = 1
    sockets = line.slack.sockets
    for lose in (sockets.ask_to_refresh, sockets.close_all, _now(sockets.cut_all)):
        await lose()
        greeted += 1
        await line.back(greeted)
        assert (await line.slack.says(JADE, f"after {greeted}")).taken
    assert line.socket.connected_since is not None


async def test_a_line_gone_silent_is_dropped_for_a_new_one(line: Line) -> None:
    line.slack.sockets.go_silent()
    await line.back(2)
    assert line.socket.is_connected


async def test_nothing_is_given_up_while_slack_cannot_be_reached(line: Line) -> None:
    await line.slack.down()
    await line.until(lambda: not line.socket.is_connected)
    assert not line.serving.done()
    await line.slack.up()
    await line.back(2)
    assert (await line.slack.says(JADE, "after all")).taken


async def test_an_address_that_has_expired_is_asked_for_anew(slack: FakeSlack) -> None:
    """The SDK alone calls the same dead address for ever."""
    slack.set_up(refusing=False)
    invite = slack.sockets.invite
    dead = {"ok": True, "url": f"{slack.sockets.address}/link?ticket=spent&app_id=A0"}
    answers = [dead]
    slack.wire.opens = lambda: answers.pop() if answers else invite()
    async with opened(slack) as line:
        await line.back(1)


async def test_health_knows_whether_the_line_stands(slack: FakeSlack) -> None:
    slack.set_up(refusing=True)
    async with opened(slack) as line:
        await asyncio.sleep(0.2)
        assert (line.socket.is_connected, line.socket.connected_since) == (False, None)
        slack.set_up(refusing=False)
        await line.back(1)
        assert line.socket.connected_since == line.desk.clock.now()
    assert not line.socket.is_connected
    assert slack.sockets.open == []


async def test_closing_lets_the_turn_that_is_being_heard_be_answered(slack: FakeSlack) -> None:
    async with opened(slack) as line:
        await line.back(1)
        line.desk.bot.gate = asyncio.Event()
        saying = asyncio.create_task(slack.says(JADE, "just in time"))
        await asyncio.wait_for(line.desk.bot.begun.wait(), PATIENT_SECONDS)
        await line.socket.close()
        await line.until(lambda: not line.socket.is_connected)
        line.desk.bot.gate.set()
        assert (await saying).taken


@pytest.mark.parametrize("sent", ["not json", "{", "[]", "null", "[" * 100_000, '{"type":"events_api"}', "{}"])
async def test_what_cannot_be_read_breaks_nothing(line: Line, sent: str) -> None:
    for socket in line.slack.sockets.open:
        await socket.ws.send_str(sent)
    assert (await line.slack.says(JADE, "still here")).taken


def _now(act: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def done() -> None:
        act()

    return done
