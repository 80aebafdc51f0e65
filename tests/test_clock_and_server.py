"""The clock that can be set, and the server that doors are mounted on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, make_mocked_request

from adapters.clock import PracticeClock, SystemClock
from adapters.server import build_app, run
from bot.errors import ConfigError
from tests.web.asking import ask, frames
from tests.web.running import Running, running


@pytest.fixture
async def play() -> AsyncIterator[Running]:
    async with running() as started:
        yield started


@pytest.fixture
async def http(play: Running) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(play.url) as session:
        yield session


@pytest.mark.parametrize(
    ("asked", "utc"),
    [
        ("2026-12-25T02:00", datetime(2026, 12, 25, 2, 0, tzinfo=UTC)),
        ("2026-07-03T16:31", datetime(2026, 7, 3, 15, 31, tzinfo=UTC)),
        ("2026-10-25T01:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
async def test_the_clock_is_set_in_london_time_and_goes_on_from_there(
    play: Running, http: aiohttp.ClientSession, asked: str, utc: datetime
) -> None:
    assert (await ask(http, "/playground/clock", {"at": asked}))[0] == 200
    assert timedelta() <= play.playground.clock.now() - utc < timedelta(seconds=5)
    await ask(http, "/playground/clock", {"advance_minutes": 10})
    assert timedelta(minutes=10) <= play.playground.clock.now() - utc < timedelta(minutes=10, seconds=5)
    await ask(http, "/playground/clock", {"now": True})
    assert play.playground.clock.real
    assert abs(play.playground.clock.now() - SystemClock().now()) < timedelta(seconds=1)


async def test_setting_the_clock_wakes_everyone_who_pauses() -> None:
    clock = PracticeClock()
    pauses = [asyncio.create_task(clock.pause(3600)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(pause.done() for pause in pauses)
    clock.advance(timedelta(minutes=1))
    await asyncio.wait_for(asyncio.gather(*pauses), 1)


async def test_a_pause_that_nobody_cuts_short_lasts_its_time() -> None:
    clock, loop = PracticeClock(), asyncio.get_running_loop()
    clock.set(datetime(2026, 12, 25, 2, 0, tzinfo=UTC))
    began = loop.time()
    await clock.pause(0.05)
    assert 0.045 <= loop.time() - began < 1


def test_a_clock_is_not_set_to_a_time_of_no_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        PracticeClock().set(datetime(2026, 12, 25))  # noqa: DTZ001


async def test_health_answers_what_it_was_given(http: aiohttp.ClientSession) -> None:
    async with http.get("/health") as answer:
        assert (answer.status, await answer.json()) == (200, {"ok": True})


@pytest.mark.parametrize(
    ("status", "code", "told"), [("ok", 200, {"status": "ok"}), ("late", 503, {"status": "not ok"})]
)
async def test_another_computer_learns_of_health_only_whether_all_is_well(
    status: str, code: int, told: dict[str, str]
) -> None:
    async def healthy() -> dict[str, object]:
        return {"status": status, "next_due": "2026-11-20T10:42:00"}

    async with TestServer(build_app([], healthy)) as server, aiohttp.ClientSession() as client:
        near = await client.get(server.make_url("/health"))
        assert (near.status, (await near.json())["next_due"]) == (code, "2026-11-20T10:42:00")
    asked = make_mocked_request("GET", "/health")
    answer = await build_app([], healthy).router.resolve(asked)
    far = await answer.handler(asked.clone(remote="192.0.2.7"))
    assert isinstance(far, web.Response)
    assert (far.status, json.loads(far.text or "")) == (code, told)


async def test_a_port_that_is_taken_is_refused_with_what_to_write(play: Running) -> None:
    async def healthy() -> dict[str, object]:
        return {}

    with pytest.raises(ConfigError, match=rf"PORT: port {play.port} on 127\.0\.0\.1 .*PORT=") as refused:
        await run(build_app([], healthy), "127.0.0.1", play.port)
    assert refused.value.exit_code == 78


SERVING = """
import asyncio
import json
from adapters.clock import PracticeClock
from adapters.server import build_app, run
from adapters.web import Playground, mount
async def hear(incoming): return None
async def healthy(): return {}
app = build_app([mount(Playground([], [], PracticeClock()), hear)], healthy)
asyncio.run(run(app, "127.0.0.1", 0, lambda url: print(url, flush=True)))
"""


async def test_a_signal_ends_the_process_in_order_though_a_page_is_watching() -> None:
    pipe, quiet = asyncio.subprocess.PIPE, {**os.environ, "PYTHONWARNINGS": "error"}
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVING, stdout=pipe, stderr=pipe, env=quiet)
    assert child.stdout is not None
    url = (await asyncio.wait_for(child.stdout.readline(), 20)).decode().strip()
    async with aiohttp.ClientSession() as session, session.get(f"{url}playground/events") as answer:
        await frames(answer, 1)
        child.send_signal(signal.SIGTERM)
        _, stderr = await asyncio.wait_for(child.communicate(), 4)
    assert (child.returncode, stderr) == (0, b"")
