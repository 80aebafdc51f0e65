"""Typed text is an answer, a command or a note, never a button; a button of another card does nothing (T20, I8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import composition, hearing
from bot.case import Kind
from bot.conversation import Answer, Conversation
from bot.message import Action, Press
from bot.moment import Moment
from bot.turn import Decision, Deed
from tests.on_the_way import (
    FIRST,
    FLOW,
    answers,
    books,
    chronology,
    conversation,
    goes_to,
    kept,
    lead_reads,
    refs,
    say,
    step_now,
)
from tests.school import School, school, text_of

_NO_ANSWER = "I am standing outside the art room with two of them"
_IDS = sorted({*FLOW.steps, *(o.value for s in FLOW.steps.values() for o in s.options), *Action})


# --- questions that are often asked ---


@pytest.mark.parametrize(
    ("asked", "topic"),
    [
        ("should I take her phone?", "phone"),
        ("Do I need to ring her parents", "parents"),
        ("Should I get her to delete it?", "deleting"),
        ("should i look at it", "looking"),
        ("will she get in trouble?", "trouble"),
    ],
)
async def test_a_question_that_is_often_asked_is_answered_and_then_the_question_stands_again(
    here: School, asked: str, topic: str
) -> None:
    await goes_to(here, "pressure")
    await here.says(asked)
    whom = "the safeguarding team of Example Academy North"
    assert say(f"answers.{topic}", whom=whom, Whom="T" + whom[1:]) in text_of(here.question())
    assert step_now(here) == "pressure"
    assert await kept(here, Kind.NOTE) == [asked]


async def test_an_account_that_has_such_a_question_in_it_is_an_account(here: School) -> None:
    await goes_to(here, "words")
    await here.says("She asked me: should I tell my parents?")
    assert step_now(here) == "pictured_ages"


# --- notes ---


async def test_a_sentence_that_is_no_answer_is_kept_as_a_note_that_the_lead_can_read(here: School) -> None:
    await goes_to(here, "pressure")
    await here.says(_NO_ANSWER)
    await here.presses("Send now")
    assert await kept(here, Kind.NOTE) == [_NO_ANSWER]
    assert _NO_ANSWER in await lead_reads(here)


async def test_the_question_is_repeated_kindly_and_at_the_second_time_says_that_it_was_not_understood(
    here: School,
) -> None:
    await goes_to(here, "pressure")
    revision = (await conversation(here)).revision
    await here.says(_NO_ANSWER)
    assert say("asking.note_kept") in text_of(here.question())
    assert step_now(here) == "pressure"
    await here.says("and there is a third one coming now")
    assert say("asking.note_kept_again") in text_of(here.question())
    assert {button.label for button in here.question().buttons} >= {"Only a dare between pupils", "I don’t know"}
    assert (await conversation(here)).revision == revision + 2
    assert len(await kept(here, Kind.NOTE)) == 2


async def test_the_next_question_may_be_repeated_once_again(here: School) -> None:
    await goes_to(here, "pictured_ages")
    await here.says(_NO_ANSWER)
    await answers(here)
    await here.says(_NO_ANSWER)
    assert say("asking.note_kept") in text_of(here.question())
    assert say("asking.note_kept_again") not in here.reads("teacher")


async def test_a_question_gone_back_to_may_be_repeated_too(here: School) -> None:
    await goes_to(here, "pressure")
    await here.says(_NO_ANSWER)
    await here.presses("Back")
    await here.says(_NO_ANSWER)
    assert step_now(here) == "adult_involved"
    assert say("asking.note_kept") in text_of(here.question())


async def test_a_note_before_a_written_question_is_its_answer(here: School) -> None:
    await goes_to(here, "words")
    await here.says(_NO_ANSWER)
    assert (await conversation(here)).answers["words"] == Answer((), _NO_ANSWER)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
@pytest.mark.parametrize("step", ["child", "pressure"])
async def test_a_message_without_a_letter_answers_nothing(here: School, step: str, text: str) -> None:
    await goes_to(here, step)
    await here.says(text)
    assert step not in (await conversation(here)).answers
    assert step_now(here) == step


async def test_a_card_with_one_of_two_questions_answered_asks_for_the_other_and_says_so(here: School) -> None:
    await goes_to(here, "academy")
    press = replace(here.question().buttons[0].press, answers={"staff_concerned": ("none",)})
    await here.hears(here.incoming("teacher", press=press))
    assert say("asking.one_left") in text_of(here.question())
    assert step_now(here) == "academy"


async def test_continuing_with_nothing_picked_says_so_and_changes_nothing(here: School) -> None:
    await goes_to(here, "academy")
    before = books(here)
    await here.presses("Continue")
    assert say("asking.nothing_picked") in here.reads("teacher")
    assert books(here) == before


# --- did you mean this? ---


async def _half_said(here: School) -> None:
    await goes_to(here, "pressure")
    await here.says("not really")
    assert say("asking.confirm_one") in text_of(here.question())


@pytest.mark.parametrize("yes", ["yes", "Yes please", "yep", "👍", "that's right"])
async def test_a_typed_yes_to_did_you_mean_this_takes_what_was_offered(here: School, yes: str) -> None:
    await _half_said(here)
    await here.says(yes)
    assert (await conversation(here)).answers["pressure"].values == ("no",)
    assert step_now(here) == "child_now"


async def test_a_typed_yes_takes_what_was_offered_where_yes_is_no_answer_of_the_step(here: School) -> None:
    await goes_to(here, "child_now")
    await here.says("maybe upset?")
    assert say("asking.confirm_one") in text_of(here.question())
    await here.says("yes")
    assert (await conversation(here)).answers["child_now"].values == ("distressed",)


async def test_a_typed_no_to_did_you_mean_this_asks_again_and_guesses_nothing(here: School) -> None:
    await _half_said(here)
    await here.says("no")
    assert "pressure" not in (await conversation(here)).answers
    assert step_now(here) == "pressure"
    await here.says("no")
    assert (await conversation(here)).answers["pressure"].values == ("no",)


async def test_something_else_asks_the_question_again(here: School) -> None:
    await _half_said(here)
    await here.presses("Something else")
    assert [b.label for b in here.question().buttons][-1] == "I don’t know"
    assert "pressure" not in (await conversation(here)).answers


async def test_another_answer_typed_instead_of_yes_is_that_answer(here: School) -> None:
    await _half_said(here)
    await here.says("it was a dare")
    assert (await conversation(here)).answers["pressure"].values == ("dare",)


async def test_what_was_typed_before_it_was_confirmed_is_kept_for_the_lead(here: School) -> None:
    await _half_said(here)
    await here.says("yes")
    assert "not really" in await lead_reads(here)


# --- typed text is never a button ---


def _code() -> st.SearchStrategy[str]:
    """What looks like a press, a step, a value or an action, and like nothing that a person would say."""
    press = st.builds(
        lambda action, step, value: json.dumps({"action": action, "revision": 1, "answers": {step: [value]}}),
        st.sampled_from(list(Action)),
        st.sampled_from(_IDS),
        st.sampled_from(_IDS),
    )
    odd = st.sampled_from(["button_{}", "!{}_now", "<{}_x>", '{{"press": "{}"}}', "{{{}}}", "to_{}"])
    named = st.sampled_from([id for id in _IDS if "_" in id])
    return st.one_of(press, named, st.builds(str.format, odd, st.sampled_from(_IDS)))


def _anything() -> st.SearchStrategy[str]:
    odd = st.sampled_from(["{}", "button:{}", "/{}", "action={}", "press {}", "{} now", "{}!", "'{}'"])
    return st.one_of(st.text(max_size=40), st.builds(str.format, odd, st.sampled_from(_IDS)))


def _acted(before: Conversation, after: Conversation) -> bool:
    """Whether anything but words entered: an answer picked, something sent, closed, or gone to.

    Words that may name an adult of the academy bring the staff question again, and no more (N-18); words that speak of
    danger send what there is (D-11).
    """
    if after.held and after.step == "staff_concerned":
        before = replace(before, step=after.step)
    picked = {step for step, answer in after.answers.items() if answer.values and answer != before.answers.get(step)}
    moved = after.mode is not before.mode or after.step != before.step
    written = "child" in after.answers and after.step == "came_from"
    sent = after.handed_off and not after.danger_said
    return bool(picked) or sent or after.blind or after.closed or (moved and not written)


async def _at_two_questions(here: School) -> tuple[Conversation, Conversation]:
    """A conversation at a written question, and at one with options, as they stand in the books."""
    await goes_to(here, "child")
    written = await conversation(here)
    await answers(here)
    return written, await conversation(here)


def _heard(here: School, before: Conversation, text: str) -> Decision:
    moment = Moment(composition.script(), here.trust.current(), here.clock.now())
    return hearing.hear(before, here.incoming("teacher", text=text), moment)


def _words_kept(decision: Decision) -> list[str]:
    held = [one.words for one in decision.conversation.held]
    return [*(entry.words for entry in decision.entries), *held]


async def test_typed_names_of_buttons_and_whole_presses_never_act_as_one(here: School) -> None:
    before = await _at_two_questions(here)

    @settings(max_examples=300, deadline=None)
    @example("send_now")
    @example("go_on")
    @example('{"action": "send_now"}')
    @given(_code())
    def holds(text: str) -> None:
        for one in before:
            decision = _heard(here, one, text)
            assert not _acted(one, decision.conversation), text
            assert text in _words_kept(decision)

    holds()
    assert _acted(before[1], _heard(here, before[1], "send now").conversation), "the control"


async def test_whatever_is_typed_answers_the_question_that_stands_or_is_a_command_and_its_words_are_kept(
    here: School,
) -> None:
    before = await _at_two_questions(here)

    @settings(max_examples=300, deadline=None)
    @example("mistake")
    @example("join")
    @example("new")
    @given(_anything())
    def holds(text: str) -> None:
        for one in before:
            decision = _heard(here, one, text)
            assert not decision.conversation.closed
            assert set(decision.deeds) <= {Deed.HAND_OFF, Deed.NEXT_STEPS, Deed.UPDATE}
            assert set(decision.conversation.answers) - set(one.answers) <= {one.step}
            assert not text or _words_kept(decision) == [text]

    holds()


@pytest.mark.parametrize("text", ["open_case", "Open case", "acknowledge", "Acknowledge", "I opened this by mistake"])
async def test_nobody_acts_on_a_case_by_typing(here: School, text: str) -> None:
    await here.tells_the_essentials()
    before = here.rows("select ref, state, acknowledged_at from cases where n = 1")
    await here.says(text, who="dsl-north")
    await here.says(text)
    assert here.rows("select ref, state, acknowledged_at from cases where n = 1") == before
    assert here.rows("select count(*) from audit where action in ('opened', 'acknowledged', 'mistake')") == [(0,)]


# --- buttons that are not of this card ---


async def _changes_nothing(here: School, press: Press, who: str = "teacher", says: str = "asking.stale") -> None:
    before, mind = books(here), await conversation(here)
    places, told = here.places(), here.reads(who).count(say(says))
    await here.hears(here.incoming(who, press=press))
    after = await conversation(here)
    assert replace(after, version=0, heard_at=mind.heard_at) == replace(mind, version=0)
    assert books(here) == before
    assert here.places() - {f"web:person:{who}"} == places - {f"web:person:{who}"}
    assert here.reads(who).count(say(says)) == told + 1


@pytest.mark.parametrize("label", ["13, 14 or 15", "Back", "Stop"])
async def test_a_button_of_an_earlier_card_changes_nothing_and_says_why(here: School, label: str) -> None:
    await goes_to(here, "pictured_ages")
    press = here.button(label).press
    await here.presses("16 or 17")
    await _changes_nothing(here, press)


async def test_an_old_button_to_start_a_new_report_does_not_close_the_one_that_stands(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    press = here.button("Start a new report").press
    await here.says("go on")
    await _changes_nothing(here, press)


async def test_a_report_that_nobody_can_read_yet_is_never_closed_over_by_a_new_one(here: School) -> None:
    await goes_to(here, "words")
    it = await conversation(here)
    await _changes_nothing(here, Press(Action.NEW, it.id, it.revision))


async def test_a_button_of_somebody_elses_conversation_changes_nothing_in_either(here: School) -> None:
    await goes_to(here, "pictured_ages")
    press = here.button("13, 14 or 15").press
    await here.says("A boy has told me something too", who="head-north")
    await _changes_nothing(here, press, who="head-north")
    assert step_now(here) == "pictured_ages"


_FORGED: dict[str, Callable[[Press], Press]] = {
    "another step": lambda p: replace(p, answers={"pressure": ("no",)}),
    "no step at all": lambda p: replace(p, answers={"to_done": ("13_15",)}),
    "another value": lambda p: replace(p, answers={"pictured_ages": ("yes",)}),
    "an empty value": lambda p: replace(p, answers={"pictured_ages": ("",)}),
    "two values where one may be picked": lambda p: replace(p, answers={"pictured_ages": ("13_15", "adult")}),
    "one right and one forged step": lambda p: replace(p, answers={**p.answers, "child": ("x",)}),
    "a later card": lambda p: replace(p, revision=p.revision + 1),
    "a negative card": lambda p: replace(p, revision=-1),
    "another conversation": lambda p: replace(p, subject="0" * 32),
    "no conversation": lambda p: replace(p, subject=""),
    "a hostile value": lambda p: replace(p, answers={"pictured_ages": ("\ud800\x00{0}",)}),
}


@pytest.mark.parametrize("forged", _FORGED.values(), ids=_FORGED)
async def test_a_forged_press_changes_nothing_and_says_why(here: School, forged: Callable[[Press], Press]) -> None:
    await goes_to(here, "pictured_ages")
    await _changes_nothing(here, forged(here.button("13, 14 or 15").press))


async def test_the_same_press_unforged_does_change_something(here: School) -> None:
    await goes_to(here, "pictured_ages")
    press = here.button("13, 14 or 15").press
    with pytest.raises(AssertionError):
        await _changes_nothing(here, press)
    assert step_now(here) == "adult_involved"


async def test_an_answer_button_does_nothing_while_something_else_is_asked(here: School) -> None:
    await goes_to(here, "pictured_ages")
    press = here.button("13, 14 or 15").press
    await here.presses("Stop")
    stopped = await conversation(here)
    await _changes_nothing(here, replace(press, revision=stopped.revision))


# --- duplicates, and two at once ---


def test_the_same_message_delivered_again_and_again_has_one_effect() -> None:
    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
    def holds(again: list[int]) -> None:
        asyncio.run(_delivered([0, 1, 2, 3], again))

    holds()


async def _delivered(messages: list[int], again: list[int]) -> None:
    """Four messages in order, each followed by repeats of any that were already sent."""
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        sent = [here.incoming("teacher", text=text) for text in (FIRST, "no", "Example Academy North", "nobody")]
        for number in messages:
            await here.hears(sent[number])
            for other in (other for other in again if other <= number):
                await here.hears(replace(sent[other], at=here.clock.now()))
        assert step_now(here) == "child"
        words = [entry.words for entry in await chronology(here)]
        assert words == [FIRST, "no", "Example Academy North", "nobody"]
        assert len(refs(here)) == 1


async def test_the_same_press_delivered_twenty_times_has_one_effect(here: School) -> None:
    await goes_to(here, "pictured_ages")
    press = here.incoming("teacher", press=here.button("13, 14 or 15").press)
    await asyncio.gather(*(here.bot.hear(press) for _ in range(20)))
    await here.settles()
    assert step_now(here) == "adult_involved"
    assert say("asking.stale") not in here.reads("teacher")
    assert len([entry for entry in await chronology(here) if entry.step == "pictured_ages"]) == 1


async def test_messages_that_come_at_once_are_all_kept(here: School) -> None:
    await goes_to(here, "pressure")
    texts = [f"{_NO_ANSWER}, number {number}" for number in range(8)]
    await asyncio.gather(*(here.bot.hear(here.incoming("teacher", text=text)) for text in texts))
    await here.settles()
    assert sorted(await kept(here, Kind.NOTE)) == sorted(texts)


async def test_two_first_messages_at_once_open_one_case_and_both_are_kept(here: School) -> None:
    both = [here.incoming("teacher", text=text) for text in (FIRST, "It is about the art room again, sorry")]
    await asyncio.gather(*(here.bot.hear(incoming) for incoming in both))
    await here.settles()
    assert len(refs(here)) == 1
    assert {entry.words for entry in await chronology(here)} == {incoming.text for incoming in both}
