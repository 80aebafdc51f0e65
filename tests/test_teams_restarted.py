"""The bot writes to whom it knows by itself, after any restart, and finds whom it never heard from (proactive).

Nobody says anything to it in between: whatever it needs stands in the books, or is found in Teams.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.ports import Tx
from tests.on_the_way import FIRST
from tests.teams.fake import Room, text_of, thread
from tests.teams_delivering import DANGER, DEPUTY, DSL, cards, chat, hands_off, posts, restarted, waits
from tests.teams_school import NORTH, TEACHER, TeamsSchool, by_practice_clock, teams_school

OTHER_CHANNEL = thread("north, another channel")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as it:
        yield by_practice_clock(it)


@pytest.fixture
async def unmet(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    """Everybody has the app and it stands in North's team, but of nobody has the bot ever heard."""
    async with teams_school(tmp_path, met=False) as it:
        yield by_practice_clock(it)


def heard(here: TeamsSchool) -> int:
    return len(here.teams.deliveries())


# --- what was heard from before ---


async def test_after_a_restart_people_and_channels_are_written_to_without_a_word_from_anybody(
    here: TeamsSchool,
) -> None:
    await hands_off(here)
    said = heard(here)
    async with restarted(here) as again:
        await again.passes(minutes=20)
        assert heard(again) == said
        assert len(cards(again, DEPUTY)) == 1
        assert "Nobody has acknowledged it" in again.reads(TEACHER)
        (card,) = cards(again, NORTH)
        assert card.versions > 1


async def test_what_waited_when_the_process_ended_leaves_after_the_restart_and_once(here: TeamsSchool) -> None:
    here.teams.fault("status", "conversations.create", place=NORTH, status=429, retry_after="30")
    await hands_off(here)
    assert cards(here, NORTH) == []
    said = heard(here)
    async with restarted(here) as again:
        await waits(again)
        assert heard(again) == said
        assert len(cards(again, NORTH)) == 1


async def test_a_card_of_before_the_restart_is_changed_in_place_after_it(here: TeamsSchool) -> None:
    await hands_off(here)
    async with restarted(here) as again:
        await again.presses_on(NORTH, "Acknowledge", DSL)
        (card,) = cards(again, NORTH)
        assert "Acknowledged by the DSL" in text_of(card)
        assert "Acknowledged by the DSL" in again.reads(TEACHER)


async def test_ten_restarts_in_a_row_say_nothing_twice(here: TeamsSchool) -> None:
    await hands_off(here)
    before = len(posts(here))
    for _ in range(10):
        async with restarted(here) as again:
            await again.passes(seconds=1)
    assert len(posts(here)) == before


# --- whom it has never heard from ---


async def test_a_lead_who_never_wrote_is_found_in_a_team_that_is_known_and_their_chat_is_opened(
    unmet: TeamsSchool,
) -> None:
    here = unmet
    await here.teams.install(DEPUTY, NORTH)
    here.teams.fault("status", "conversations.create", place=NORTH, status=403, times=0)
    await hands_off(here)
    assert len(here.teams.calls("conversations.create", place=here.teams.world.who(DSL).id, performed=True)) == 1
    assert len(cards(here, DSL)) == 1
    async with restarted(here) as again:
        await again.passes(minutes=20)
        assert len(again.teams.calls("conversations.create", place=again.teams.world.who(DSL).id)) == 1


async def test_of_a_lead_who_is_in_no_team_of_the_bot_nothing_is_known_and_the_next_is_told(
    unmet: TeamsSchool,
) -> None:
    here = unmet
    await here.teams.install(DEPUTY)
    await hands_off(here)
    assert posts(here, NORTH) == []
    assert cards(here, DSL) == []
    assert len(cards(here, DEPUTY)) == 1


async def test_a_lead_in_the_team_who_does_not_have_the_app_is_passed_over_for_the_next(unmet: TeamsSchool) -> None:
    here = unmet
    await here.teams.install(DEPUTY, NORTH)
    here.teams.world.who(DSL).installed = False
    here.teams.fault("status", "conversations.create", place=NORTH, status=403, times=0)
    await hands_off(here)
    assert cards(here, DSL) == []
    assert len(cards(here, DEPUTY)) == 1


async def test_a_channel_that_nobody_ever_wrote_in_is_found_in_its_team(unmet: TeamsSchool) -> None:
    here = unmet
    here.teams.world.teams[NORTH].channels[OTHER_CHANNEL] = ("Cases", "standard")
    here.teams.world.rooms[OTHER_CHANNEL] = Room(OTHER_CHANNEL, "channel", "Cases", team=NORTH)
    trust = here.file.parent / "trust.toml"
    trust.write_text(trust.read_text(encoding="utf-8").replace(NORTH, OTHER_CHANNEL), encoding="utf-8")
    await here.teams.install(DEPUTY, NORTH)
    await hands_off(here)
    assert len(cards(here, OTHER_CHANNEL)) == 1
    assert posts(here, NORTH) == []
    assert [call for call in here.teams.calls("teams.channels") if call.path["team"] == NORTH]


# --- where Teams is spoken to ---


async def test_when_teams_moves_the_next_word_from_anybody_takes_everything_there(here: TeamsSchool) -> None:
    here.teams.fault("status", "conversations.create", place=NORTH, status=429, retry_after="30")
    await hands_off(here)
    here.teams.move("emea")
    await here.says("Jade Example, year 9")
    await waits(here)
    assert [call.path["geo"] for call in posts(here, NORTH) if call.performed] == ["emea"]
    assert [len(cards(here, place)) for place in (NORTH, DSL)] == [1, 1]
    assert "Who told you, or how did it come to light?" in here.reads(TEACHER)


async def test_whoever_has_not_spoken_since_teams_moved_is_written_to_there_too(here: TeamsSchool) -> None:
    here.teams.move("emea")
    await hands_off(here)
    await here.passes(minutes=20)
    assert [len(cards(here, place)) for place in (NORTH, DSL, DEPUTY)] == [1, 1, 1]
    kept = here.rows("select count(*) from addresses")
    async with restarted(here) as again:
        refused = len([call for call in again.teams.calls() if call.status == 403])
        await again.presses_on(NORTH, "Acknowledge", DSL)
        assert "Acknowledged by the DSL" in again.reads(TEACHER)
        assert len([call for call in again.teams.calls() if call.status == 403]) == refused
        assert again.rows("select count(*) from addresses") == kept


EVIL = [
    "http://collect.example/uk/",
    "https://smba.trafficmanager.net/uk/",
    "http://127.0.0.1@collect.example/uk/",
    "http://127.0.0.1.collect.example/uk/",
    "http://localhost%2ecollect.example/uk/",
    "http://[2001:db8::1]/uk/",
]


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name that is looked up on the way to wherever anything is sent."""
    import socket

    names: list[str] = []
    real: Callable[..., object] = socket.getaddrinfo

    def noted(host: str, *more: object, **named: object) -> object:
        names.append(str(host))
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    return names


@pytest.mark.parametrize("evil", EVIL)
async def test_an_address_that_somebody_altered_in_the_books_is_never_used(
    here: TeamsSchool, evil: str, asked_for: list[str]
) -> None:
    places = [f"teams:channel:{NORTH}", f"teams:team:{NORTH}", f"teams:person:{DSL}", "teams:service"]
    for place in places:
        await here.store.transact(partial(_alter, place, evil))
    async with restarted(here) as again:
        await hands_off(again)
        await waits(again)
        assert [len(cards(again, place)) for place in (NORTH, DSL, DEPUTY)] == [0, 0, 1]
        assert set(asked_for) <= {"127.0.0.1"}
        hosts = {call.host for call in again.teams.calls() if call.token}
        assert hosts == {again.teams.address.removeprefix("http://")}


def _alter(place: str, evil: str, tx: Tx) -> None:
    kept = tx.address(place)
    assert kept is not None
    tx.keep_address(place, evil if place == "teams:service" else json.dumps({**json.loads(kept), "service_url": evil}))


async def test_a_name_that_is_looked_up_would_be_seen(here: TeamsSchool, asked_for: list[str]) -> None:
    url = replace(here.tenant.way.endpoints, graph="http://collect.example.invalid/v1.0").graph
    with pytest.raises(Exception, match="collect"):
        await here.tenant._session.get(url)
    assert "collect.example.invalid" in asked_for


async def test_a_first_message_after_a_restart_is_heard_as_any_other(here: TeamsSchool) -> None:
    async with restarted(here) as again:
        await again.says(FIRST)
        assert again.reads(TEACHER).count(DANGER) == 1
        assert len(posts(again, chat(again, TEACHER))) >= 2
