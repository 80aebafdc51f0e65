"""Messages that come late or were overtaken: kept, told of, and never the answer to a question that came after them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Kind
from bot.conversation import Mode
from bot.message import Incoming
from tests import leads
from tests.on_the_way import (
    SHORT_WAY,
    answers,
    chronology,
    conversation,
    goes_to,
    kept,
    lead_reads,
    refs,
    say,
    step_now,
)
from tests.school import School, school

LATE = say("asking.late")


def sent(here: School, text: str, ago: float) -> Incoming:
    """A message that its sender wrote so many seconds ago, and that comes only now."""
    return replace(here.incoming("teacher", text=text), at=here.clock.now() - timedelta(seconds=ago))


async def _words_of(here: School, text: str) -> list[tuple[Kind, str]]:
    return [(entry.kind, entry.step) for entry in await chronology(here) if entry.words == text]


# --- late ---


async def test_a_first_message_that_comes_late_is_kept_and_the_sender_is_told(here: School) -> None:
    await here.hears(sent(here, "A girl told me something", 3600))
    assert LATE in here.reads("teacher")
    assert "Is anyone in danger right now?" in here.reads("teacher")
    assert await kept(here, Kind.FIRST_WORDS) == ["A girl told me something"]


async def test_a_message_in_time_is_not_said_to_be_late(here: School) -> None:
    await here.hears(sent(here, "A girl told me something", 119))
    await here.hears(sent(here, "no", 59))
    assert step_now(here) != "danger"
    assert LATE not in here.reads("teacher")


async def test_a_late_answer_that_nothing_has_overtaken_is_the_answer_and_told_to_be_late(here: School) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=4)
    await here.hears(sent(here, "He said he would show everyone", 180))
    assert await _words_of(here, "He said he would show everyone") == [(Kind.ANSWER, "words")]
    assert LATE in here.reads("teacher")


async def test_a_late_addition_after_the_end_is_added(here: School) -> None:
    await goes_to(here, "extent")
    while (await conversation(here)).mode is not Mode.FINISHED:
        await answers(here, SHORT_WAY)
    await here.passes(minutes=30)
    await here.hears(sent(here, "And he has a second phone", 1700))
    assert await kept(here, Kind.ADDITION) == ["And he has a second phone"]
    assert "second phone" in await lead_reads(here)


# --- overtaken ---


async def test_a_message_overtaken_by_a_later_one_is_kept_as_a_note_and_is_no_answer(here: School) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=4)
    await here.says("He said he would show everyone")
    step = step_now(here)
    await here.hears(sent(here, "yes", 120))
    assert await _words_of(here, "yes") == [(Kind.NOTE, step)]
    assert step_now(here) == step
    assert LATE in here.reads("teacher")


@pytest.mark.parametrize("text", ["stop", "send now", "back", "contacts", "I don't know", "13"])
async def test_an_overtaken_message_is_no_command_either(here: School, text: str) -> None:
    await goes_to(here, "pictured_ages")
    before = await conversation(here)
    await here.hears(sent(here, text, 90))
    after = await conversation(here)
    assert (after.step, after.mode, after.answers) == (before.step, before.mode, before.answers)
    assert [kind for kind, _ in await _words_of(here, text)] == [Kind.NOTE]


async def test_danger_in_an_overtaken_message_is_told_as_danger(here: School) -> None:
    await here.tells_the_essentials()
    await here.hears(sent(here, "He says he will kill himself tonight", 300))
    assert say("post.danger_sign", ref=here.ref()) in leads.elsewhere(here)


async def test_an_overtaken_message_that_names_an_adult_there_waits_and_answers_nothing(here: School) -> None:
    await goes_to(here, "words")
    await here.hears(sent(here, "It was the coach, Mr Zebedee", 300))
    assert step_now(here) == "staff_concerned"
    assert "Zebedee" not in await lead_reads(here)
    await here.picks({"point to an adult": ["No, nothing points to one"]})
    assert [kind for kind, _ in await _words_of(here, "It was the coach, Mr Zebedee")] == [Kind.NOTE]
    assert step_now(here) == "words"


ANSWERS = ("no", "13", "He said he would show everyone", "another teacher told me", "yes", "stop", "the coach did it")


def test_an_overtaken_message_never_answers_moves_or_ends_anything_and_is_never_lost() -> None:
    @settings(max_examples=40, deadline=None)
    @given(
        st.sampled_from(["danger", "child", "came_from", "words", "pictured_ages", "adult_involved", "extent"]),
        st.sampled_from(ANSWERS),
        st.integers(61, 90_000),
    )
    def never(step: str, text: str, ago: int) -> None:
        assert not asyncio.run(_answers_something(step, text, ago))

    never()
    assert asyncio.run(_answers_something("words", "He said he would show everyone", 0)), "the control: sent just now"


async def _answers_something(step: str, text: str, ago: float) -> bool:
    """Whether a message sent so long ago was taken for an answer. It is kept in any case."""
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await goes_to(here, step)
        before = (await conversation(here)).answers
        await here.hears(sent(here, text, ago))
        it = await conversation(here)
        held = [one for one in it.held if one.words == text]
        assert await _words_of(here, text) or held
        assert len(refs(here)) == 1
        return it.answers != before or it.closed or any(one.kind is Kind.ANSWER for one in held)
