"""The Bot Framework's keys: a new one is known at once, and nobody can make us ask for them all the time (F8, T15)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from jwt.algorithms import RSAAlgorithm

from adapters.teams import keys as room
from adapters.teams.keys import KeysUnreachable, SigningKeys, read_keys
from tests.teams_keys import (
    KEYS,
    METADATA,
    Json,
    KeyServer,
    StillClock,
    calmest,
    open_key_server,
    private_key,
    published_key,
)


@dataclass
class Desk:
    server: KeyServer
    keys: SigningKeys
    clock: StillClock

    @property
    def looks(self) -> int:
        return self.server.fetched[METADATA]


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    clock = StillClock()
    async with open_key_server() as server, aiohttp.ClientSession() as session:
        yield Desk(server, SigningKeys(session, server.url, clock.seconds), clock)


async def test_nothing_is_fetched_before_somebody_asks_and_then_once_a_day(desk: Desk) -> None:
    assert desk.looks == 0
    for _ in range(5):
        found = await desk.keys.key("today")
        assert found and "msteams" in found.endorsements
    desk.clock.go_on(room.KEPT_SECONDS)
    assert await desk.keys.key("today")
    assert desk.server.fetched == {METADATA: 1, KEYS: 1}
    desk.clock.go_on(1)
    assert await desk.keys.key("today")
    assert desk.looks == 2


async def test_a_new_key_is_known_to_the_first_who_asks(desk: Desk) -> None:
    assert await desk.keys.key("today")
    desk.clock.go_on(room.REST_SECONDS)
    desk.server.keys = [published_key("tomorrow")]
    assert await desk.keys.key("tomorrow")
    assert await desk.keys.key("today") is None
    assert desk.looks == 2


async def test_ten_thousand_made_up_keys_cost_one_look_a_minute(desk: Desk) -> None:
    assert await desk.keys.key("today")
    desk.clock.go_on(room.REST_SECONDS)
    asked = await asyncio.gather(*(desk.keys.key(f"bogus {number}") for number in range(10_000)))
    assert set(asked) == {None}
    assert desk.looks == 2
    desk.clock.go_on(room.REST_SECONDS - 1)
    assert await desk.keys.key("bogus") is None
    assert desk.looks == 2
    desk.clock.go_on(1)
    assert await desk.keys.key("bogus") is None
    assert desk.looks == 3


async def test_all_who_ask_at_once_share_one_look(desk: Desk) -> None:
    desk.server.gate = asyncio.Event()
    asking = [asyncio.create_task(desk.keys.key("today")) for _ in range(50)]
    await asyncio.wait_for(desk.server.begun.wait(), 5)
    asking[0].cancel()
    desk.server.gate.set()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert all(isinstance(each, room.Key) for each in found[1:])
    assert desk.looks == 1


async def test_while_the_keys_are_waited_for_the_loop_goes_round(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FETCH_SECONDS", 0.3)
    desk.server.gate = asyncio.Event()

    async def ask() -> None:
        began = time.monotonic()
        with pytest.raises(KeysUnreachable):
            await desk.keys.key("today")
        assert time.monotonic() - began < 2
        desk.clock.go_on(room.REST_SECONDS)

    assert await calmest(ask) < 0.05


async def test_a_loop_that_is_held_up_would_be_seen() -> None:
    async def hold_up() -> None:
        await asyncio.sleep(0.01)
        time.sleep(0.1)  # noqa: ASYNC251 (the control)
        await asyncio.sleep(0.01)

    assert await calmest(hold_up) > 0.05


WRONG: dict[str, dict[str, Any]] = {
    "a fault": {"status": 500},
    "not there": {"status": 404},
    "no JSON": {"raw": b"<html>"},
    "a list": {"raw": b"[]"},
    "null": {"raw": b"null"},
    "nothing": {"raw": b""},
    "no UTF-8": {"raw": b'{"jwks_uri": "\xff"}'},
    "very deep": {"raw": b"[" * 100_000},
    "no address": {"raw": b"{}"},
    "an address that is none": {"raw": b'{"jwks_uri": 7}'},
    "very large": {"raw": b" " * 600_000 + b"{}"},
    "no keys": {"keys": []},
    "keys that are none": {"keys": [None, 7, {}, {"kid": 5}, {"kid": "x", "kty": "RSA", "n": "!", "e": "AQAB"}]},
    "led elsewhere": {"leads": {KEYS: "/elsewhere"}},
    "another place without https": {"keys_at": "http://localhost:1/keys"},
    "a file": {"keys_at": "file:///etc/hosts"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_look_that_fails_leaves_what_was_known(desk: Desk, wrong: dict[str, Any]) -> None:
    assert await desk.keys.key("today")
    for name, value in wrong.items():
        setattr(desk.server, name, value)
    desk.clock.go_on(room.KEPT_SECONDS + 1)
    assert await desk.keys.key("today")
    with pytest.raises(KeysUnreachable):
        await desk.keys.key("tomorrow")


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_without_any_key_nobody_can_say_and_it_is_tried_again_soon(desk: Desk, wrong: dict[str, Any]) -> None:
    good = {name: getattr(desk.server, name) for name in wrong}
    for name, value in wrong.items():
        setattr(desk.server, name, value)
    for _ in range(20):
        with pytest.raises(KeysUnreachable):
            await desk.keys.key("today")
    assert desk.looks == 1
    for name, value in good.items():
        setattr(desk.server, name, value)
    desk.clock.go_on(room.FIRST_REST_SECONDS)
    assert await desk.keys.key("today")


async def test_keys_are_not_fetched_from_another_place_without_https(desk: Desk) -> None:
    desk.server.keys_at = desk.server.root.replace("127.0.0.1", "localhost") + KEYS
    with pytest.raises(KeysUnreachable):
        await desk.keys.key("today")
    assert desk.server.fetched == {METADATA: 1}


async def test_a_server_that_is_not_there_is_not_reached_and_that_is_all(desk: Desk) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(KeysUnreachable):
            await SigningKeys(session, "http://127.0.0.1:1/metadata", desk.clock.seconds).key("today")


def test_one_key_that_cannot_be_read_does_not_cost_the_others() -> None:
    private: Json = RSAAlgorithm.to_jwk(private_key("private"), as_dict=True)
    wrong = [None, {"kid": "x"}, {**published_key("other"), "kty": "EC"}, {**private, "kid": "private"}]
    endless = {**published_key("endless"), "endorsements": 7}
    assert set(read_keys({"keys": [*wrong, endless, published_key("today")]})) == {"today"}


def test_a_key_without_endorsements_speaks_for_no_channel() -> None:
    bare = published_key("today")
    del bare["endorsements"]
    assert read_keys({"keys": [bare]})["today"].endorsements == frozenset()
