"""Teams as a door: what is posted, changed and found goes where it should, or an error says truly why not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import send
from adapters.teams.places import Places
from adapters.teams.render import activity_of
from adapters.teams.send import Teams, teams_pace
from adapters.teams.whereabouts import AT_ONCE
from bot.errors import SendAmbiguous, SendFailed, SendGone, SendRefused
from bot.message import Card, Destination, Lane, Passage, Reach
from bot.ports import Door, Doubt
from tests.scripted_teams import (
    BOT,
    CHANNEL,
    CHAT,
    DIRECT,
    DROPPED,
    GROUP,
    TEAM,
    TENANT,
    US,
    Place,
    played,
    scripted,
)
from tests.teams_world import READERS, TO_CHANNEL, TO_CHAT, TO_JADE, TO_SAM, World, refused

CARD = Card("Something new", passages=(Passage(("first words",)),))
LATER = Card("Something new", passages=(Passage(("second words",)),))
GENERAL = Destination("teams", Reach.CHANNEL, TEAM)


@asynccontextmanager
async def installed(world: World | None = None, known: bool = True) -> AsyncIterator[tuple[Place, Teams]]:
    """The bot in its team; with `known`, it has heard from the channel, the group chat and from Jade before."""
    async with played((world or World()).answer) as place:
        await place.addresses.keep(GENERAL, place.address(TEAM, team=TEAM, group=GROUP))
        if known:
            await place.addresses.keep(TO_CHANNEL, place.channel)
            await place.addresses.keep(TO_CHAT, place.address(CHAT))
            await place.addresses.keep(TO_JADE, place.direct)
        yield place, door_of(place)


def door_of(place: Place) -> Teams:
    places = Places(place.connector, place.graph, place.addresses, US, place.seconds)
    return Teams(place.connector, place.addresses, places, teams_pace(), US, place.seconds)


def paths(place: Place) -> list[str]:
    return [f"{call.method} {call.plain}" for call in place.cloud.calls]


# --- posting and changing ---


async def test_it_is_a_door() -> None:
    async with installed() as (_, teams):
        door: Door = teams
        assert door.name == "teams"
        assert await door.find(TO_JADE, "a-token") is None


async def test_a_person_is_written_to_in_their_own_chat_and_the_card_is_changed_there() -> None:
    async with installed() as (place, door):
        message_id = await door.post(TO_JADE, CARD, "a-token")
        assert message_id == f"{DIRECT}/171"
        await door.update(TO_JADE, message_id, LATER)
        assert paths(place) == [
            f"POST /v3/conversations/{DIRECT}/activities",
            f"PUT /v3/conversations/{DIRECT}/activities/171",
        ]
        posted, put = (call.body for call in place.cloud.calls)
        assert posted["attachments"] == activity_of(CARD)["attachments"]
        assert put["attachments"] == activity_of(LATER)["attachments"]
        assert "a-token" not in json.dumps(posted)


async def test_a_channel_gets_a_thread_of_its_own_and_the_card_is_changed_in_it() -> None:
    async with installed() as (place, door):
        message_id = await door.post(TO_CHANNEL, CARD)
        assert message_id == f"{CHANNEL};messageid=171/171"
        await door.update(TO_CHANNEL, message_id, LATER)
        created, put = place.cloud.calls
        assert (created.method, created.plain) == ("POST", "/v3/conversations")
        assert created.body == {
            "isGroup": True,
            "bot": {"id": BOT},
            "tenantId": TENANT,
            "channelData": {"channel": {"id": CHANNEL}, "tenant": {"id": TENANT}},
            "activity": activity_of(CARD),
        }
        assert put.path == "/v3/conversations/19%3Aleads%40thread.tacv2%3Bmessageid%3D171/activities/171"


async def test_a_group_chat_is_written_into_as_it_stands() -> None:
    async with installed() as (place, door):
        message_id = await door.post(TO_CHAT, CARD)
        assert message_id == f"{CHAT}/171"
        await door.update(TO_CHAT, message_id, LATER)
        assert paths(place)[0] == f"POST /v3/conversations/{CHAT}/activities"


async def test_a_card_can_be_shown_past_the_outbox() -> None:
    async with installed() as (place, door):
        await door.tell(TO_JADE, CARD)
        assert paths(place) == [f"POST /v3/conversations/{DIRECT}/activities"]


@pytest.mark.parametrize(
    ("where", "message_id"),
    [
        (TO_JADE, "a:sam/171"),
        (TO_JADE, f"{CHANNEL};messageid=171/171"),
        (TO_JADE, f"{DIRECT}x/171"),
        (TO_CHANNEL, "19:another@thread.tacv2;messageid=171/171"),
        (TO_CHANNEL, f"{CHANNEL}x;messageid=171/171"),
        (TO_CHANNEL, f"{DIRECT}/171"),
        (TO_CHAT, f"{CHANNEL};messageid=171/171"),
        (TO_CHANNEL, ""),
        (TO_CHANNEL, CHANNEL),
        (TO_CHANNEL, f"{CHANNEL}/"),
        (TO_CHANNEL, "nonsense"),
    ],
)
async def test_a_card_is_never_put_into_another_place(where: Destination, message_id: str) -> None:
    async with installed() as (place, door):
        with pytest.raises(SendGone, match="message_elsewhere"):
            await door.update(where, message_id, CARD)
        assert place.cloud.calls == []


async def test_what_somebody_took_away_is_gone() -> None:
    world = World(wrong={"/activities/171": lambda _: refused(404, "ActivityNotFoundInConversation")})
    async with installed(world) as (_, door):
        with pytest.raises(SendGone, match="http_404"):
            await door.update(TO_JADE, f"{DIRECT}/171", CARD)


@pytest.mark.parametrize("where", [TO_JADE, TO_CHANNEL, TO_CHAT])
async def test_a_post_whose_answer_was_lost_may_stand_there_and_is_not_repeated(where: Destination) -> None:
    async with installed(World(wrong={"": lambda _: DROPPED})) as (place, door):
        with pytest.raises(SendAmbiguous):
            await door.post(where, CARD)
        assert len(place.cloud.calls) == 1


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("where", [TO_JADE, TO_CHANNEL, TO_CHAT])
async def test_where_nothing_can_be_delivered_it_is_tried_once_and_nowhere_else(
    where: Destination, status: int
) -> None:
    async with installed(World(wrong={"": lambda _: refused(status)})) as (place, door):
        with pytest.raises(SendRefused, match=f"http_{status}"):
            await door.post(where, CARD)
        assert len(place.cloud.calls) == 1
        assert sum(place.connector.alarms.values()) == 1


@pytest.mark.parametrize("said", [{"id": f"{CHANNEL};messageid=9"}, {"id": f"{CHANNEL};messageid=9", "activityId": ""}])
async def test_the_thread_names_its_first_message_where_teams_does_not(said: dict[str, str]) -> None:
    async with installed(World(wrong={"/v3/conversations": said})) as (_, door):
        assert await door.post(TO_CHANNEL, CARD) == f"{CHANNEL};messageid=9/9"


@pytest.mark.parametrize("said", [{}, {"id": CHANNEL}, {"activityId": "9"}])
async def test_an_answer_that_names_no_message_is_no_answer(said: dict[str, str]) -> None:
    async with installed(World(wrong={"/v3/conversations": said})) as (_, door):
        with pytest.raises(SendAmbiguous):
            await door.post(TO_CHANNEL, CARD)


# --- finding ---


async def test_somebody_who_never_spoke_is_found_in_the_team_and_their_chat_is_opened_once() -> None:
    async with installed(known=False) as (place, door):
        assert await door.post(TO_SAM, CARD) == "a:29:sam/172"
        opened = place.cloud.calls[1]
        assert paths(place)[0] == f"GET /v3/conversations/{TEAM}/members/{TO_SAM.id}"
        assert opened.plain == "/v3/conversations"
        assert opened.body == {
            "isGroup": False,
            "bot": {"id": BOT},
            "members": [{"id": "29:sam"}],
            "tenantId": TENANT,
            "channelData": {"tenant": {"id": TENANT}},
        }
        calls = len(place.cloud.calls)
        await door.post(TO_SAM, CARD)
        await door_of(place).post(TO_SAM, CARD)
        assert len(place.cloud.calls) == calls + 2


async def test_somebody_is_looked_for_in_one_team_after_another() -> None:
    async with installed(known=False) as (place, door):
        other = "19:other@thread.tacv2"
        await place.addresses.keep(Destination("teams", Reach.CHANNEL, other), place.address(other, team=other))
        place.cloud.answer = World(wrong={f"{other}/members/{TO_SAM.id}": lambda _: refused(404)}).answer
        assert await door.post(TO_SAM, CARD) == "a:29:sam/172"


async def test_somebody_is_found_in_the_last_of_many_teams_and_looked_for_in_several_at_once() -> None:
    async with installed(known=False) as (place, door):
        others = [f"19:other{number}@thread.tacv2" for number in range(30)]
        for other in others:
            await place.addresses.keep(Destination("teams", Reach.CHANNEL, other), place.address(other, team=other))
        looking, most = 0, 0

        async def nobody(_: object) -> web.Response:
            nonlocal looking, most
            looking, most = looking + 1, max(most, looking + 1)
            await asyncio.sleep(0.02)
            looking -= 1
            return refused(404)

        place.cloud.answer = World(wrong={f"{other}/members/{TO_SAM.id}": nobody for other in others}).answer
        assert await door.post(TO_SAM, CARD) == "a:29:sam/172"
        assert 1 < most <= AT_ONCE


async def test_the_chat_is_opened_where_teams_last_spoke_from() -> None:
    async with installed() as (place, door):
        old = replace(place.direct, service_url=f"{place.cloud.url}new/")
        await place.addresses.keep(TO_JADE, old)
        await door.post(TO_SAM, CARD)
        assert paths(place)[2:] == ["POST /new/v3/conversations", "POST /new/v3/conversations/a:29:sam/activities"]


async def test_nobody_is_found_where_the_bot_is_in_no_team() -> None:
    async with played(World().answer) as place:
        with pytest.raises(SendRefused, match="not_installed"):
            await door_of(place).post(TO_SAM, CARD)
        with pytest.raises(SendRefused, match="not_installed"):
            await door_of(place).post(TO_CHANNEL, CARD)
        assert place.cloud.calls == []


async def test_a_channel_of_another_team_is_not_installed() -> None:
    async with installed() as (place, door):
        with pytest.raises(SendRefused, match="not_installed"):
            await door.post(Destination("teams", Reach.CHANNEL, "19:another@thread.tacv2"), CARD)
        assert [call for call in place.cloud.calls if call.method == "POST"] == []


@pytest.mark.parametrize("wrong", [{"id": "28:bot"}, {"id": ""}, {"id": None}, {"aadObjectId": None, "objectId": None}])
async def test_nobody_but_the_one_who_is_meant_is_written_to(wrong: dict[str, Any]) -> None:
    world = World()
    world.wrong = {f"/members/{TO_SAM.id}": {**world.members[1], **wrong}}
    async with installed(world) as (place, door):
        with pytest.raises(SendRefused, match="not_installed"):
            await door.post(TO_SAM, CARD)
        assert place.cloud.called("POST") == []


async def test_the_answer_for_somebody_else_is_nobodys() -> None:
    world = World()
    world.wrong = {f"/members/{TO_SAM.id}": world.members[0]}
    async with installed(world) as (place, door):
        with pytest.raises(SendRefused, match="not_installed"):
            await door.post(TO_SAM, CARD)
        assert place.cloud.called("POST") == []


@pytest.mark.parametrize("status", [500, 429, 302])
async def test_what_fails_before_anything_is_said_is_certainly_not_said(status: int) -> None:
    async with installed(World(wrong={f"/members/{TO_SAM.id}": lambda _: refused(status)})) as (_, door):
        with pytest.raises(SendFailed):
            await door.post(TO_SAM, CARD)
    async with installed(World(wrong={"/v3/conversations": lambda _: refused(status)})) as (_, door):
        with pytest.raises(SendFailed):
            await door.post(TO_SAM, CARD)


async def test_a_chat_that_may_not_be_opened_is_another_ways_matter() -> None:
    async with installed(World(wrong={"/v3/conversations": lambda _: refused(403)})) as (place, door):
        with pytest.raises(SendRefused, match="http_403"):
            await door.post(TO_SAM, CARD)
        assert len(place.cloud.called("POST")) == 1


async def test_finding_somebody_has_a_limit_and_then_nothing_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "FINDING_SECONDS", 0.05)
    async with installed(World(wrong={f"/members/{TO_SAM.id}": lambda _: asyncio.sleep(0.5)})) as (_, door):
        with pytest.raises(SendFailed, match="not_found_in_time"):
            await door.post(TO_SAM, CARD)


async def test_books_that_cannot_be_read_are_no_doubt_about_what_was_sent() -> None:
    async with installed() as (place, door):
        place.shelf.broken = True
        await door.post(TO_JADE, CARD)
        with pytest.raises(SendFailed):
            await door.post(TO_SAM, CARD)
        place.shelf.broken = False
        await door.post(TO_SAM, CARD)


# --- where Teams speaks from changes ---


@pytest.mark.parametrize("where", [TO_JADE, TO_CHANNEL, TO_CHAT])
async def test_an_old_service_address_that_refuses_is_left_for_the_one_last_spoken_from(where: Destination) -> None:
    async with installed() as (place, door):
        known = await place.addresses.of(where)
        assert known
        await place.addresses.keep(where, replace(known, service_url=f"{place.cloud.url}old/"))
        await place.addresses.keep(TO_SAM, place.address("a:sam"))
        world = World()
        place.cloud.answer = lambda call: refused(403) if call.path.startswith("/old/") else world.answer(call)
        message_id = await door.post(where, CARD)
        await door.update(where, message_id, LATER)
        await door.post(where, CARD)
        assert [call.path.startswith("/old/") for call in place.cloud.calls] == [True, False, False, False]


@pytest.mark.parametrize("status", [500, 400, 413, 429, 401])
async def test_nothing_but_a_certain_no_is_tried_elsewhere(status: int) -> None:
    async with installed() as (place, door):
        await place.addresses.keep(TO_JADE, replace(place.direct, service_url=f"{place.cloud.url}old/"))
        await place.addresses.keep(TO_SAM, place.address("a:sam"))
        place.cloud.answer = lambda _: refused(status)
        with pytest.raises((SendFailed, SendAmbiguous, SendRefused)):
            await door.post(TO_JADE, CARD)
        assert all(call.path.startswith("/old/") for call in place.cloud.calls)


# --- where a token goes (T10) ---


async def test_a_hostile_address_on_the_shelf_is_never_called_and_no_token_leaves() -> None:
    async with scripted(lambda _: {"id": "1"}) as evil, installed(known=False) as (place, door):
        hostile = evil.url.replace("127.0.0.1", "evil.localhost")
        for where, address in ((TO_JADE, place.direct), (TO_CHANNEL, place.channel), (TO_CHAT, place.address(CHAT))):
            place.shelf.kept[where.key] = json.dumps(asdict(replace(address, service_url=hostile)))
        place.shelf.kept["teams:service"] = hostile
        await door.post(TO_JADE, CARD)
        await door.post(TO_CHANNEL, CARD)
        with pytest.raises(SendRefused):
            await door.post(TO_CHAT, CARD)
        assert evil.calls == []
        assert {call.token for call in place.cloud.calls} == {"Bearer badge-1"}


async def test_a_redirection_takes_no_token_along() -> None:
    async with scripted(lambda _: {"id": "1"}) as evil:
        answer = World(wrong={"": lambda _: web.Response(status=307, headers={"Location": evil.url})})
        async with installed(answer) as (_, door):
            for where in (TO_JADE, TO_CHANNEL, TO_CHAT):
                with pytest.raises(SendAmbiguous):
                    await door.post(where, CARD)
            assert await door.doubt(TO_CHANNEL, READERS) is Doubt.UNCHECKED
        assert evil.calls == []


# --- doubt, and the pace ---


async def test_a_place_is_looked_up_before_case_data_goes_there() -> None:
    async with installed() as (_, door):
        assert await door.doubt(TO_CHANNEL, READERS) is Doubt.NONE
        assert await door.doubt(TO_SAM, frozenset()) is Doubt.STRANGER


WINDOWS = ((1.0, 7), (2.0, 8), (30.0, 60))
"""Teams' own, into one conversation: so many seconds, so many messages."""


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.sampled_from(list(Lane)), st.booleans()), max_size=300))
@settings(max_examples=60, deadline=None)
def test_nobody_writes_into_one_conversation_faster_than_teams_takes_it(asks: list[tuple[float, Lane, bool]]) -> None:
    pace, now, taken = teams_pace(), 0.0, list[float]()
    for wait, lane, in_place in asks:
        now += wait / 10
        if pace.hold("teams:person:jade", lane, in_place, now) == 0.0:
            taken.append(now)
    for span, most in WINDOWS:
        assert all(len([at for at in taken if begin <= at < begin + span]) <= most for begin in taken)


def test_all_together_stay_below_what_the_tenant_takes_from_one_app() -> None:
    pace = teams_pace()
    taken = [
        tick / 100
        for tick in range(1000)
        for number in range(5)
        if pace.hold(f"teams:person:{tick}-{number}", Lane.HANDOFF, False, tick / 100) == 0.0
    ]
    assert all(len([at for at in taken if begin <= at < begin + 1.0]) <= 50 for begin in taken)
    assert len(taken) > 200


def test_prompts_and_changes_leave_room_for_a_handoff() -> None:
    pace = teams_pace()
    for number in range(1000):
        pace.hold(f"teams:person:{number}", Lane.PROMPT, False, 0.0)
        pace.hold(f"teams:person:{number}", Lane.COSMETIC, True, 0.0)
    assert pace.hold("teams:channel:leads", Lane.HANDOFF, False, 0.0) == 0.0


async def test_the_door_keeps_the_pace_by_its_own_clock() -> None:
    async with installed() as (place, door):
        while door.hold(TO_JADE, Lane.HANDOFF, in_place=False) == 0.0:
            pass
        assert door.hold(TO_CHANNEL, Lane.HANDOFF, in_place=False) == 0.0
        place.seconds.now += 1.0
        assert door.hold(TO_JADE, Lane.HANDOFF, in_place=False) == 0.0
