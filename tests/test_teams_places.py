"""Case data goes only where Microsoft says, at that moment, that nobody else can read it. Anything else is a doubt
(I4).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.addresses import Addresses
from adapters.teams.graph import NoGraph
from adapters.teams.members import doubt_of_member
from adapters.teams.places import Places
from adapters.teams.us import Us
from bot.message import Destination
from bot.ports import Doubt
from tests.scripted_teams import (
    APP,
    CHANNEL,
    CHAT,
    DROPPED,
    ELSEWHERE,
    GROUP,
    JADE,
    SAM,
    TEAM,
    TENANT,
    US,
    Place,
    played,
)
from tests.teams_world import READERS, TO_CHANNEL, TO_CHAT, TO_JADE, TO_SAM, World, bot, member, refused

MISSING = object()
STRANGER = "0000000c-1111-4111-8111-111111111111"


@asynccontextmanager
async def looking(world: World, patience: float = 0.0) -> AsyncIterator[tuple[Place, Places]]:
    async with played(world.answer, patience) as place:
        await place.addresses.keep(TO_CHANNEL, place.channel)
        await place.addresses.keep(TO_CHAT, place.address(CHAT))
        await place.addresses.keep(TO_JADE, place.direct)
        yield place, Places(place.connector, place.graph, place.addresses, US, place.seconds)


async def doubt_here(world: World, where: Destination = TO_CHANNEL) -> Doubt:
    async with looking(world) as (_, places):
        return await places.doubt(where, READERS)


def without(account: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {name: value for name, value in {**account, **values}.items() if value is not MISSING}


# --- safe ---


@pytest.mark.parametrize("where", [TO_CHANNEL, TO_CHAT, TO_JADE])
async def test_a_private_place_of_readers_is_safe(where: Destination) -> None:
    assert await doubt_here(World(), where) is Doubt.NONE


async def test_ids_are_the_same_whatever_their_letters() -> None:
    world = World(members=[member(JADE.upper(), "Jade")], team={"id": TEAM, "aadGroupId": GROUP.upper()})
    async with looking(world) as (_, places):
        assert await places.doubt(TO_CHANNEL, frozenset({f"teams:{JADE.upper()}"})) is Doubt.NONE


@pytest.mark.parametrize(
    "given", [{"objectId": MISSING}, {"aadObjectId": MISSING}, {"tenantId": MISSING}, {"userRole": MISSING}]
)
async def test_what_teams_says_of_some_members_only_may_be_missing(given: dict[str, Any]) -> None:
    assert await doubt_here(World(members=[without(member(JADE, "Jade"), **given)])) is Doubt.NONE


async def test_the_bot_itself_is_nobody_who_reads() -> None:
    world = World()
    world.members.append(bot())
    assert await doubt_here(world) is Doubt.NONE
    assert await doubt_here(World(members=[bot()])) is Doubt.EMPTY


async def test_a_channel_that_is_said_to_be_standard_is() -> None:
    assert await doubt_here(World(channels=[{"id": CHANNEL, "type": "standard"}])) is Doubt.NONE


# --- each doubt ---

WRONG_MEMBERS: list[tuple[dict[str, Any], Doubt]] = [
    ({"userRole": "guest"}, Doubt.STRANGER),
    ({"userRole": "Guest"}, Doubt.STRANGER),
    ({"userRole": "anonymous"}, Doubt.STRANGER),
    ({"userRole": "somebody"}, Doubt.UNKNOWN),
    ({"userRole": 7}, Doubt.UNKNOWN),
    ({"userPrincipalName": "jade_else.example#EXT#@example.org"}, Doubt.STRANGER),
    ({"tenantId": ELSEWHERE}, Doubt.SHARED),
    ({"tenantId": "elsewhere"}, Doubt.SHARED),
    ({"tenantId": 7}, Doubt.UNKNOWN),
    ({"aadObjectId": STRANGER}, Doubt.UNKNOWN),
    ({"aadObjectId": MISSING, "objectId": MISSING}, Doubt.UNKNOWN),
    ({"aadObjectId": None, "objectId": ""}, Doubt.UNKNOWN),
    ({"aadObjectId": 7}, Doubt.UNKNOWN),
    ({"objectId": ["x"]}, Doubt.UNKNOWN),
    ({"id": "28:another-bot"}, Doubt.STRANGER),
]


@pytest.mark.parametrize(("wrong", "doubt"), WRONG_MEMBERS)
@pytest.mark.parametrize("where", [TO_CHANNEL, TO_CHAT])
async def test_each_wrong_member_is_a_doubt(where: Destination, wrong: dict[str, Any], doubt: Doubt) -> None:
    assert await doubt_here(World(members=[member(SAM, "Sam"), without(member(JADE, "Jade"), **wrong)]), where) is doubt


WRONG: list[tuple[dict[str, Any], Doubt]] = [
    ({"graph": {"visibility": "public"}}, Doubt.PUBLIC),
    ({"graph": {"visibility": "Public"}}, Doubt.PUBLIC),
    ({"graph": {"visibility": "hiddenMembership"}}, Doubt.UNKNOWN),
    ({"graph": {}}, Doubt.UNKNOWN),
    ({"graph": {"visibility": None}}, Doubt.UNKNOWN),
    ({"graph": {"visibility": True}}, Doubt.UNKNOWN),
    ({"graph": {"visibility": "private", "isArchived": True}}, Doubt.ARCHIVED),
    ({"graph": {"visibility": "private", "isArchived": "no"}}, Doubt.ARCHIVED),
    ({"channels": []}, Doubt.NO_SUCH_PLACE),
    ({"channels": [{"id": TEAM}]}, Doubt.NO_SUCH_PLACE),
    ({"channels": [{"id": CHANNEL, "type": "private"}]}, Doubt.SHARED),
    ({"channels": [{"id": CHANNEL, "type": "shared"}]}, Doubt.SHARED),
    ({"channels": [{"id": CHANNEL, "channelType": "private"}]}, Doubt.SHARED),
    ({"channels": [{"id": CHANNEL, "type": "standard", "channelType": "shared"}]}, Doubt.SHARED),
    ({"channels": [{"id": CHANNEL}, {"id": CHANNEL, "type": "shared"}]}, Doubt.SHARED),
    ({"channels": [CHANNEL]}, Doubt.UNCHECKED),
    ({"team": {"id": TEAM}}, Doubt.UNKNOWN),
    ({"team": {"id": CHANNEL, "aadGroupId": GROUP}}, Doubt.UNKNOWN),
    ({"team": {"id": TEAM, "aadGroupId": STRANGER}}, Doubt.UNKNOWN),
    ({"members": []}, Doubt.EMPTY),
    ({"members": [member(STRANGER, "Alex")]}, Doubt.STRANGER),
]


@pytest.mark.parametrize(("wrong", "doubt"), WRONG)
async def test_each_doubt_about_a_channel_has_its_name(wrong: dict[str, Any], doubt: Doubt) -> None:
    assert await doubt_here(World(**wrong)) is doubt


@pytest.mark.parametrize("ending", ["/pagedmembers", f"teams/{TEAM}", f"teams/{TEAM}/conversations", f"teams/{GROUP}"])
@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        (lambda _: refused(403), Doubt.BOT_NOT_IN_IT),
        (lambda _: refused(404), Doubt.NO_SUCH_PLACE),
        (lambda _: refused(410), Doubt.NO_SUCH_PLACE),
        (lambda _: refused(400), Doubt.UNCHECKED),
        (lambda _: refused(401), Doubt.UNCHECKED),
        (lambda _: refused(429), Doubt.UNCHECKED),
        (lambda _: refused(500), Doubt.UNCHECKED),
        (lambda _: web.Response(text="<html>"), Doubt.UNCHECKED),
        (lambda _: web.Response(status=302, headers={"Location": "/"}), Doubt.UNCHECKED),
        (lambda _: DROPPED, Doubt.UNCHECKED),
    ],
)
async def test_a_look_up_that_fails_is_a_doubt(ending: str, answer: Any, doubt: Doubt) -> None:
    asked_of_graph = ending == f"teams/{GROUP}"
    assert await doubt_here(World(wrong={ending: answer})) is (Doubt.UNCHECKED if asked_of_graph else doubt)


async def test_a_look_up_that_hangs_is_a_doubt() -> None:
    async with looking(World(wrong={"/pagedmembers": lambda _: asyncio.sleep(1.0)}), 0.1) as (_, places):
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.UNCHECKED


async def test_pages_without_an_end_are_a_doubt() -> None:
    world = World(wrong={"/pagedmembers": {"members": [member(JADE, "Jade")], "continuationToken": "again"}})
    assert await doubt_here(world) is Doubt.UNCHECKED


@pytest.mark.parametrize("page", range(1, 8))
async def test_a_stranger_is_found_on_whichever_page_they_are(page: int) -> None:
    """T45: seven pages, and the stranger hidden on any of them."""
    world = World(members=[member(JADE, "Jade") for _ in range(7)])
    world.members[page - 1] = member(STRANGER, "Alex")
    assert await doubt_here(world) is Doubt.STRANGER


async def test_a_channel_that_nobody_ever_heard_of_is_not_ours() -> None:
    async with played(World().answer) as place:
        places = Places(place.connector, place.graph, place.addresses, US, place.seconds)
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.BOT_NOT_IN_IT
        await place.addresses.keep(TO_CHANNEL, place.address(CHANNEL))
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.BOT_NOT_IN_IT


async def test_a_channel_of_a_team_that_the_bot_is_in_is_found_though_nobody_spoke_there() -> None:
    async with played(World().answer) as place:
        general = Destination("teams", TO_CHANNEL.reach, TEAM)
        await place.addresses.keep(general, place.address(TEAM, team=TEAM, group=GROUP))
        places = Places(place.connector, place.graph, place.addresses, US, place.seconds)
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.NONE


async def test_an_address_of_another_tenant_is_none() -> None:
    async with looking(World()) as (place, _):
        other = Addresses(place.shelf, Us(APP, ELSEWHERE), place.urls)
        places = Places(place.connector, place.graph, other, Us(APP, ELSEWHERE), place.seconds)
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.BOT_NOT_IN_IT


# --- one person ---


async def test_a_person_who_is_no_reader_is_not_even_looked_up() -> None:
    async with looking(World()) as (place, places):
        assert await places.doubt(TO_JADE, READERS - {f"teams:{JADE}"}) is Doubt.STRANGER
        assert place.cloud.calls == []


@pytest.mark.parametrize(("wrong", "doubt"), WRONG_MEMBERS)
async def test_a_person_is_safe_only_as_a_full_member_of_our_tenant(wrong: dict[str, Any], doubt: Doubt) -> None:
    world = World(wrong={"/members/29:jade": without(member(JADE, "Jade"), **wrong)})
    assert await doubt_here(world, TO_JADE) is doubt


async def test_a_person_under_whose_id_somebody_else_is_found_is_a_doubt() -> None:
    assert await doubt_here(World(wrong={"/members/29:jade": member(SAM, "Sam")}), TO_JADE) is Doubt.UNKNOWN


async def test_a_person_who_is_not_there_any_more_is_no_such_place() -> None:
    assert await doubt_here(World(members=[]), TO_JADE) is Doubt.NO_SUCH_PLACE


async def test_a_person_who_never_spoke_is_found_in_the_team_and_looked_up_in_their_own_chat() -> None:
    async with looking(World()) as (place, places):
        assert await places.doubt(TO_SAM, READERS) is Doubt.NONE
        assert place.cloud.calls[-1].plain == "/v3/conversations/a:29:sam/members/29:sam"


# --- never safe by chance ---

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ENDINGS = ["/pagedmembers", f"teams/{TEAM}", f"teams/{TEAM}/conversations", f"teams/{GROUP}"]


@given(st.sampled_from(ENDINGS), json_values)
@settings(max_examples=60, deadline=None)
async def test_nothing_strange_that_a_look_up_says_is_ever_safe(ending: str, said: Any) -> None:
    assert await doubt_here(World(wrong={ending: lambda _: web.json_response(said)})) is not Doubt.NONE


@given(st.sampled_from(["id", "aadObjectId", "objectId", "userRole", "tenantId"]), json_values)
@settings(max_examples=150)
def test_a_member_with_anything_strange_about_who_they_are_is_a_doubt(field: str, value: Any) -> None:
    changed = {**member(JADE, "Jade"), field: value}
    harmless = value in (None, "") and field in ("userRole", "tenantId")
    harmless = harmless or value is None or field == "id"
    assert harmless or doubt_of_member(changed, US) is not Doubt.NONE


def test_a_member_as_they_should_be_is_none() -> None:
    assert doubt_of_member(member(JADE, "Jade"), US) is Doubt.NONE
    assert doubt_of_member(member(JADE, "Jade", tenantId=TENANT.upper()), US) is Doubt.NONE


# --- five seconds ---


async def test_one_look_up_serves_a_place_for_five_seconds() -> None:
    world = World()
    async with looking(world) as (place, places):
        assert await asyncio.gather(*(places.doubt(TO_CHANNEL, READERS) for _ in range(10))) == [Doubt.NONE] * 10
        calls = len(place.cloud.calls)
        place.seconds.now += 4.9
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.NONE
        assert await places.doubt(TO_CHANNEL, frozenset()) is Doubt.STRANGER
        assert len(place.cloud.calls) == calls
        world.graph = {"visibility": "public"}
        place.seconds.now += 0.2
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.PUBLIC


@pytest.mark.parametrize("told", [CHANNEL, TEAM])
async def test_a_change_that_teams_tells_of_in_the_channel_or_its_team_is_looked_at_again_at_once(told: str) -> None:
    world = World()
    async with looking(world) as (_, places):
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.NONE
        world.members.append(member(STRANGER, "Alex"))
        places.forget(told)
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.STRANGER


async def test_a_change_during_a_look_up_counts_for_those_who_wait() -> None:
    world, asked, go_on = World(), asyncio.Event(), asyncio.Event()

    async def slow(_: Any) -> Any:
        asked.set()
        before = list(world.members)
        await go_on.wait()
        return {"members": before}

    world.wrong["/pagedmembers"] = slow
    async with looking(world) as (_, places):
        waiting = asyncio.create_task(places.doubt(TO_CHANNEL, READERS))
        await asked.wait()
        world.members.append(member(STRANGER, "Alex"))
        places.forget(CHANNEL)
        go_on.set()
        assert await waiting is Doubt.STRANGER


async def test_a_look_up_that_failed_serves_nobody_who_comes_later() -> None:
    world = World(wrong={"/pagedmembers": lambda _: refused(500)})
    async with looking(world) as (_, places):
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.UNCHECKED
        world.wrong.clear()
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.NONE


async def test_a_place_is_looked_up_where_teams_speaks_from_now() -> None:
    world = World()
    async with looking(world) as (place, places):
        old = f"{place.cloud.url}old/"
        await place.addresses.keep(TO_CHANNEL, place.address(CHANNEL, service_url=old, team=TEAM, group=GROUP))
        await place.addresses.keep(TO_SAM, place.address("a:sam"))
        world.wrong = {f"/old/v3/teams/{TEAM}/conversations": lambda _: refused(403, "WrongGeo")}
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.NONE
        found = await place.addresses.of(TO_CHANNEL)
        assert found
        assert found.service_url == place.cloud.url


async def test_in_local_mode_nothing_is_asked_of_graph() -> None:
    async with looking(World()) as (place, _):
        local = Us("", "")
        places = Places(place.connector, NoGraph(), Addresses(place.shelf, local, place.urls), local, place.seconds)
        assert await places.doubt(TO_CHANNEL, READERS) is Doubt.NONE
        assert not any("graph" in call.path for call in place.cloud.calls)
