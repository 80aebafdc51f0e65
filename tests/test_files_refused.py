"""Files are refused unopened at every step: calmly, noted on the case, the text beside them still taken (I5, T40)."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Kind
from bot.message import Change, Incoming
from tests.on_the_way import (
    FIRST,
    FLOW,
    PLACE,
    SHORT_WAY,
    answers,
    conversation,
    goes_to,
    kept,
    lead_reads,
    say,
    step_now,
)
from tests.school import School, school, text_of


def test_what_a_door_hands_over_has_room_for_a_count_of_files_and_for_nothing_of_them() -> None:
    assert {field.name for field in fields(Incoming)} == {
        *("sender", "key", "at", "text", "press", "attachments", "change", "sender_name", "outside"),
        *("overheard", "unverified", "resent", "brought", "prompt_at"),
    }
    assert Incoming.__annotations__["attachments"] == "int"


@pytest.mark.parametrize("way", [PLACE, {**PLACE, **SHORT_WAY}], ids=["every_step", "short_branches"])
async def test_at_every_step_a_file_is_refused_noted_and_the_same_question_still_stands(
    here: School, way: dict[str, str]
) -> None:
    await here.says(FIRST)
    refused = 0
    while say("finished.thanks") not in here.reads("teacher"):
        step, card = step_now(here), here.question()
        await here.says("", attachments=2)
        refused += 1
        assert here.reads("teacher").count(say("files.refused")) == refused
        assert (step_now(here), here.question()) == (step, card)
        await answers(here, way)
    assert await kept(here, Kind.ATTACHMENT) == [say("files.noted", count=2)] * refused
    assert refused > len(FLOW.steps) // 2


@pytest.mark.parametrize(
    ("step", "text", "then"),
    [
        ("danger", "no", "academy"),
        ("academy", "Example Academy North", "staff_concerned"),
        ("child", "Jade Example, year 9", "came_from"),
        ("came_from", "her friend told me", "words"),
        ("words", "He said he would show everyone", "pictured_ages"),
        ("pictured_ages", "14", "adult_involved"),
        ("adult_involved", "no", "pressure"),
        ("pressure", "no", "child_now"),
        ("child_now", "she is upset", "lead_told"),
    ],
)
async def test_the_text_beside_a_file_is_still_taken_as_the_answer(
    here: School, step: str, text: str, then: str
) -> None:
    await goes_to(here, step, {**PLACE, **SHORT_WAY})
    await here.says(text, attachments=1)
    assert step_now(here) == then
    assert (await conversation(here)).answers[step].words == text
    assert say("files.refused") in text_of(here.question())
    assert await kept(here, Kind.ATTACHMENT) == [say("files.noted", count=1)]


async def test_a_file_with_the_very_first_message_is_refused_and_the_words_are_kept(here: School) -> None:
    await here.says(FIRST, attachments=3)
    assert say("files.refused") in here.reads("teacher")
    assert await kept(here, Kind.FIRST_WORDS) == [FIRST]
    assert await kept(here, Kind.ATTACHMENT) == [say("files.noted", count=3)]


async def test_the_lead_sees_that_a_file_was_offered_and_how_many(here: School) -> None:
    await here.tells_the_essentials()
    await here.says("", attachments=4)
    read = await lead_reads(here)
    assert say("files.noted", count=4) in read


async def test_a_command_typed_beside_a_file_is_done_and_the_file_is_noted_once(here: School) -> None:
    await goes_to(here, "words")
    await here.says("send now", attachments=1)
    assert here.channel()
    assert await kept(here, Kind.ATTACHMENT) == [say("files.noted", count=1)]
    assert here.reads("teacher").count(say("files.refused")) == 1


async def test_numbers_asked_for_beside_a_file_after_the_end_come_with_the_refusal(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.says("help", attachments=1)
    assert say("files.refused") in here.reads("teacher")
    assert say("contacts.title") in here.reads("teacher")


@pytest.mark.parametrize("change", list(Change))
async def test_a_file_or_link_preview_put_into_a_message_afterwards_is_refused_too(
    here: School, change: Change
) -> None:
    await goes_to(here, "words")
    incoming = Incoming((await conversation(here)).sender, "k-1", here.clock.now(), "edited", None, 1, change)
    await here.hears(incoming)
    assert say("files.refused") in here.reads("teacher")
    assert await kept(here, Kind.ATTACHMENT) == [say("files.noted", count=1)]
    assert step_now(here) == "words"


@pytest.mark.parametrize("where", ["stopping", "returned", "finished"])
async def test_a_file_is_refused_wherever_the_conversation_stands(here: School, where: str) -> None:
    await goes_to(here, "words")
    if where == "stopping":
        await here.presses("Stop")
    if where == "returned":
        await here.passes(minutes=20)
        await here.says("I am back")
    if where == "finished":
        await here.presses("Send now")
        await here.presses("Send now")
    mode = (await conversation(here)).mode
    await here.says("", attachments=1)
    assert here.reads("teacher").count(say("files.refused")) == 1
    assert (await conversation(here)).mode is mode


async def test_a_message_without_a_file_is_not_refused(here: School) -> None:
    await here.tells_the_essentials()
    assert say("files.refused") not in here.reads("teacher")
    assert not await kept(here, Kind.ATTACHMENT)


def test_whatever_is_said_beside_any_number_of_files_only_the_words_and_the_count_are_kept() -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.text(max_size=60), st.integers(1, 10**9)), min_size=1, max_size=5))
    def holds(messages: list[tuple[str, int]]) -> None:
        asyncio.run(_offered(messages))

    holds()


async def _offered(messages: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await here.says(FIRST)
        for text, count in messages:
            await here.says(text, attachments=count)
        assert await kept(here, Kind.ATTACHMENT) == [say("files.noted", count=count) for _, count in messages]
        words = [text for text, _ in messages if text.strip()]
        others = [kind for kind in Kind if kind not in (Kind.ATTACHMENT, Kind.FIRST_WORDS, Kind.EVENT)]
        assert [text for text in await kept(here, *others) if text.strip()] == words
