"""A platform that brings the same words again under a new key has them heard once (F5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.message import Change, Incoming
from tests.on_the_way import FIRST, chronology, refs, say, step_now
from tests.school import School

RESENT = say("asking.resent")


def resent(here: School, text: str, **more: object) -> Incoming:
    return replace(here.incoming("teacher", text=text), resent=True, **more)  # type: ignore[arg-type]


async def test_the_first_message_brought_again_opens_no_second_case_and_answers_nothing(here: School) -> None:
    await here.says(FIRST)
    before = await chronology(here)
    for spelling in (FIRST, FIRST.upper(), f"  {FIRST} "):
        await here.hears(resent(here, spelling))
        assert step_now(here) == "danger"
    assert await chronology(here) == before
    assert len(refs(here)) == 1
    assert here.reads("teacher").count(RESENT) == 1


async def test_a_no_brought_again_is_not_the_answer_to_the_next_question(here: School) -> None:
    await here.says(FIRST)
    await here.says("no")
    step = step_now(here)
    assert step != "danger"
    await here.hears(resent(here, "no"))
    assert step_now(here) == step
    assert RESENT in here.reads("teacher")


async def test_what_comes_again_after_a_press_in_between_is_still_known(here: School) -> None:
    await here.says(FIRST)
    await here.presses("No, not that I know of")
    step, before = step_now(here), await chronology(here)
    await here.hears(resent(here, FIRST))
    assert (step_now(here), await chronology(here)) == (step, before)


@pytest.mark.parametrize("seconds", [61, 3600])
async def test_the_same_words_a_minute_later_are_words_again(here: School, seconds: int) -> None:
    await here.says(FIRST)
    before = len(await chronology(here))
    await here.passes(seconds=seconds)
    await here.hears(resent(here, FIRST))
    assert len(await chronology(here)) > before


async def test_words_that_cannot_have_been_brought_twice_are_heard_as_often_as_they_are_said(
    here: School,
) -> None:
    await here.says(FIRST)
    before = len(await chronology(here))
    await here.says(FIRST)
    assert len(await chronology(here)) > before


async def test_other_words_a_change_and_an_attachment_are_never_taken_for_a_repetition(here: School) -> None:
    await here.says(FIRST)
    for incoming in (
        resent(here, "She is in year 9"),
        resent(here, "She is in year 9", change=Change.EDITED),
        resent(here, "", attachments=1),
    ):
        before = len(await chronology(here))
        await here.hears(incoming)
        assert len(await chronology(here)) > before


async def test_after_the_end_nothing_is_added_twice(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Stop")
    await here.says("He told his brother too")
    before = await chronology(here)
    await here.hears(resent(here, "He told his brother too"))
    assert await chronology(here) == before
    assert RESENT in here.reads("teacher")
