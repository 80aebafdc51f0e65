"""Words that may name an adult of the academy reach nobody there before the staff question is asked again (N-18)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import composition
from bot.case import Kind
from bot.conversation import Mode
from bot.message import Change, Incoming
from tests.on_the_way import (
    FLOW,
    PLACE,
    SHORT_WAY,
    answers,
    chronology,
    conversation,
    goes_to,
    kept,
    lead_reads,
    say,
    step_now,
)
from tests.school import School, school

_STAFF_WORDS = composition.script().words.file.staff.phrases
_PLACES = [step.id for step in FLOW.steps.values() if step.asks and step.id not in ("child", "staff_concerned")]
_NONE, _OTHER = "No, nothing points to one", "Yes, a member of staff or a volunteer"
_LONG = {"pressure": "Yes, or it sounds like it"}
_SENTENCE = "it was the {} at swimming who has Zebedee on the phone"
_MARK = "Zebedee"


async def _team_sees(here: School, mark: str = _MARK) -> bool:
    """Whether the DSL can read it: in the opened case, the channel, or any post to anybody but the teacher."""
    posts = "".join(here.channel_reads() + here.reads(who) for who in here.page.people if who != "teacher")
    return mark in posts or mark in await lead_reads(here)


async def _asked_again(here: School) -> bool:
    return step_now(here) == "staff_concerned" and say("asking.staff_again") in here.reads("teacher")


async def _names_the_coach_late(here: School, words: str = "I think it was the coach, Mr Zebedee") -> None:
    await goes_to(here, "extent")
    await here.says(words)


def test_a_word_for_an_adult_of_the_academy_is_read_by_nobody_there_before_it_is_asked_again() -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.sampled_from(_STAFF_WORDS), st.sampled_from([*_PLACES, "first", "end", "edited"]))
    def holds(word: str, place: str) -> None:
        asyncio.run(_holds_at(place, _SENTENCE.format(word)))

    holds()


async def _holds_at(place: str, sentence: str) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await _says_at(here, place, sentence)
        if place in ("danger", "academy", "first"):
            while step_now(here) != "staff_concerned":
                await answers(here)
        assert await _asked_again(here)
        assert not await _team_sees(here)
        await here.picks({"point to an adult": [_NONE]})
        for _ in FLOW.steps:
            if here.channel():
                break
            await answers(here)
        assert _MARK in await lead_reads(here)


async def _says_at(here: School, place: str, sentence: str) -> None:
    if place == "first":
        await here.says(sentence)
    elif place in FLOW.steps:
        await goes_to(here, place, {**PLACE, **_LONG, "others_involved": "Yes"})
        await here.says(sentence)
    else:
        await goes_to(here, "extent")
        if place == "end":
            while (await conversation(here)).mode is not Mode.FINISHED:
                await answers(here, SHORT_WAY)
            await here.says(sentence)
        else:
            await here.hears(_edited(here, sentence))


def _edited(here: School, text: str) -> Incoming:
    return replace(here.incoming("teacher", text=text), change=Change.EDITED)


@pytest.mark.parametrize("picked", [_NONE, _OTHER])
async def test_once_answered_the_words_are_kept_as_what_they_were(here: School, picked: str) -> None:
    await goes_to(here, "words")
    await here.says("The coach made her do it")
    assert "The coach made her do it" not in await kept(here, Kind.ANSWER)
    await here.picks({"point to an adult": [picked]})
    written = [entry for entry in await chronology(here) if entry.words == "The coach made her do it"]
    assert [(entry.kind, entry.step) for entry in written] == [(Kind.ANSWER, "words")]
    assert step_now(here) == "pictured_ages"


async def test_a_yes_takes_the_case_and_the_words_past_the_team(here: School) -> None:
    await _names_the_coach_late(here)
    await here.picks({"point to an adult": [_OTHER]})
    assert not await _team_sees(here)
    assert "Mr Zebedee" in await lead_reads(here, "head-north")


async def test_a_handoff_that_is_due_waits_for_the_answer(here: School) -> None:
    await here.says("Her teacher has hurt her")
    await here.presses("Yes, or it may be so")
    await answers(here)
    assert await _asked_again(here)
    assert not here.places()
    await here.picks({"point to an adult": [_OTHER]})
    assert not here.channel()
    assert here.screen("head-north")


@pytest.mark.parametrize("wait", ["silence", "send now", "stop"])
async def test_without_an_answer_the_words_go_past_the_team_and_are_not_lost(here: School, wait: str) -> None:
    await _names_the_coach_late(here)
    if wait == "silence":
        await here.passes(minutes=16)
        assert say("silence.sent_on") in here.reads("teacher")
    else:
        await here.presses({"send now": "Send now", "stop": "Stop"}[wait])
    assert not await _team_sees(here)
    assert "Mr Zebedee" in await lead_reads(here, "head-north")
    assert not (await conversation(here)).held


async def test_what_is_typed_while_it_waits_waits_too(here: School) -> None:
    await _names_the_coach_late(here)
    await here.says("he is called Quentin and he lives near her")
    assert not await _team_sees(here, "Quentin")
    await here.picks({"point to an adult": [_OTHER]})
    assert "Quentin" in await lead_reads(here, "head-north")


async def test_a_typed_yes_to_the_question_asked_again_is_its_answer(here: School) -> None:
    await _names_the_coach_late(here)
    await here.says("a coach")
    assert "Mr Zebedee" in await lead_reads(here, "head-north")


@pytest.mark.parametrize("action", ["Back", "Contacts"])
async def test_no_button_leads_past_the_question(here: School, action: str) -> None:
    await _names_the_coach_late(here)
    await here.presses(action)
    await answers(here, {"academy": "Example Academy North", "staff_concerned": _OTHER})
    assert not (await conversation(here)).held
    assert not await _team_sees(here)


async def test_a_nudge_says_that_the_words_wait(here: School) -> None:
    await _names_the_coach_late(here)
    await here.passes(minutes=6)
    assert say("silence.nudge_held") in here.reads("teacher")


async def test_a_childs_name_and_the_bare_words_of_an_answer_do_not_wait(here: School) -> None:
    await goes_to(here, "child")
    await here.says("Jade Head, year 9")
    assert step_now(here) == "came_from"
    await here.says("another teacher told me")
    assert step_now(here) == "words"


@pytest.mark.parametrize(
    ("step", "word"), [("adult_involved", "her teacher"), ("sharer", "a teacher"), ("adult_is", "coach")]
)
async def test_a_bare_word_waits_where_it_may_be_the_adult(here: School, step: str, word: str) -> None:
    await goes_to(here, step)
    await here.says(word)
    assert await _asked_again(here)


async def test_a_name_at_the_end_of_a_very_long_text_waits_too(here: School) -> None:
    await _names_the_coach_late(here, "and then " * 11_000 + "the coach's friend Zebedee came")
    assert await _asked_again(here)
    assert not await _team_sees(here)


async def test_words_that_wait_are_sealed_in_the_database(here: School) -> None:
    await _names_the_coach_late(here)
    assert b"Zebedee" not in here.raw()


async def test_what_names_an_adult_there_is_not_joined_to_an_earlier_report(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.passes(hours=3)
    await here.says("The coach, Mr Zebedee, has done it again")
    await here.presses(
        next(b.label for c in here.screen("teacher") for b in c.buttons if b.label.startswith("Yes, add it"))
    )
    assert _MARK not in await lead_reads(here, case=0)
    assert step_now(here) == "danger"
