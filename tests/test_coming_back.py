"""Coming back: go on, change, send; an answer changed later; more after the end; a new report, or the earlier one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.case import Kind
from bot.conversation import facts_of
from bot.facts import PressureBy
from bot.message import Change, Incoming
from tests.on_the_way import (
    FIRST,
    FLOW,
    TEACHER,
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
from tests.school import School, text_of

_SHORT = timedelta(minutes=20)
_MORE = "There is something else I should have said"


async def _comes_back(here: School, step: str = "words", after: int = 40) -> None:
    await goes_to(here, step)
    await here.passes(minutes=after)
    await here.says(_MORE)


# --- you started this report at 10:40 ---


async def test_who_comes_back_is_told_when_the_report_was_started_and_may_go_on_change_or_send(here: School) -> None:
    await _comes_back(here)
    card = here.question()
    assert say("silence.returned", time="10:40", date="20 November 2026") in text_of(card)
    assert [button.label for button in card.buttons][:3] == ["Go on", "Change an answer", "Stop here"]
    assert {button.label for button in card.footer} == {"Send now", "Back", "Contacts", "Stop"}


async def test_what_was_typed_on_coming_back_is_kept(here: School) -> None:
    await _comes_back(here)
    assert await kept(here, Kind.NOTE) == [_MORE]
    assert _MORE in await lead_reads(here)


@pytest.mark.parametrize("typed", [False, True])
async def test_going_on_asks_the_question_that_stood(here: School, typed: bool) -> None:
    await _comes_back(here)
    await (here.says("go on") if typed else here.presses("Go on"))
    assert step_now(here) == "words"


async def test_sending_hands_off_what_there_is(here: School) -> None:
    await goes_to(here, "words")
    here.clock.advance(_SHORT)
    await here.says("go on")
    await here.presses("Send now")
    assert say("post.incomplete") in here.channel_reads()


async def test_an_answer_typed_on_coming_back_is_taken(here: School) -> None:
    await goes_to(here, "pictured_ages")
    await here.passes(minutes=40)
    await here.says("14")
    assert step_now(here) == "adult_involved"
    assert say("silence.started", time="10:40", date="20 November 2026") in text_of(here.question())
    assert say("silence.go_on") not in [button.label for button in here.question().buttons]


async def test_a_pause_shorter_than_the_silence_is_no_coming_back(here: School) -> None:
    await _comes_back(here, "pressure", after=14)
    assert step_now(here) == "pressure"
    assert say("silence.go_on") not in [button.label for button in here.question().buttons]


async def test_the_question_whether_to_stop_does_not_keep_anybody_from_coming_back(here: School) -> None:
    await goes_to(here, "words")
    await here.presses("Stop")
    await here.passes(minutes=40)
    await here.says(_MORE)
    assert say("silence.returned", time="10:40", date="20 November 2026") in text_of(here.question())


async def test_a_button_of_the_card_that_still_stands_works_after_any_pause(here: School) -> None:
    await goes_to(here, "pictured_ages")
    await here.passes(hours=30)
    await here.presses("13, 14 or 15")
    assert step_now(here) == "adult_involved"


async def test_with_nothing_answered_yet_there_is_nothing_to_change_and_the_question_is_asked(here: School) -> None:
    await here.says(FIRST)
    await here.passes(minutes=20)
    await here.says(_MORE)
    await here.presses("Change an answer")
    assert say("asking.nothing_before") in text_of(here.question())
    assert step_now(here) == "danger"


# --- changing an answer ---


async def _changes(here: School, short: str, to: str) -> None:
    await here.presses("Change an answer")
    await here.picks({say("silence.which"): [short]})
    card = here.question()
    await (here.picks({card.fields[0].ask: [to]}) if card.fields else here.presses(to))


async def test_a_changed_answer_keeps_the_earlier_one_in_the_chronology_for_the_lead(here: School) -> None:
    await _comes_back(here, "adult_involved")
    await _changes(here, "How it came to light", "A parent or carer told me")
    entries = [entry for entry in await chronology(here) if entry.step == "came_from"]
    assert [(entry.kind, entry.values) for entry in entries] == [
        (Kind.ANSWER, ("unknown",)),
        (Kind.CORRECTION, ("parent",)),
    ]
    read = await lead_reads(here)
    assert "How it came to light: A parent or carer told me" in read
    assert "How it came to light · I don’t know" in read
    assert say("silence.corrected") in here.reads("teacher")
    assert step_now(here) == "adult_involved"


async def test_changed_words_keep_the_earlier_words(here: School) -> None:
    await goes_to(here, "words")
    await here.says("He said he would show everyone")
    await here.presses("Back")
    await here.says("He said he had shown everyone")
    read = await _lead_reads_after_sending(here)
    assert "He said he would show everyone" in read
    assert "He said he had shown everyone" in read
    assert await kept(here, Kind.CORRECTION) == ["He said he had shown everyone"]


async def _lead_reads_after_sending(here: School) -> str:
    await here.presses("Send now")
    return await lead_reads(here)


async def test_facts_follow_the_new_answer(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Back")
    assert facts_of(FLOW, await conversation(here)).pressure == "no"
    await here.presses("Yes, or it sounds like it")
    assert facts_of(FLOW, await conversation(here)).pressure == "yes"
    assert say("flag.coercion") in await lead_reads(here)


async def test_the_answers_of_a_branch_no_longer_taken_no_longer_count_but_stay_in_the_chronology(
    here: School,
) -> None:
    await goes_to(here, "pressure")
    await here.presses("Yes, or it sounds like it")
    await here.picks({"What kind was it": ["A demand for money, vouchers or gifts"]})
    assert facts_of(FLOW, await conversation(here)).demand
    assert say("flag.money_or_more_images") in await lead_reads(here)
    await here.presses("Back")
    await here.presses("Back")
    await here.presses("Only a dare between pupils")
    facts = facts_of(FLOW, await conversation(here))
    assert not facts.demand
    assert facts.pressure_by == {PressureBy.UNKNOWN}
    assert step_now(here) == "child_now"
    read = await lead_reads(here)
    assert say("flag.money_or_more_images") not in read
    assert "A demand for money, vouchers or gifts" in read


async def test_a_changed_answer_after_the_end_joins_the_same_case(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await _changes(here, "Age of the child in the picture", "Under 13")
    assert say("flag.under_13") in await lead_reads(here)
    assert len(refs(here)) == 1


# --- edited and deleted (T33) ---


@pytest.mark.parametrize("change", list(Change))
async def test_a_message_edited_or_deleted_afterwards_leaves_what_was_written_as_it_was(
    here: School, change: Change
) -> None:
    await here.tells_the_essentials()
    before = [entry for entry in await chronology(here) if entry.words]
    await here.hears(Incoming(TEACHER, "k-1", here.clock.now(), "It was not like that", change=change))
    after = [entry for entry in await chronology(here) if entry.words]
    assert after[:-1] == before
    assert (after[-1].kind, after[-1].words) == (Kind(change.value), "It was not like that")
    assert say(f"kind.{change}") in await lead_reads(here)
    assert here.rows("select count(*) from cases") == [(1,)]


# --- after the end ---


async def _ended(here: School) -> str:
    await here.tells_the_essentials()
    await here.presses("Send now")
    return refs(here)[0]


async def test_within_two_hours_of_the_end_more_joins_the_same_case(here: School) -> None:
    ref = await _ended(here)
    await here.passes(minutes=115)
    await here.says(_MORE)
    assert say("finished.added", ref=ref) in here.reads("teacher")
    assert await kept(here, Kind.ADDITION) == [_MORE]
    assert refs(here) == [ref]


async def test_more_than_two_hours_after_the_end_a_message_starts_a_new_case_and_offers_the_earlier_one(
    here: School,
) -> None:
    ref = await _ended(here)
    await here.passes(minutes=121)
    await here.says(_MORE)
    assert len(refs(here)) == 2
    assert await kept(here, Kind.FIRST_WORDS) == [_MORE]
    assert say("finished.earlier", ref=ref) in here.reads("teacher")
    assert step_now(here) == "danger"


async def test_joining_copies_the_words_to_the_earlier_case_and_sends_no_case_of_its_own(here: School) -> None:
    ref = await _ended(here)
    await here.passes(hours=3)
    await here.says(_MORE)
    await here.says("and her brother knows")
    await here.says("no")
    await here.picks({"Which academy": ["Example Academy North"], "point to an adult": ["No, nothing points to one"]})
    posts = len(here.channel())
    await here.presses(say("finished.join", ref=ref))
    assert say("finished.joined", ref=ref) in here.reads("teacher")
    assert await kept(here, Kind.ADDITION, case=0) == [_MORE, "and her brother knows", "no", "", ""]
    assert _MORE in await lead_reads(here, case=0)
    await here.passes(hours=1)
    assert len([card for card in here.channel() if refs(here)[1] in text_of(card)]) == 0
    assert len(here.channel()) >= posts


async def test_a_report_in_danger_is_not_joined_to_an_earlier_one(here: School) -> None:
    ref = await _ended(here)
    await here.passes(hours=3)
    await here.says(_MORE)
    join = here.button(say("finished.join", ref=ref)).press
    await here.presses("Yes, or it may be so")
    await here.hears(here.incoming("teacher", press=join))
    assert say("finished.not_joined", ref=ref) in here.reads("teacher")
    assert step_now(here) == "academy"
    await answers(here)
    assert say("post.alert") in here.channel_reads()


async def test_not_joining_goes_on_as_a_new_report(here: School) -> None:
    ref = await _ended(here)
    await here.passes(hours=3)
    await here.says(_MORE)
    await here.presses("No, not that I know of")
    await answers(here)
    await here.presses("Send now")
    assert refs(here)[1] in here.channel_reads()
    assert not await kept(here, Kind.ADDITION, case=0)
    assert ref != refs(here)[1]


async def test_start_a_new_report_begins_again_from_the_first_question(here: School) -> None:
    await _ended(here)
    await here.presses("Start a new report")
    assert step_now(here) == "danger"
    assert len(refs(here)) == 2


async def test_a_report_that_is_not_out_yet_offers_no_new_one(here: School) -> None:
    await here.says(FIRST)
    here.clock.advance(_SHORT)
    await here.says(_MORE)
    assert "Start a new report" not in [button.label for button in here.question().buttons]
