"""Send now, Back, Contacts and Stop from every step, by button and by typing; "I don't know" on every question."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.case import Kind
from bot.message import Card
from tests.on_the_way import (
    FIRST,
    FLOW,
    PLACE,
    SHORT_WAY,
    answers,
    goes_to,
    kept,
    lead_reads,
    refs,
    say,
    step_now,
)
from tests.school import School, text_of

_ESSENTIALS = ("danger", "academy", "child", "came_from", "words", "pictured_ages", "adult_involved", "pressure")
_WAYS = [PLACE, {**PLACE, **SHORT_WAY}]
_TYPED = {"Send now": "send now", "Back": "back", "Contacts": "who do i ring", "Stop": "stop"}
_by_button_and_typed = pytest.mark.parametrize("typed", [False, True], ids=["button", "typed"])
_both_ways = pytest.mark.parametrize("way", _WAYS, ids=["every_step", "short_branches"])


async def _does(here: School, command: str, typed: bool) -> None:
    await (here.says(_TYPED[command]) if typed else here.presses(command))


async def _next_card(here: School, way: Mapping[str, str]) -> bool:
    """Answer the card that stands; False when that was the last."""
    await answers(here, way)
    return say("finished.thanks") not in here.reads("teacher")


def _over(here: School) -> bool:
    ends = (say("finished.thanks"), say("finished.sent"))
    return any(end in text_of(card) for card in here.screen("teacher") for end in ends)


async def test_the_two_ways_together_pass_every_question(here: School) -> None:
    seen = set()
    await here.says(FIRST)
    going = True
    while going:
        seen |= {field.step for field in here.question().fields} | {step_now(here)}
        going = await _next_card(here, PLACE)
    assert seen == {step.id for step in FLOW.steps.values() if step.asks}


# --- Send now ---


@_by_button_and_typed
@pytest.mark.parametrize("step", _ESSENTIALS)
async def test_send_now_hands_off_from_any_of_the_essentials_or_sends_a_notice_before_the_place_is_known(
    here: School, step: str, typed: bool
) -> None:
    await goes_to(here, step)
    assert not here.places()
    await _does(here, "Send now", typed)
    place_known = _ESSENTIALS.index(step) > _ESSENTIALS.index("academy")
    assert (say("post.incomplete") in here.channel_reads()) == place_known
    assert (say("steps.title") in here.reads("teacher")) == place_known
    assert (say("blind.notice") in here.reads("trust-lead")) == (not place_known)
    assert step_now(here) == step


@_both_ways
@_by_button_and_typed
async def test_send_now_ends_the_questions_from_every_step_after_the_handoff(
    here: School, way: Mapping[str, str], typed: bool
) -> None:
    await goes_to(here, "pressure", way)
    await answers(here, way)
    going = True
    while going:
        step = step_now(here)
        await _does(here, "Send now", typed)
        assert say("post.finished") in here.channel_reads()
        assert _over(here)
        await here.says("go on")
        assert step_now(here) == step
        going = await _next_card(here, way)


# --- Back ---


@_both_ways
@_by_button_and_typed
async def test_back_returns_to_the_card_before_from_every_step(
    here: School, way: Mapping[str, str], typed: bool
) -> None:
    await here.says(FIRST)
    before, going = "danger", await _next_card(here, way)
    while going:
        step = step_now(here)
        await _does(here, "Back", typed)
        assert step_now(here) == before
        await answers(here, way)
        assert step_now(here) == step
        before, going = step, await _next_card(here, way)


@_by_button_and_typed
async def test_back_to_the_place_card_asks_both_its_questions_and_shows_what_was_said(
    here: School, typed: bool
) -> None:
    await goes_to(here, "child")
    await _does(here, "Back", typed)
    assert [field.step for field in here.question().fields] == ["academy", "staff_concerned"]
    assert say("asking.you_said", answer="Example Academy North") in text_of(here.question())


@_by_button_and_typed
async def test_back_on_the_first_question_says_that_there_is_nothing_before_it(here: School, typed: bool) -> None:
    await here.says(FIRST)
    await _does(here, "Back", typed)
    assert say("asking.nothing_before") in here.reads("teacher")
    assert step_now(here) == "danger"


@_by_button_and_typed
async def test_back_from_a_card_about_the_report_itself_asks_the_question_that_stood(here: School, typed: bool) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=16)
    await here.says("I am back now, sorry")
    await _does(here, "Back", typed)
    assert step_now(here) == "words"


async def test_an_answer_that_was_given_again_after_back_leaves_no_correction(here: School) -> None:
    await goes_to(here, "came_from")
    await here.presses("The child in the picture told me")
    await here.presses("Back")
    await here.presses("The child in the picture told me")
    assert not await kept(here, Kind.CORRECTION)


# --- Contacts ---


@_both_ways
@_by_button_and_typed
async def test_contacts_shows_numbers_and_asks_the_question_again_from_every_step(
    here: School, way: Mapping[str, str], typed: bool
) -> None:
    await here.says(FIRST)
    going, times = True, 0
    while going:
        step, before = step_now(here), here.question()
        await _does(here, "Contacts", typed)
        times += 1
        numbers = [card for card in here.screen("teacher") if card.title == say("contacts.title")]
        assert len(numbers) == times
        assert "999" in text_of(numbers[-1])
        assert "01632 960111" in text_of(numbers[-1])
        assert step_now(here) == step
        assert here.question() != before
        going = await _next_card(here, way)


async def test_contacts_names_nobody_the_concern_is_about_once_that_is_known(here: School) -> None:
    await here.says(FIRST)
    await here.presses("Contacts")
    assert say("contacts.choose") in here.reads("teacher")
    assert "Dana Example" in text_of(_numbers(here))
    await here.says("no")
    await answers(here, {"staff_concerned": "Yes, the designated safeguarding lead (DSL)"})
    await here.presses("Contacts")
    assert "Harper Example" in text_of(_numbers(here))
    assert "Dana Example" not in text_of(_numbers(here))
    assert "Robin Example" not in text_of(_numbers(here))


async def test_a_number_asked_for_after_a_long_silence_is_given_at_once(here: School) -> None:
    await goes_to(here, "words")
    await here.passes(minutes=20)
    await here.says("help")
    assert say("contacts.title") in here.reads("teacher")
    assert step_now(here) == "words"


def _numbers(here: School) -> Card:
    return next(card for card in reversed(here.screen("teacher")) if card.title == say("contacts.title"))


# --- Stop ---


@_by_button_and_typed
async def test_stop_with_nothing_told_sends_nothing(here: School, typed: bool) -> None:
    await here.says("hello")
    await _does(here, "Stop", typed)
    assert say("stopping.nothing_told") in here.reads("teacher")
    await here.passes(hours=1)
    assert not here.places()
    assert here.rows("select state from cases") == [("mistake",)]


@pytest.mark.parametrize("first", ["nudes shared", "self harm", "a pupil told me something", "worried"])
async def test_anything_more_than_a_greeting_counts_as_told(here: School, first: str) -> None:
    await here.says(first)
    await here.presses("Stop")
    assert say("stopping.ask_unscreened") in here.reads("teacher")


async def test_stop_after_a_notice_went_out_never_says_that_nothing_was_sent(here: School) -> None:
    await here.says("hello")
    await here.presses("Send now")
    await here.presses("Stop")
    assert say("stopping.nothing_told") not in here.reads("teacher")
    await here.presses("I opened this by mistake")
    assert say("stopping.mistake_after_notice") in here.reads("teacher")


@_both_ways
@_by_button_and_typed
async def test_stop_asks_before_the_handoff_and_going_on_asks_the_same_question(
    here: School, way: Mapping[str, str], typed: bool
) -> None:
    await here.says(FIRST)
    for step in _ESSENTIALS:
        assert step_now(here) == step
        await _does(here, "Stop", typed)
        key = "stopping.ask" if _ESSENTIALS.index(step) > 1 else "stopping.ask_unscreened"
        assert say(key) in text_of(here.screen("teacher")[-1])
        await (here.says("no") if typed else here.presses("Go on"))
        assert step_now(here) == step
        assert not here.places()
        await answers(here, way)


@_both_ways
@_by_button_and_typed
async def test_stop_ends_the_questions_from_every_step_after_the_handoff(
    here: School, way: Mapping[str, str], typed: bool
) -> None:
    await goes_to(here, "pressure", way)
    await answers(here, way)
    going = True
    while going:
        step = step_now(here)
        await _does(here, "Stop", typed)
        assert say("stopping.stopped") in text_of(here.screen("teacher")[-1])
        await here.says("go on")
        assert step_now(here) == step
        going = await _next_card(here, way)


@_by_button_and_typed
async def test_send_what_i_have_hands_off_and_asks_no_more(here: School, typed: bool) -> None:
    await goes_to(here, "came_from")
    await _does(here, "Stop", typed)
    await (here.says("yes") if typed else here.presses("Send what I have, and stop"))
    assert here.channel()
    assert say("steps.title") in here.reads("teacher")
    assert _over(here)
    assert FIRST in await lead_reads(here)


async def test_send_what_i_have_before_the_place_is_known_sends_a_notice_and_asks_for_the_place(here: School) -> None:
    await here.says(FIRST)
    await here.presses("Stop")
    await here.presses("Send what I have, and stop")
    assert say("blind.notice") in here.reads("trust-lead")
    assert step_now(here) == "danger"


async def test_opened_by_mistake_closes_and_sends_nothing_and_keeps_what_was_typed(here: School) -> None:
    await goes_to(here, "words")
    await here.presses("Stop")
    await here.presses("I opened this by mistake")
    assert say("stopping.mistake_done") in here.reads("teacher")
    assert not here.places()
    assert await kept(here, Kind.FIRST_WORDS) == [FIRST]
    assert here.rows("select state from cases") == [("mistake",)]
    await here.says("Another child has told me something now")
    assert len(refs(here)) == 2


async def test_opened_by_mistake_after_sending_is_said_on_the_post_of_the_lead(here: School) -> None:
    await goes_to(here, "words")
    await here.presses("Stop")
    await here.passes(minutes=16)
    assert say("post.mistake") not in here.channel_reads()
    await here.presses("I opened this by mistake")
    assert say("stopping.mistake_after_send") in here.reads("teacher")
    assert say("post.mistake") in here.channel_reads()
    assert "Acknowledge" in here.channel_reads()


# --- I don't know ---


@_by_button_and_typed
async def test_i_dont_know_is_an_answer_to_every_question(here: School, typed: bool) -> None:
    await here.says(FIRST)
    seen = []
    while not _over(here):
        step = step_now(here)
        seen.append(step)
        await (here.says("I don't know") if typed else answers(here, {"academy": "", "staff_concerned": ""}))
        assert _over(here) or step_now(here) != step
    assert len(seen) >= len([step for step in FLOW.steps.values() if step.asks]) - 1
    assert say("steps.title") in here.reads("teacher")
