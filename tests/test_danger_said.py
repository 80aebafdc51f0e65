"""Danger that comes in words: told at once when the case is out, and never read as not knowing (S2-49, D-11)."""

from __future__ import annotations

import pytest

from tests.on_the_way import FIRST, SHORT_WAY, answers, conversation, goes_to, say, step_now
from tests.school import School, text_of


@pytest.mark.parametrize("step", ["extent", "anything_else", "end"])
async def test_danger_in_words_once_the_case_is_out_is_told_at_once(here: School, step: str) -> None:
    await goes_to(here, step if step != "end" else "anything_else", SHORT_WAY)
    if step == "end":
        await answers(here)
    assert not (await conversation(here)).danger_said
    await here.says("she says she wants to kill herself tonight")
    assert (await conversation(here)).danger_said
    assert say("asking.danger_told") in here.reads("teacher")
    assert say("urgency.now") in here.channel_reads()


async def test_words_of_no_danger_tell_of_none(here: School) -> None:
    await goes_to(here, "extent", SHORT_WAY)
    await here.says("two of them are in the corridor and talking")
    assert not (await conversation(here)).danger_said
    assert say("asking.danger_told") not in here.reads("teacher")


async def test_who_has_just_said_that_nobody_is_in_danger_is_not_told_of_danger(here: School) -> None:
    await here.says(FIRST)
    await here.says("not in danger")
    assert step_now(here) == "academy"
    assert say("asking.danger_words") not in here.reads("teacher")


async def test_not_knowing_where_the_child_is_is_never_taken_for_not_knowing(here: School) -> None:
    await here.says(FIRST)
    await here.says("I don't know where she is")
    assert step_now(here) == "danger"
    assert say("asking.danger_words") in text_of(here.question())
    await here.says("yes")
    assert "Ring 999 now." in here.reads("teacher")
