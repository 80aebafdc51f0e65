"""What is told past the outbox is not lost to one refusal of Teams, nor ahead of what matters more (I12, P3)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.teams.send import teams_pace
from bot.errors import SendAmbiguous, SendFailed, SendGone, SendRefused
from bot.message import Lane
from tests.slack_reception import everything_logged
from tests.teams_reception import BOT, JADE, JADE_HERE, TO_JADE, Desk, Known, activity, said
from tests.teams_school import TEACHER, teams_school

ADDED = activity("conversationUpdate", membersAdded=[{"id": BOT}, {"id": JADE_HERE, "aadObjectId": JADE}])
NUMBERS = [(TO_JADE, "01632 960001")]


def waited(desk: Desk, since: Any) -> float:
    return float((desk.clock.now() - since).total_seconds())


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (SendFailed("throttled", 7.5), 7.5),
        (SendFailed("throttled", 600), 30),
        (SendFailed("unavailable"), 1),
        (SendAmbiguous("timeout"), 1),
    ],
    ids=str,
)
async def test_what_was_not_taken_is_told_again_after_as_long_as_was_asked(fault: Exception, seconds: float) -> None:
    desk = Desk()
    began, desk.door.faults = desk.clock.now(), [fault, fault]
    await desk.take(said("oncall"))
    assert desk.told == NUMBERS
    assert (desk.door.tries, waited(desk, began)) == (3, 2 * seconds)


async def test_it_is_tried_three_times_and_what_is_refused_only_once() -> None:
    for fault, tries in ((SendFailed("throttled"), 3), (SendRefused("blocked"), 1), (SendGone("gone"), 1)):
        desk = Desk()
        desk.door.fault = fault
        with everything_logged() as logged:
            await desk.take(said("oncall"))
        assert (desk.door.tries, desk.told) == (tries, [])
        assert "not_shown" in logged.text


async def test_a_first_page_and_a_pupils_numbers_are_told_again_too() -> None:
    desk = Desk()
    desk.door.faults = [SendFailed("throttled", 2)]
    await desk.take(ADDED)
    desk.people.people[JADE], desk.bot.answer = Known(outside=True), desk.bot.numbers()
    desk.door.faults = [SendAmbiguous("timeout")]
    await desk.take(said("help"))
    assert desk.told == [(TO_JADE, "Welcome"), *NUMBERS]


async def test_each_try_takes_its_place_behind_all_that_others_wait_for() -> None:
    desk = Desk()
    began, desk.door.holds, desk.door.faults = desk.clock.now(), [4.0, 0.5], [SendFailed("throttled")]
    await desk.take(said("oncall"))
    assert desk.door.held == [(TO_JADE, Lane.COSMETIC, False)] * 4
    assert (desk.told, waited(desk, began)) == (NUMBERS, 4 + 0.5 + 1)


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": "2"}, {"status": 412}, {"status": 502}], ids=str)
async def test_the_numbers_reach_a_teacher_whom_teams_refuses_once(tmp_path: Path, fault: dict[str, Any]) -> None:
    async with teams_school(tmp_path) as here:
        before = len(here.teams.from_bot(TEACHER))
        refused = here.teams.fault("status", "activities.send", times=1, **fault)
        await here.teams.say(TEACHER, "oncall")
        while not refused.hits:
            await here.clock.pause(0.01)
        await here.clock.pause(0.01)
        await here.passes(seconds=3)
        assert refused.hits == 1
        assert len(here.teams.from_bot(TEACHER)) == before + 1


async def test_a_flood_of_numbers_leaves_room_for_what_others_wait_for(tmp_path: Path) -> None:
    async with teams_school(tmp_path, pace=teams_pace()) as here:
        await here.passes(minutes=1)
        before = len(here.teams.from_bot(TEACHER))
        for _ in range(10):
            await here.teams.say(TEACHER, "oncall")
        assert here.tenant.door.hold(TO_JADE, Lane.HANDOFF, in_place=False) == 0.0
        assert len(here.teams.from_bot(TEACHER)) - before < 6
        while here.tenant._reception.behind._tasks:
            here.clock.advance(timedelta(seconds=1))
            await here.clock.pause(0.01)
        assert len(here.teams.from_bot(TEACHER)) - before == 10
