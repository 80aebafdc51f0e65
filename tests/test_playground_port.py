"""The playground as the bot and the page see it: what stands where, who could read it there, what the page follows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import product

import aiohttp
import pytest

from adapters.web import STRANGER
from adapters.web.board import Board, Shown
from bot.errors import SendRefused
from bot.message import Card, Destination, Person, Reach
from tests.web.asking import HOSTILE, ask, frames, state
from tests.web.running import PEOPLE, Running, running
from tests.web.scripted import CHANNEL, opening, settled, write

TEACHER = Destination("web", Reach.PERSON, "teacher")
DSL_CHANNEL = Destination("web", Reach.CHANNEL, CHANNEL)
READERS = frozenset(Person("web", person.id).key for person in PEOPLE)


@pytest.fixture
async def play() -> AsyncIterator[Running]:
    async with running() as started:
        yield started


@pytest.fixture
async def http(play: Running) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(play.url) as session:
        yield session


async def test_a_post_stands_last_and_an_update_stands_in_its_place(play: Running, http: aiohttp.ClientSession) -> None:
    first = await play.playground.post(TEACHER, opening())
    second = await play.playground.post(TEACHER, write())
    await play.playground.update(TEACHER, first, settled("Answered", "No"))
    shown = (await state(http))["shown"]
    assert [(entry["id"], entry["card"]["title"]) for entry in shown] == [
        (first, "Answered"),
        (second, "What did the child say?"),
    ]
    assert [entry["settled"] for entry in shown] == [True, False]


async def test_a_message_forgotten_at_a_restart_is_shown_again_when_updated(
    play: Running, http: aiohttp.ClientSession
) -> None:
    await play.playground.update(TEACHER, "m-from-before", opening())
    assert [entry["id"] for entry in (await state(http))["shown"]] == ["m-from-before"]


@pytest.mark.parametrize(
    "nowhere",
    [
        Destination("web", Reach.PERSON, "nobody"),
        Destination("web", Reach.CHANNEL, "teacher"),
        Destination("slack", Reach.PERSON, "teacher"),
    ],
)
async def test_a_card_for_nobody_is_refused_and_doubted(play: Running, nowhere: Destination) -> None:
    with pytest.raises(SendRefused):
        await play.playground.post(nowhere, opening())
    assert await play.playground.doubt(nowhere, READERS)
    assert play.playground.board.all() == ()


async def test_a_message_is_not_updated_from_another_place(play: Running) -> None:
    id = await play.playground.post(TEACHER, opening())
    with pytest.raises(SendRefused):
        await play.playground.update(DSL_CHANNEL, id, write())


async def test_a_channel_is_doubted_whenever_anything_about_it_is_wrong(
    play: Running, http: aiohttp.ClientSession
) -> None:
    too_few = READERS - {"web:head-north"}
    for public, stranger, readers in product((False, True), (False, True), (READERS, too_few)):
        await ask(http, "/playground/channel", {"id": CHANNEL, "public": public, "stranger": stranger})
        doubt = await play.playground.doubt(DSL_CHANNEL, readers)
        assert bool(doubt) == (public or stranger or readers is too_few)
    assert (await state(http))["channels"][0]["members"][-1] == STRANGER.id


async def test_a_persons_messages_are_doubted_unless_that_person_may_read(play: Running) -> None:
    dana = Destination("web", Reach.PERSON, "dsl-north")
    assert await play.playground.doubt(dana, READERS) == ""
    assert await play.playground.doubt(dana, READERS - {"web:dsl-north"})
    assert await play.playground.doubt(TEACHER, READERS)


async def test_a_page_that_lost_the_line_gets_what_it_missed_once_and_in_order(
    play: Running, http: aiohttp.ClientSession
) -> None:
    cursor = (await state(http))["cursor"]
    async with http.get("/playground/events", params={"after": cursor}) as answer:
        await play.playground.post(TEACHER, opening())
        [(seen, kind, _)] = await frames(answer, 1)
    assert kind == "shown"
    missed = [await play.playground.post(TEACHER, write()) for _ in range(3)]
    async with http.get("/playground/events", params={"after": cursor}, headers={"Last-Event-ID": seen}) as answer:
        last = await play.playground.post(TEACHER, opening())
        assert [data["id"] for _, _, data in await frames(answer, 4)] == [*missed, last]


@pytest.mark.parametrize("cursor", ["", "other.1", "nonsense", "1.2.3", "²", "{epoch}.99", "{epoch}.²"])
async def test_a_place_in_the_events_that_is_not_known_asks_the_page_to_start_again(
    play: Running, http: aiohttp.ClientSession, cursor: str
) -> None:
    epoch = (await state(http))["cursor"].partition(".")[0]
    wanted = {"after": cursor.format(epoch=epoch) if "{" in cursor else cursor}
    async with http.get("/playground/events", params=wanted) as answer:
        assert [kind for _, kind, _ in await frames(answer, 1)] == ["reset"]


async def test_a_page_too_far_behind_is_asked_to_start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.web.board.REMEMBERED", 3)
    board = Board()
    start = board.cursor
    for number in range(4):
        board.show(Shown(f"m-{number}", TEACHER.key, datetime.now(UTC), said="x"))
    assert (await anext(board.follow(start))).kind == "reset"
    after_first = start.partition(".")[0] + ".1"
    assert (await anext(board.follow(after_first))).data["id"] == "m-1"


def test_a_card_keeps_every_word_on_its_way_to_the_page() -> None:
    board = Board()
    board.show(Shown("m-1", TEACHER.key, datetime.now(UTC), card=Card("n", HOSTILE)))
    sent = json.loads(json.dumps(board.all()[0].json()))
    assert sent["card"]["title"] == HOSTILE
