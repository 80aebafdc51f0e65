"""A question names whoever the case goes to, and nobody it may be about (N-18)."""

from __future__ import annotations

import pytest

from bot.conversation import Mode
from tests.on_the_way import FLOW, PLACE, SHORT_WAY, answers, conversation, goes_to, say, step_now
from tests.school import School, text_of

_TEAM = "the safeguarding team of Example Academy North"
_STAFF = {**PLACE, "staff_concerned": "Yes, a member of staff or a volunteer", **SHORT_WAY}
_DSL = {**PLACE, "staff_concerned": "Yes, the designated safeguarding lead (DSL)", **SHORT_WAY}


@pytest.mark.parametrize(
    ("picks", "whom"), [({**PLACE, **SHORT_WAY}, _TEAM), (_STAFF, "the headteacher"), (_DSL, "the headteacher")]
)
async def test_the_question_whether_they_have_been_told_names_whoever_has_the_case(
    here: School, picks: dict[str, str], whom: str
) -> None:
    await goes_to(here, "lead_told", picks)
    assert f"Have you told {whom} in person or by phone?" in text_of(here.question())


async def test_in_a_case_about_staff_no_question_sends_anybody_to_the_lead(here: School) -> None:
    await goes_to(here, "academy", _DSL)
    for _ in FLOW.steps:
        await answers(here, {**_DSL, "child_now": "We don’t know where they are", "device": "It is a school device"})
        assert "safeguarding team" not in text_of(here.screen("teacher")[-1])
        if (await conversation(here)).mode is Mode.FINISHED:
            return
    raise AssertionError("the end is not on this way")


def test_nowhere_does_the_flow_speak_of_the_lead() -> None:
    said = [
        text
        for step in FLOW.steps.values()
        for text in (step.ask, step.help, *(option.say for option in step.options))
        if "the lead" in text.lower() or "safeguarding lead" in text.lower()
    ]
    assert said == []


async def test_what_a_school_device_needs_names_the_role_at_the_beginning_of_the_sentence(here: School) -> None:
    await goes_to(here, "device", _STAFF)
    await here.presses("It is a school device")
    assert "Don’t look through it. The headteacher says what happens to it." in here.reads("teacher")


@pytest.mark.parametrize("label", ["Not yet", "I tried and could not reach anyone"])
async def test_whoever_has_told_nobody_by_voice_is_asked_to_once_more_at_the_end(here: School, label: str) -> None:
    picks = {**PLACE, **SHORT_WAY, "lead_told": label}
    said = next(option.say for option in FLOW.steps["lead_told"].options if option.label == label)
    await goes_to(here, "anything_else", picks)
    await answers(here)
    last = next(text_of(card) for card in here.screen("teacher") if say("finished.thanks") in text_of(card))
    assert last.index(said) < last.index(say("finished.thanks"))


async def test_send_now_midway_thanks_for_what_was_sent_and_not_for_everything(here: School) -> None:
    await goes_to(here, "extent", SHORT_WAY)
    await here.presses("Send now")
    assert say("finished.sent") in here.reads("teacher")
    assert say("finished.thanks") not in here.reads("teacher")


async def test_the_opening_says_to_ring_another_when_one_of_them_is_meant(here: School) -> None:
    await here.says("hello")
    assert step_now(here) == "danger"
    opening = next(card for card in here.screen("teacher") if card.title == say("opening.title"))
    lines = text_of(opening)
    assert lines.index(say("contacts.choose")) < lines.index(say("opening.numbers_heading"))
