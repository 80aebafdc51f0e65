"""The private form of a question that is answered in words, and the start button: what becomes of what is written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Entry, Kind
from bot.conversation import Mode
from bot.message import Action, Press
from tests import leads
from tests.on_the_way import (
    FIRST,
    FLOW,
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

PRIVATELY = say("form.private")
WORDS = "He said Zebedee would show everyone"
COMMANDS = ("stop", "contacts", "back", "send now", "yes", "I don't know", "999", "what do I do?")


def form(here: School) -> Press:
    """The press of the form's button on the card that stands."""
    button = next(each for each in here.question().buttons if each.label == PRIVATELY)
    assert button.writes
    return button.press


async def writes(here: School, words: str, press: Press | None = None) -> None:
    await here.hears(here.incoming("teacher", text=words, press=press or form(here)))


async def _entries(here: School, words: str, case: int = -1) -> list[tuple[Kind, str]]:
    return [(entry.kind, entry.step) for entry in await chronology(here, case) if entry.words == words]


def _by_step(entries: list[Entry]) -> dict[str, str]:
    return {entry.step: entry.words for entry in entries if entry.kind in (Kind.ANSWER, Kind.CORRECTION)}


async def _finishes(here: School) -> None:
    await goes_to(here, "extent")
    while (await conversation(here)).mode is not Mode.FINISHED:
        await answers(here, SHORT_WAY)


# --- the question that stands ---


@pytest.mark.parametrize("step", [step.id for step in FLOW.steps.values() if step.kind == "write"])
async def test_every_question_answered_in_words_has_a_form_of_its_own(here: School, step: str) -> None:
    await goes_to(here, step)
    await writes(here, WORDS)
    assert await _entries(here, WORDS) == [(Kind.ANSWER, step)]
    assert (await conversation(here)).step != step
    assert "Zebedee" not in here.reads("teacher")


@pytest.mark.parametrize("words", COMMANDS)
async def test_in_a_form_nothing_is_a_command(here: School, words: str) -> None:
    await goes_to(here, "words")
    await writes(here, words)
    assert await _entries(here, words) == [(Kind.ANSWER, "words")]
    assert step_now(here) == "pictured_ages"
    assert (await conversation(here)).mode is Mode.ASKING


async def test_the_same_words_typed_are_a_command(here: School) -> None:
    """The control: outside a form they are."""
    await goes_to(here, "words")
    await here.says("stop")
    assert await _entries(here, "stop") == [(Kind.COMMAND, "words")]


@pytest.mark.parametrize("words", ["", " \n\t "])
async def test_a_form_without_words_answers_nothing_and_says_so(here: School, words: str) -> None:
    await goes_to(here, "words")
    before = await chronology(here)
    await writes(here, words)
    assert await chronology(here) == before
    assert step_now(here) == "words"
    assert say("press.no_words") in here.reads("teacher")


async def test_a_form_that_names_an_adult_there_waits_until_it_is_asked_again(here: School) -> None:
    await goes_to(here, "words")
    await writes(here, "The coach, Mr Zebedee, made her do it")
    assert step_now(here) == "staff_concerned"
    assert await _entries(here, "The coach, Mr Zebedee, made her do it") == []
    await here.picks({"point to an adult": ["Yes, a member of staff or a volunteer"]})
    assert await _entries(here, "The coach, Mr Zebedee, made her do it") == [(Kind.ANSWER, "words")]
    assert "Zebedee" not in await lead_reads(here)


async def test_danger_written_in_a_form_is_danger(here: School) -> None:
    await goes_to(here, "words")
    await writes(here, "He says he will kill himself tonight")
    assert "999" in here.reads("teacher")


# --- a form that stood open too long ---


async def test_a_form_left_open_over_another_question_is_kept_and_answers_nothing(here: School) -> None:
    await goes_to(here, "child")
    old = form(here)
    await here.says("Jade Example, year 9")
    await here.presses("The child in the picture told me")
    assert step_now(here) == "words"
    await writes(here, WORDS, old)
    assert step_now(here) == "words"
    assert await _entries(here, WORDS) == [(Kind.NOTE, "")]


def test_what_is_written_in_a_form_is_never_the_answer_to_another_question_and_never_lost() -> None:
    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.sampled_from(["answer", "back", "contacts", "send"]), max_size=4), st.sampled_from(COMMANDS))
    def never(way: list[str], words: str) -> None:
        asyncio.run(_never_misread(way, f"{words} Zebedee"))

    never()


async def _never_misread(way: list[str], words: str) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await goes_to(here, "words")
        old = form(here)
        for act in way:
            if (await conversation(here)).mode is Mode.FINISHED:
                break
            if act == "answer" and here.question().buttons:
                await answers(here, SHORT_WAY)
            elif act != "answer":
                await here.presses({"back": "Back", "contacts": "Contacts", "send": "Send now"}[act])
        it = await conversation(here)
        stands = it.step == "words" and it.mode is Mode.ASKING
        await writes(here, words, old)
        written = [(entry.kind, entry.step) for entry in await chronology(here) if entry.words == words]
        assert len(written) == 1
        its_answer = ((Kind.ANSWER, "words"), (Kind.CORRECTION, "words"))
        assert written[0] in its_answer if stands else written[0][0] in (Kind.NOTE, Kind.ADDITION)


async def test_a_form_sent_after_the_end_is_an_addition(here: School) -> None:
    await goes_to(here, "words")
    old = form(here)
    while (await conversation(here)).mode is not Mode.FINISHED:
        await answers(here, SHORT_WAY)
    await writes(here, WORDS, old)
    assert await kept(here, Kind.ADDITION) == [WORDS]
    assert say("finished.added", ref=refs(here)[-1]) in here.reads("teacher")


async def test_a_form_kept_beside_the_question_that_names_an_adult_there_waits(here: School) -> None:
    await goes_to(here, "words")
    old = form(here)
    await answers(here)
    await writes(here, "It was the coach, Mr Zebedee", old)
    assert step_now(here) == "staff_concerned"
    assert "Zebedee" not in await lead_reads(here)
    assert await _entries(here, "It was the coach, Mr Zebedee") == []


async def test_a_form_of_a_report_that_is_over_joins_that_report_however_late(here: School) -> None:
    await goes_to(here, "words")
    old = form(here)
    while (await conversation(here)).mode is not Mode.FINISHED:
        await answers(here, SHORT_WAY)
    await here.passes(hours=3)
    await writes(here, WORDS, old)
    assert await kept(here, Kind.ADDITION) == [WORDS]
    assert len(refs(here)) == 1


async def test_a_form_of_a_closed_report_joins_it_though_another_is_open(here: School) -> None:
    await goes_to(here, "words")
    old = form(here)
    while (await conversation(here)).mode is not Mode.FINISHED:
        await answers(here, SHORT_WAY)
    await here.presses("Start a new report")
    await writes(here, WORDS, old)
    assert len(refs(here)) == 2
    assert [entry.words for entry in await chronology(here, case=0) if entry.kind is Kind.ADDITION] == [WORDS]
    assert WORDS not in [entry.words for entry in await chronology(here, case=1)]


async def test_a_form_of_somebody_else_changes_nothing_of_theirs(here: School) -> None:
    await goes_to(here, "words")
    old, before = form(here), await chronology(here)
    leads.joins_the_page(here, "teacher-2")
    await here.hears(here.incoming("teacher-2", text=WORDS, press=old))
    assert await chronology(here, case=0) == before
    assert step_now(here) == "words"
    assert await kept(here, Kind.FIRST_WORDS) == [WORDS]


# --- start ---


START = Press(Action.START, "")


async def test_start_with_nothing_open_begins_a_report(here: School) -> None:
    await here.hears(here.incoming("teacher", press=START))
    assert step_now(here) == "danger"
    assert len(refs(here)) == 1


async def test_start_with_a_report_open_brings_its_question_again_and_begins_no_other(here: School) -> None:
    await goes_to(here, "words")
    for _ in range(3):
        await here.hears(here.incoming("teacher", press=START))
    assert step_now(here) == "words"
    assert len(refs(here)) == 1
    assert await kept(here, Kind.FIRST_WORDS) == [FIRST]


async def test_start_soon_after_the_end_asks_how_to_go_on(here: School) -> None:
    await _finishes(here)
    await here.hears(here.incoming("teacher", press=START))
    assert len(refs(here)) == 1
    assert say("finished.open") in here.reads("teacher")
    await here.presses(say("finished.new"))
    assert len(refs(here)) == 2


async def test_start_long_after_the_end_begins_another_and_offers_the_earlier(here: School) -> None:
    await _finishes(here)
    first = refs(here)[-1]
    await here.passes(hours=3)
    await here.hears(here.incoming("teacher", press=START))
    assert len(refs(here)) == 2
    assert step_now(here) == "danger"
    assert say("finished.earlier", ref=first) in here.reads("teacher")


async def test_start_while_words_wait_asks_first_whom_they_mean(here: School) -> None:
    await goes_to(here, "extent")
    await here.says("I think it was the coach, Mr Zebedee")
    await here.hears(here.incoming("teacher", press=START))
    assert step_now(here) == "staff_concerned"
    assert "Zebedee" not in await lead_reads(here)


async def test_start_on_a_card_of_ours_comes_back_to_the_question(here: School) -> None:
    await here.says(FIRST)
    await here.presses("Stop")
    assert (await conversation(here)).mode is Mode.STOPPING
    await here.hears(here.incoming("teacher", press=START))
    assert (await conversation(here)).mode is Mode.ASKING
    assert step_now(here) == "danger"
