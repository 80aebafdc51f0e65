"""A pupil's or guest's account that writes without end costs nobody anything; no other word is ever left out (T65)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.teams.outsiders import _REMEMBERED, Outsiders
from bot.errors import StoreUnavailable
from bot.message import Action, Button, Card, Passage, Person, Press
from tests.slack_reception import StillClock
from tests.teams_reception import (
    JADE,
    TO_JADE,
    Desk,
    Known,
    activity,
    data_of,
    event,
    executed,
    fetched,
    in_channel,
    in_group,
    said,
    submitted,
)
from tests.teams_school import GUEST, PUPIL, TEACHER, TeamsSchool, teams_school

ACK = Button("I have it", Press(Action.ACKNOWLEDGE, "SAFE-2026-0001", 3))
OPEN = Button("Open case", Press(Action.OPEN_CASE, "SAFE-2026-0001", 3))
AWAY = Card("A sentence", passages=(Passage(("Only from staff. 01632 960001",)),))
EDIT = event(said("again", type="messageUpdate"), "editMessage")
ALL_WAYS = [
    said("help"),
    said("oncall"),
    said("help", **in_channel()),
    said("help", **in_group()),
    EDIT,
    submitted(data_of(ACK)),
]


@pytest.fixture
def desk() -> Desk:
    """Where Jade is a pupil."""
    desk = Desk()
    desk.people.people[JADE] = Known(outside=True)
    desk.bot.answer = AWAY
    return desk


@pytest.mark.parametrize("body", ALL_WAYS, ids=lambda body: f"{body['type']} {body.get('text')}")
async def test_an_outsider_is_answered_once_a_minute_whatever_they_do(desk: Desk, body: dict[str, Any]) -> None:
    await desk.take(said("hello"))
    for seconds in (0, 1, 58):
        desk.clock.at += timedelta(seconds=seconds)
        await desk.take({**body, "id": f"2{seconds}"})
    assert (len(desk.bot.heard), len(desk.told)) == (1, 1)
    desk.clock.at += timedelta(seconds=1)
    await desk.take({**body, "id": "3"})
    assert len(desk.told) == 2


async def test_an_outsider_who_brings_the_bot_to_one_chat_after_another_is_answered_once(desk: Desk) -> None:
    for number in range(20):
        where = {**in_group(), "conversation": {"id": f"19:{number}@thread.v2", "conversationType": "groupChat"}}
        await desk.take(activity("installationUpdate", action="add", id=str(number), **where))
    assert (len(desk.bot.heard), len(desk.told)) == (1, 1)


async def test_whoever_asked_who_is_on_call_was_answered(desk: Desk) -> None:
    for text in ("oncall", "oncall", "help"):
        await desk.take(said(text))
    assert (desk.told, desk.bot.heard) == ([(TO_JADE, "01632 960001")], [])


async def test_a_press_within_the_minute_is_answered_with_the_numbers_and_never_as_if_it_counted(desk: Desk) -> None:
    await desk.take(said("hello"))
    for body in (executed(data_of(ACK)), fetched(data_of(OPEN))):
        answer = await desk.take(body)
        assert "01632 960001" in str(answer.body)
    assert (len(desk.bot.heard), len(desk.told)) == (1, 1)


@pytest.mark.parametrize("known", [Known(), Known(unverified=True)], ids=["staff", "in doubt"])
async def test_of_staff_and_of_those_in_doubt_every_word_is_heard(desk: Desk, known: Known) -> None:
    desk.people.people[JADE] = known
    for _ in range(30):
        await desk.take(said("help"))
        await desk.take(said("oncall"))
    assert (len(desk.bot.heard), len(desk.told)) == (30, 60)


async def test_whose_account_nobody_knows_is_never_limited(desk: Desk) -> None:
    nobody = {"from": {"id": "29:anonymous", "name": "Ash Example"}}
    for number in range(3):
        await desk.take(said("help", id=f"{number}", **nobody))
        await desk.take(said("help", id=f"{number}", **nobody, **in_group()))
    assert len(desk.bot.heard) == 6


async def test_what_broke_was_no_answer(desk: Desk) -> None:
    desk.bot.fault = StoreUnavailable("the books")
    with pytest.raises(StoreUnavailable):
        await desk.take(said("help"))
    desk.bot.fault = None
    await desk.take(said("help"))
    assert len(desk.told) == 1


async def test_one_outsider_says_nothing_of_another(desk: Desk) -> None:
    other = "5a000000-0000-4000-8000-000000000002"
    desk.people.people[other] = Known(outside=True)
    await desk.take(said("help"))
    await desk.take(said("help", **{"from": {"id": "29:sam", "aadObjectId": other, "name": "Sam Example"}}))
    assert len(desk.told) == 2


def test_memory_holds_so_many_and_no_more() -> None:
    outsiders = Outsiders(StillClock())
    people = [Person("teams", str(number)) for number in range(_REMEMBERED + 1)]
    for who in people:
        with outsiders.answering(who):
            pass
    assert [outsiders.are_answered(who) for who in (people[0], people[1], people[-1])] == [False, True, True]


# --- in a school ---


async def flood(here: TeamsSchool, who: str, text: str) -> tuple[int, int]:
    """What a hundred messages bring about: posts, and rows of the audit."""
    posts, rows = len(here.teams.from_bot(who)), here.count("audit")
    for _ in range(100):
        await here.teams.say(who, text)
    await here.settles()
    return len(here.teams.from_bot(who)) - posts, here.count("audit") - rows


@pytest.mark.parametrize("who", [PUPIL, GUEST])
@pytest.mark.parametrize("text", ["spam", "oncall"])
async def test_a_hundred_messages_of_an_outsider_are_one_answer(tmp_path: Path, who: str, text: str) -> None:
    async with teams_school(tmp_path) as here:
        posts, rows = await flood(here, who, text)
        assert posts == 1
        assert rows <= 1
        assert here.count("cases") == 0


async def test_a_teacher_inside_the_flood_is_heard(tmp_path: Path) -> None:
    async with teams_school(tmp_path) as here:
        await flood(here, PUPIL, "spam")
        await here.says("A girl in my form has just told me a picture of her is going round", TEACHER)
        assert here.count("cases") == 1
        assert "in danger right now?" in here.reads(TEACHER)
        posts, _ = await flood(here, TEACHER, "oncall")
        assert posts == 100
