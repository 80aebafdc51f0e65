"""Never half lost: a nudge after five silent minutes, after fifteen what is known goes to the lead (P10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message import Action
from tests.on_the_way import FIRST, answers, goes_to, lead_reads, refs, restarted, say, step_now
from tests.school import School, school

_ESSENTIALS = ("danger", "academy", "child", "came_from", "words", "pictured_ages", "adult_involved", "pressure")
_MINUTE = timedelta(minutes=1)
_NUDGES = ("silence.nudge", "silence.nudge_place", "silence.nudge_blind", "silence.nudge_sent")


def _nudges(here: School) -> int:
    return sum(here.reads("teacher").count(say(key)) for key in _NUDGES)


async def test_five_silent_minutes_bring_one_nudge_and_not_a_second_before(here: School) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=4, seconds=50)
    assert _nudges(here) == 0
    await here.passes(seconds=20)
    assert here.reads("teacher").count(say("silence.nudge")) == 1
    for _ in range(9):
        await here.passes(minutes=1)
    assert _nudges(here) == 1


async def test_each_further_silence_may_bring_a_nudge_of_its_own(here: School) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=6)
    await here.says("He said he would show everyone")
    assert _nudges(here) == 1
    await here.passes(minutes=6)
    assert _nudges(here) == 2


async def test_a_nudge_says_only_what_is_true_of_the_words_at_that_moment(here: School) -> None:
    await here.says(FIRST)
    await here.passes(minutes=6)
    assert say("silence.nudge_place") in here.reads("teacher")
    await here.presses("Send now")
    await here.passes(minutes=6)
    assert say("silence.nudge_blind") in here.reads("teacher")
    await here.presses("No, not that I know of")
    await answers(here)
    await here.passes(minutes=6)
    assert say("silence.nudge_sent") in here.reads("teacher")


async def test_fifteen_silent_minutes_send_what_is_known_marked_incomplete_and_the_teacher_is_told(
    here: School,
) -> None:
    await goes_to(here, "pictured_ages")
    await here.passes(minutes=14, seconds=50)
    assert not here.channel()
    await here.passes(seconds=20)
    assert say("post.incomplete") in here.channel_reads()
    assert say("silence.sent") in here.reads("teacher")
    assert say("steps.title") in here.reads("teacher")
    assert FIRST in await lead_reads(here)


async def test_it_is_sent_once_and_told_once(here: School) -> None:
    await goes_to(here, "pictured_ages")
    for _ in range(40):
        await here.passes(minutes=1)
    assert here.reads("teacher").count(say("silence.sent")) == 1
    assert here.rows("select count(*) from audit where action = 'sent'") == [(1,)]


async def test_every_word_starts_both_clocks_again(here: School) -> None:
    await goes_to(here, "child")
    for minute in range(4):
        await here.passes(minutes=4)
        await here.says(f"note {minute} about it, and more that is no answer" if minute else "Jade Example, year 9")
    assert _nudges(here) == 0
    assert not here.channel()
    await here.passes(minutes=14)
    assert not here.channel()
    await here.passes(minutes=2)
    assert here.channel()


@pytest.mark.parametrize("step", _ESSENTIALS)
async def test_whoever_goes_silent_at_any_of_the_essentials_is_known_to_a_lead(here: School, step: str) -> None:
    await goes_to(here, step)
    assert not here.places()
    await here.passes(minutes=16)
    place_known = _ESSENTIALS.index(step) > _ESSENTIALS.index("academy")
    assert bool(here.channel()) == place_known
    assert (say("blind.notice") in here.reads("trust-lead")) == (not place_known)


async def test_silence_on_the_stop_question_still_hands_off(here: School) -> None:
    await goes_to(here, "words")
    await here.presses("Stop")
    assert say("stopping.ask") in here.reads("teacher")
    await here.passes(minutes=16)
    assert say("post.incomplete") in here.channel_reads()


async def test_nothing_more_is_said_after_the_end(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.presses("Acknowledge", who="dsl-north")
    before = here.reads("teacher"), here.channel_reads()
    await here.passes(days=3)
    assert (here.reads("teacher"), here.channel_reads()) == before


async def test_nothing_more_is_said_after_a_report_opened_by_mistake(here: School) -> None:
    await goes_to(here, "words")
    await here.presses("Stop")
    await here.presses("I opened this by mistake")
    before = here.reads("teacher")
    await here.passes(days=1)
    assert here.reads("teacher") == before
    assert not here.places()


async def test_a_bot_that_does_nothing_while_it_is_down_catches_up_when_it_is_started_again(here: School) -> None:
    await goes_to(here, "words")
    here.clock.advance(_MINUTE * 20)
    assert not here.channel()
    restarted(here)
    await here.settles()
    assert say("post.incomplete") in here.channel_reads()
    assert here.reads("teacher").count(say("silence.sent")) == 1


def test_restarting_at_any_moment_neither_loses_nor_repeats_a_nudge_or_the_handoff() -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.one_of(st.none(), st.integers(20, 400)), min_size=4, max_size=14))
    def holds(moments: list[int | None]) -> None:
        asyncio.run(_restarts(moments))

    holds()


async def _restarts(moments: list[int | None]) -> None:
    """Each moment is a restart, or that many silent seconds; told at every one of them what must have been said."""
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await goes_to(here, "child")
        silent = 0
        for moment in moments:
            if moment is None:
                restarted(here)
                await here.settles()
            else:
                silent += moment
                await here.passes(seconds=moment)
            if not _near(silent):
                assert _nudges(here) == (silent > 300)
                assert here.reads("teacher").count(say("silence.sent")) == (silent > 900)
                assert bool(here.channel()) == (silent > 900)
        assert len(refs(here)) == 1
        assert step_now(here) == "child"


def _near(silent: int) -> bool:
    """The clock of the test goes on ticking by itself: within a few seconds of a deadline either may be true."""
    return any(0 <= due - silent <= 5 for due in (300, 900))


async def test_going_on_from_a_nudge_asks_the_question_that_stood(here: School) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=6)
    nudge = next(card for card in reversed(here.screen("teacher")) if say("silence.nudge") in str(card))
    assert [button.press.action for button in nudge.buttons] == [Action.GO_ON, Action.CHANGE, Action.SEND_NOW]
    await here.presses("Go on")
    assert step_now(here) == "words"
