"""Where people and channels are reached outlives the process, is written only when it changes, and is never trusted."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.addresses import Address, Addresses
from adapters.teams.us import ServiceUrls, Us
from bot.errors import StoreUnavailable
from bot.message import Destination, Reach
from tests.scripted_teams import BOT, CHANNEL, CHAT, DIRECT, ELSEWHERE, GROUP, JADE, TEAM, TENANT, US, MemoryShelf

UK, EMEA = "https://smba.trafficmanager.net/uk/", "https://smba.trafficmanager.net/emea/"
TO_JADE = Destination("teams", Reach.PERSON, JADE)
TO_CHANNEL, TO_CHAT = (Destination("teams", Reach.CHANNEL, id) for id in (CHANNEL, CHAT))
JADES = Address(UK, DIRECT, TENANT, BOT, person="29:jade")
LEADS = Address(UK, CHANNEL, TENANT, BOT, team=TEAM, group=GROUP)
GROUP_CHAT = Address(UK, CHAT, TENANT, BOT)


def addresses(shelf: MemoryShelf, us: Us = US, urls: ServiceUrls | None = None) -> Addresses:
    """As a process that has just begun."""
    return Addresses(shelf, us, urls or ServiceUrls())


async def kept(destination: Destination, address: Address) -> Address | None:
    """What another process finds."""
    shelf = MemoryShelf()
    await addresses(shelf).keep(destination, address)
    return await addresses(shelf).of(destination)


# --- kept ---


@pytest.mark.parametrize(("place", "address"), [(TO_JADE, JADES), (TO_CHANNEL, LEADS), (TO_CHAT, GROUP_CHAT)])
async def test_an_address_outlives_the_process(place: Destination, address: Address) -> None:
    assert await kept(place, address) == address


async def test_of_whom_nothing_was_ever_heard_nothing_is_known() -> None:
    new = addresses(MemoryShelf())
    assert (await new.of(TO_JADE), await new.gatherings(), await new.service_url()) == (None, (), "")


async def test_a_thread_of_a_channel_is_kept_as_the_channel_and_nobody_who_spoke_there_with_it() -> None:
    thread = replace(LEADS, conversation=f"{CHANNEL};messageid=1700", person="29:jade")
    assert await kept(TO_CHANNEL, thread) == LEADS


async def test_the_service_address_is_refreshed_each_time() -> None:
    shelf = MemoryShelf()
    here, there = addresses(shelf), addresses(shelf)
    await here.keep(TO_JADE, JADES)
    assert await there.service_url() == UK
    await here.keep(TO_JADE, replace(JADES, service_url=EMEA))
    assert await here.of(TO_JADE) == replace(JADES, service_url=EMEA)
    assert await there.service_url() == EMEA


async def test_only_what_changed_is_written() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    for _ in range(5):
        await books.keep(TO_JADE, JADES)
        await books.keep(TO_CHANNEL, LEADS)
    assert sorted(shelf.written) == sorted(
        [TO_JADE.key, "teams:service", TO_CHANNEL.key, f"teams:team:{TEAM}", "teams:gatherings"]
    )


async def test_what_one_activity_does_not_say_of_a_place_is_not_forgotten() -> None:
    books = addresses(MemoryShelf())
    await books.keep(TO_CHANNEL, LEADS)
    await books.keep(TO_CHANNEL, replace(LEADS, team="", group=""))
    assert await books.of(TO_CHANNEL) == LEADS
    await books.keep(TO_CHANNEL, replace(LEADS, team="19:new@thread.tacv2", group=""))
    assert await books.of(TO_CHANNEL) == replace(LEADS, team="19:new@thread.tacv2", group="")


async def test_teams_and_group_chats_are_gatherings_and_personal_chats_are_none() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    for place, address in ((TO_JADE, JADES), (TO_CHANNEL, LEADS), (TO_CHAT, GROUP_CHAT)):
        await books.keep(place, address)
    assert await addresses(shelf).gatherings() == (replace(LEADS, conversation=TEAM), GROUP_CHAT)


async def test_two_teams_that_are_met_at_once_are_both_kept() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    ids = [f"19:team{number}@thread.tacv2" for number in range(20)]
    await asyncio.gather(
        *(books.keep(Destination("teams", Reach.CHANNEL, id), Address(UK, id, TENANT, BOT, team=id)) for id in ids)
    )
    assert {found.team for found in await addresses(shelf).gatherings()} == set(ids)


def gathering(name: str, team: bool = True) -> tuple[Destination, Address]:
    """A team's own channel, or a group chat."""
    id = f"19:{name}@thread.{'tacv2' if team else 'v2'}"
    return Destination("teams", Reach.CHANNEL, id), Address(UK, id, TENANT, BOT, team=id if team else "")


async def known_places(shelf: MemoryShelf) -> list[str]:
    """By name, as another process finds them."""
    found = await addresses(shelf).gatherings()
    return [address.conversation.removeprefix("19:").partition("@")[0] for address in found]


async def test_the_list_of_gatherings_does_not_grow_without_end() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    for number in range(210):
        await books.keep(*gathering(f"team{number}"))
    found = await known_places(shelf)
    assert (len(found), found[0], found[-1]) == (200, "team209", "team10")


async def test_however_many_group_chats_come_no_team_falls_out() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    await books.keep(*gathering("north"))
    for number in range(250):
        await books.keep(*gathering(f"chat{number}", team=False))
    await books.keep(*gathering("south"))
    found = await known_places(shelf)
    assert found[:3] == ["south", "north", "chat249"]
    assert len(found) == 200


async def test_processes_that_meet_places_by_turns_lose_none_of_them() -> None:
    shelf = MemoryShelf()
    here, there = addresses(shelf), addresses(shelf)
    for number, books in enumerate((here, there) * 3):
        await books.keep(*gathering(f"team{number}"))
        await books.keep(*gathering(f"chat{number}", team=False))
    found = await known_places(shelf)
    assert set(found) == {f"{kind}{number}" for kind in ("team", "chat") for number in range(6)}


async def test_an_entry_that_another_process_overwrote_is_written_again() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    await books.keep(*gathering("north"))
    shelf.kept["teams:gatherings"] = json.dumps(["19:south@thread.tacv2"])
    await books.gatherings()
    await books.keep(*gathering("north"))
    assert set(await known_places(shelf)) == {"north"}
    assert "19:south@thread.tacv2" in json.loads(shelf.kept["teams:gatherings"])


@pytest.mark.parametrize("team", [True, False])
async def test_a_place_that_the_bot_was_taken_out_of_is_forgotten_everywhere_and_can_come_back(team: bool) -> None:
    shelf = MemoryShelf()
    here, there = addresses(shelf), addresses(shelf)
    place, address = gathering("staffroom", team)
    for books in (here, there):
        await books.keep(*gathering("north"))
        await books.keep(place, address)
    await here.forget(place, address)
    assert await known_places(shelf) == ["north"]
    assert await here.of(place) is await addresses(shelf).of(place) is None
    assert [found.conversation for found in await there.gatherings()] == ["19:north@thread.tacv2"]
    await there.keep(place, address, anew=True)
    assert await known_places(shelf) == (["staffroom", "north"] if team else ["north", "staffroom"])
    assert await here.of(place) == await addresses(shelf).of(place) == address


async def test_a_chat_that_the_app_was_taken_from_is_forgotten_and_can_come_back() -> None:
    shelf = MemoryShelf()
    here, there = addresses(shelf), addresses(shelf)
    for books in (here, there):
        await books.keep(TO_JADE, JADES)
    await here.forget(TO_JADE, JADES)
    assert await here.of(TO_JADE) is await addresses(shelf).of(TO_JADE) is None
    await there.keep(TO_JADE, JADES, anew=True)
    assert await here.of(TO_JADE) == JADES


async def test_what_just_came_is_reached_though_the_books_are_away() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    await books.keep(TO_JADE, JADES)
    shelf.broken = True
    with pytest.raises(StoreUnavailable):
        await books.keep(TO_JADE, JADES, anew=True)
    assert await books.of(TO_JADE) == JADES


async def test_books_that_cannot_be_written_say_so_and_nothing_is_taken_for_kept() -> None:
    shelf = MemoryShelf()
    books = addresses(shelf)
    shelf.broken = True
    with pytest.raises(StoreUnavailable):
        await books.keep(TO_JADE, JADES)
    shelf.broken = False
    await books.keep(TO_JADE, JADES)
    assert await addresses(shelf).of(TO_JADE) == JADES


# --- never trusted (T10) ---

BAD: list[tuple[Destination, Address]] = [
    (TO_JADE, replace(JADES, service_url="https://smba.trafficmanager.net.evil.example/")),
    (TO_JADE, replace(JADES, service_url="https://evilsmba.trafficmanager.net/")),
    (TO_JADE, replace(JADES, service_url="https://x.smba.trafficmanager.net/")),
    (TO_JADE, replace(JADES, service_url="http://127.0.0.1:3978/")),
    (TO_JADE, replace(JADES, service_url="")),
    (TO_JADE, replace(JADES, tenant=ELSEWHERE)),
    (TO_JADE, replace(JADES, tenant="")),
    (TO_JADE, replace(JADES, conversation="")),
    (TO_JADE, replace(JADES, conversation=CHAT)),
    (TO_JADE, replace(JADES, conversation=f"{CHANNEL};messageid=1700")),
    (TO_CHANNEL, replace(LEADS, conversation="19:another@thread.tacv2")),
    (TO_CHANNEL, replace(LEADS, conversation=DIRECT)),
    (TO_CHANNEL, replace(LEADS, service_url="https://evil.example/")),
]


@pytest.mark.parametrize(("place", "address"), BAD)
async def test_what_is_no_address_of_that_place_is_neither_kept_nor_believed(
    place: Destination, address: Address
) -> None:
    shelf = MemoryShelf()
    await addresses(shelf).keep(place, address)
    assert shelf.written == []
    shelf.kept = {place.key: json.dumps(asdict(address)), "teams:service": address.service_url}
    assert await addresses(shelf).of(place) is None


async def test_a_hostile_service_address_on_the_shelf_is_none() -> None:
    shelf = MemoryShelf()
    shelf.kept = {
        "teams:service": "https://evil.example/",
        "teams:gatherings": json.dumps([TEAM]),
        f"teams:team:{TEAM}": json.dumps(asdict(replace(LEADS, service_url="https://evil.example/"))),
    }
    assert (await addresses(shelf).service_url(), await addresses(shelf).gatherings()) == ("", ())


async def test_a_host_that_is_allowed_no_longer_is_none_any_more() -> None:
    shelf = MemoryShelf()
    await addresses(shelf, urls=ServiceUrls(frozenset({"old.example"}))).keep(
        TO_JADE, replace(JADES, service_url="https://old.example/")
    )
    assert len(shelf.written) == 2
    assert await addresses(shelf).of(TO_JADE) is None


async def test_in_local_mode_the_tenant_is_not_looked_at_and_only_this_computer_is_spoken_to() -> None:
    shelf, urls = MemoryShelf(), ServiceUrls(loopback=True)
    local = addresses(shelf, Us("", ""), urls)
    here = replace(JADES, service_url="http://127.0.0.1:56150/", tenant="any")
    await local.keep(TO_JADE, here)
    assert await local.of(TO_JADE) == here
    await local.keep(TO_JADE, JADES)
    assert await local.of(TO_JADE) == here


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.text() | json_values.map(json.dumps), st.sampled_from([*asdict(JADES)]), json_values)
@settings(max_examples=100)
async def test_what_cannot_be_read_is_unknown(text: str, field: str, value: Any) -> None:
    shelf = MemoryShelf()
    shelf.kept = {TO_JADE.key: text, "teams:gatherings": text}
    assert await addresses(shelf).of(TO_JADE) is None
    assert await addresses(shelf).gatherings() == ()
    shelf.kept = {TO_JADE.key: json.dumps({**asdict(JADES), field: value})}
    found = await addresses(shelf).of(TO_JADE)
    assert found is None or isinstance(value, str)


async def test_a_word_more_than_ours_is_not_ours() -> None:
    shelf = MemoryShelf()
    shelf.kept = {TO_JADE.key: json.dumps({**asdict(JADES), "more": ""})}
    assert await addresses(shelf).of(TO_JADE) is None
    shelf.kept = {TO_JADE.key: json.dumps(asdict(JADES))}
    assert await addresses(shelf).of(TO_JADE) == JADES
