"""What goes to Teams arrives once, or somebody is told by another way, whatever Microsoft answers (P2-P5, F6)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.on_the_way import FIRST
from tests.teams.fake import text_of
from tests.teams_delivering import ACADEMY, DANGER, DEPUTY, DSL, HELLO, cards, chat, hands_off, posts, waits
from tests.teams_school import (
    NORTH,
    OTHER_TEACHER,
    PRIMARY,
    SOUTH,
    STAFFROOM,
    TEACHER,
    TeamsSchool,
    by_practice_clock,
    teams_school,
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as it:
        yield by_practice_clock(it)


# --- asked to wait ---


WINDOWS = [("0", 1), ("30", 30), (None, 30), ("soon", 30), ("-5", 1), ("date", 28)]


def asked_to_wait(value: str | None) -> str | None:
    return formatdate(time.time() + 30, usegmt=True) if value == "date" else value


@pytest.mark.parametrize(("value", "window"), WINDOWS)
async def test_within_the_time_teams_asked_for_nothing_is_sent_there_and_after_it_everything_once(
    here: TeamsSchool, value: str | None, window: int
) -> None:
    place, before = chat(here, TEACHER), len(posts(here, chat(here, TEACHER)))
    here.teams.fault("status", "activities.send", place=place, status=429, retry_after=asked_to_wait(value))
    await here.says(FIRST)
    assert len(posts(here, place)) == before + 1
    for _ in range(3 if window > 3 else 0):
        await here.passes(seconds=(window - 2) / 3)
        assert len(posts(here, place)) == before + 1
    await here.says("A boy in my form has just told me something", OTHER_TEACHER)
    assert DANGER in here.reads(OTHER_TEACHER)
    await waits(here)
    assert [here.reads(TEACHER).count(words) for words in (HELLO, DANGER)] == [1, 1]


@pytest.mark.parametrize("wait", ["30", "3600"])
async def test_a_channel_that_is_asked_to_wait_for_keeps_no_lead_waiting(here: TeamsSchool, wait: str) -> None:
    here.teams.fault("status", "conversations.create", place=NORTH, status=429, retry_after=wait)
    await hands_off(here)
    assert len(cards(here, DSL)) == 1
    await waits(here, 9, 3)
    assert len(posts(here, NORTH)) == 1
    await waits(here, 1, int(wait) - 25)
    assert len(cards(here, NORTH)) == 1
    assert len(cards(here, DSL)) == 1


async def test_when_nobody_can_be_told_for_an_hour_it_goes_on_to_whoever_can(here: TeamsSchool) -> None:
    here.teams.fault("status", "conversations.create", place=NORTH, times=0, status=429, retry_after="3600")
    here.teams.fault("status", "activities.send", place=chat(here, DSL), times=0, status=429, retry_after="3600")
    await hands_off(here)
    await waits(here, 2, 61)
    assert len(cards(here, DEPUTY)) == 1
    assert cards(here, DSL) == []


async def test_a_look_up_that_is_throttled_is_not_made_again_within_its_time_and_the_lead_is_told(
    here: TeamsSchool,
) -> None:
    looked = here.teams.fault("status", "members.page", place=NORTH, status=429, retry_after="40")
    await hands_off(here)
    await waits(here, 6, 5)
    assert (looked.hits, len(here.teams.calls("members.page", place=NORTH))) == (1, 1)
    assert cards(here, NORTH) == []
    assert len(cards(here, DSL)) == 1
    await waits(here, 3)
    assert len(cards(here, NORTH)) == 1


async def test_updates_that_are_asked_to_wait_wait_and_the_last_word_arrives(here: TeamsSchool) -> None:
    await hands_off(here)
    here.teams.fault("status", "activities.update", place=NORTH, status=429, retry_after="30")
    await here.presses_on(DSL, "Acknowledge", DSL)
    updates = len(here.teams.calls("activities.update", place=NORTH))
    assert updates == 1
    await waits(here, 9, 3)
    assert len(here.teams.calls("activities.update", place=NORTH)) == updates
    await waits(here, 3)
    assert "Acknowledged by the DSL" in here.channel_reads()


@pytest.mark.parametrize("status", [412, 429])
async def test_what_was_certainly_not_taken_is_said_again_and_stands_once(here: TeamsSchool, status: int) -> None:
    here.teams.fault("status", "activities.send", place=chat(here, TEACHER), status=status, times=2, retry_after="2")
    here.teams.fault("status", "conversations.create", place=NORTH, status=status, times=2, retry_after="2")
    await here.says(FIRST)
    await waits(here)
    await here.says("no")
    await here.submits_place()
    await here.presses("Send now")
    await waits(here)
    assert [here.reads(TEACHER).count(words) for words in (HELLO, "Danger right now:")] == [1, 1]
    assert [len(cards(here, place)) for place in (NORTH, DSL)] == [1, 1]


# --- nobody knows whether it arrived ---


AMBIGUOUS: dict[str, dict[str, Any]] = {
    "answer lost": {"kind": "drop_after_accept"},
    "reset": {"kind": "reset"},
    "request lost": {"kind": "drop_before"},
    **{f"{code}, done": {"kind": "status", "status": code, "performed": True} for code in (408, 500, 502, 503, 504)},
    **{f"{code}, not done": {"kind": "status", "status": code} for code in (500, 502, 503, 504)},
    "a redirect": {"kind": "redirect", "location": "http://127.0.0.1:9/"},
    "a page, done": {"kind": "garbage", "performed": True},
    "a page, not done": {"kind": "garbage"},
    "half an answer": {"kind": "truncated"},
    "no id": {"kind": "missing", "field": "id"},
}
_NOT_DONE = frozenset({"request lost", "a redirect", *(name for name in AMBIGUOUS if name.endswith("not done"))})


@pytest.mark.parametrize("what", AMBIGUOUS)
async def test_a_handoff_is_repeated_once_with_the_same_reference(here: TeamsSchool, what: str) -> None:
    here.teams.fault(method="conversations.create", place=NORTH, **AMBIGUOUS[what])
    await hands_off(here)
    await waits(here)
    assert len(posts(here, NORTH)) == 2
    assert len(cards(here, NORTH)) == (1 if what in _NOT_DONE else 2)
    assert here.count("cases") == 1
    assert "With the safeguarding team of Example Academy North since 10:40" in here.reads(TEACHER)


async def test_a_handoff_that_is_doubtful_twice_is_not_posted_a_third_time_and_the_dsl_is_told(
    here: TeamsSchool,
) -> None:
    here.teams.fault("drop_after_accept", "conversations.create", place=NORTH, times=0)
    await hands_off(here)
    await waits(here)
    assert len(cards(here, NORTH)) == 2
    assert len(cards(here, DSL)) == 1


@pytest.mark.parametrize("what", AMBIGUOUS)
async def test_a_question_is_not_repeated_until_the_teacher_speaks(here: TeamsSchool, what: str) -> None:
    await here.says(FIRST)
    here.teams.fault(method="activities.send", place=chat(here, TEACHER), **AMBIGUOUS[what])
    before = len(posts(here, chat(here, TEACHER)))
    await here.says("no")
    await waits(here)
    assert len(posts(here, chat(here, TEACHER))) == before + 1
    asked = 0 if what in _NOT_DONE else 1
    assert here.reads(TEACHER).count(ACADEMY) == asked
    await here.says("hello? are you there")
    assert here.reads(TEACHER).count(ACADEMY) >= 1


async def test_a_lost_answer_to_an_update_is_made_good_in_place(here: TeamsSchool) -> None:
    await hands_off(here)
    here.teams.fault("drop_before", "activities.update", times=3)
    await here.presses_on(DSL, "Acknowledge", DSL)
    await waits(here)
    assert "Acknowledged by the DSL" in here.channel_reads()
    assert [len(cards(here, place)) for place in (NORTH, DSL)] == [1, 1]


# --- it will not be taken ---


@pytest.mark.parametrize("status", [403, 404, 400, 413])
async def test_a_channel_that_takes_nothing_is_passed_over_and_no_other_is_chosen(
    here: TeamsSchool, status: int
) -> None:
    here.teams.fault("status", "conversations.create", place=NORTH, status=status, times=0)
    await hands_off(here)
    await waits(here, 2, 61)
    assert len(posts(here, NORTH)) == 1
    assert len(cards(here, DSL)) == 1
    assert "With the DSL since 10:4" in here.reads(TEACHER)
    assert not {call.place for call in here.written()} & {SOUTH, PRIMARY, STAFFROOM}


async def test_where_the_app_was_taken_away_without_a_word_the_leads_are_told_one_to_one(here: TeamsSchool) -> None:
    await here.teams.uninstall(DSL, NORTH, told=False)
    await hands_off(here)
    assert posts(here, NORTH) == []
    assert len(cards(here, DSL)) == 1


@pytest.mark.parametrize("how", ["blocked", "uninstalled"])
async def test_a_lead_who_cannot_be_written_to_is_passed_over_at_once(here: TeamsSchool, how: str) -> None:
    await here.teams.uninstall(DSL, NORTH, told=False)
    here.teams.block(DSL) if how == "blocked" else await here.teams.uninstall(DSL, told=False)
    await hands_off(here)
    assert cards(here, DSL) == []
    assert len(cards(here, DEPUTY)) == 1


@pytest.mark.parametrize("place", ["channel", "chat"])
async def test_a_card_that_somebody_took_away_is_posted_anew_and_lives_on_there(here: TeamsSchool, place: str) -> None:
    await hands_off(here)
    (card,) = cards(here, NORTH if place == "channel" else DSL)
    here.teams.world.messages[card.room][card.id].deleted = True
    await here.presses_on(DSL if place == "channel" else NORTH, "Acknowledge", DSL)
    await waits(here)
    (again,) = cards(here, card.room)
    assert again.id != card.id
    assert "Acknowledged by the DSL" in text_of(again)
