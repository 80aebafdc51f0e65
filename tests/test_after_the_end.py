"""What a member of staff says once their report is out: it reaches the case that it is about, and whoever has that."""

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
from bot.message import Action, Change, Press
from tests import leads
from tests.on_the_way import chronology, conversation, goes_to, kept, lead_reads, refs, say, step_now
from tests.school import School, school, text_of
from tests.test_forms import form, writes
from tests.test_lead_acts import ANSWER, QUESTION, READ, acts, answered, asked, read, written

NEW, GO_ON = say("finished.new"), say("silence.go_on")
START = Press(Action.START, "")
MORE = "Her brother Quillon has it on a tablet as well"
COACH = "It was the coach, Mr Quillon, who asked her"
DANGER = "He says he will kill himself tonight"
NORTH, SOUTH = "Example Academy North", "Example Academy South"
NONE, OTHER = "No, nothing points to one", "Yes, a member of staff or a volunteer"


async def _out(here: School) -> None:
    """One report is finished, and the DSL has it."""
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.presses("Acknowledge", "dsl-north")


async def _two_out(here: School, academy: str = "south") -> None:
    """A second one is out as well, at another academy, and finished."""
    await _out(here)
    await here.presses(NEW)
    await here.presses("No, not that I know of")
    await here.picks(leads.place(["none"], academy))
    await here.presses("Send now")
    await here.presses("Send now")
    assert (await conversation(here)).mode is Mode.FINISHED


async def _asks(here: School, case: int = 0, who: str = "dsl-north", question: str = QUESTION) -> None:
    assert say("press.asked") in await acts(here, who, Action.ASK_REPORTER, question, refs(here)[case])


async def _words(here: School, case: int) -> dict[str, Kind]:
    """What was written in a case, and as what it was kept."""
    return {entry.words: entry.kind for entry in await chronology(here, case) if entry.words}


def _label(here: School, case: int, academy: str) -> str:
    return say("sorting.report", ref=refs(here)[case], academy=academy)


def _choices(here: School) -> list[str]:
    card = here.newest_card_with(say("sorting.new"), "teacher")
    return [button.label for button in card.buttons]


def _told(here: School, key: str, case: int, place: str = "dsl-north-channel") -> int:
    """How many notices with this sentence stand in a channel."""
    said = say(key, ref=refs(here)[case])
    return sum(said in text_of(card) for card in here.channel(place))


# --- a form of a report that was opened by mistake ---


async def _mistaken(here: School) -> Press:
    await goes_to(here, "child")
    late = form(here)
    await here.presses("Stop")
    await here.presses(say("stopping.mistake"))
    return late


async def test_words_of_a_form_of_a_report_opened_by_mistake_begin_a_report(here: School) -> None:
    late = await _mistaken(here)
    await writes(here, MORE, late)
    assert await kept(here, Kind.FIRST_WORDS) == [MORE]
    assert len(refs(here)) == 2
    assert step_now(here) == "danger"


async def test_words_of_a_form_of_a_report_opened_by_mistake_join_the_one_that_is_open_as_a_note(here: School) -> None:
    late = await _mistaken(here)
    await here.says("A boy has told me something")
    await writes(here, MORE, late)
    assert (await _words(here, 1))[MORE] is Kind.NOTE
    assert step_now(here) == "danger"


async def test_words_of_a_form_still_join_a_report_that_was_called_a_mistake_once_it_was_out(here: School) -> None:
    await goes_to(here, "words")
    late = form(here)
    await here.presses("Send now")
    mistake = Press(Action.MISTAKE, (it := await conversation(here)).id, it.revision)
    await here.hears(here.incoming("teacher", press=mistake))
    await writes(here, MORE, late)
    assert len(refs(here)) == 1
    assert MORE in await lead_reads(here)


# --- the answer to a lead's question, typed ---


async def test_what_is_typed_after_the_end_answers_the_question_and_the_lead_is_told(here: School) -> None:
    await _out(here)
    await asked(here)
    await here.says(ANSWER)
    assert await kept(here, Kind.REPLY) == [ANSWER]
    assert _told(here, "post.answered", 0) == 1
    assert say("question.answered", ref=here.ref()) in here.reads("teacher")
    assert READ not in here.reads("teacher")
    assert ANSWER in await lead_reads(here)


async def test_the_card_says_where_the_answer_goes_and_offers_a_new_report_for_anything_else(here: School) -> None:
    await _out(here)
    await asked(here)
    await here.says(ANSWER)
    card = here.screen("teacher")[-1]
    assert say("question.typed", ref=here.ref()) in text_of(card)
    assert NEW in [button.label for button in card.buttons]
    await here.presses(NEW)
    assert len(refs(here)) == 2


@pytest.mark.parametrize("hours", [1, 3, 70])
async def test_however_late_it_is_typed_it_is_the_answer_and_begins_no_other_report(here: School, hours: int) -> None:
    await _out(here)
    await asked(here)
    await here.passes(hours=hours)
    await here.says(ANSWER)
    assert len(refs(here)) == 1
    assert await kept(here, Kind.REPLY) == [ANSWER]


async def test_once_it_has_its_answer_what_is_typed_is_more_of_the_report(here: School) -> None:
    await _out(here)
    await asked(here)
    await here.says(ANSWER)
    await here.says(MORE)
    assert await kept(here, Kind.REPLY) == [ANSWER]
    assert await kept(here, Kind.ADDITION) == [MORE]


@pytest.mark.parametrize("late", [False, True])
async def test_an_answer_in_the_form_is_the_answer_as_well(here: School, late: bool) -> None:
    await _out(here)
    await asked(here)
    await answered(here)
    await here.passes(hours=3 if late else 0)
    await here.says(MORE)
    assert len(refs(here)) == (2 if late else 1)
    assert await kept(here, Kind.REPLY, case=0) == [ANSWER]


async def test_an_older_question_answered_in_its_form_leaves_the_newer_one_waiting(here: School) -> None:
    await _out(here)
    await asked(here)
    old = await read(here)
    await asked(here, "And is there a second device?", "deputy-north")
    press = next(button.press for button in old.buttons if button.writes)
    await here.hears(here.incoming("teacher", text=ANSWER, press=press))
    await here.says("There is, a tablet")
    assert await kept(here, Kind.REPLY) == [ANSWER, "There is, a tablet"]
    assert READ not in here.reads("teacher")


async def test_a_question_asked_again_has_an_answer_of_its_own(here: School) -> None:
    await _out(here)
    for words in (ANSWER, MORE):
        await asked(here)
        await here.says(words)
    assert await kept(here, Kind.REPLY) == [ANSWER, MORE]
    assert READ not in here.reads("teacher")


async def test_while_our_own_questions_are_asked_what_is_typed_answers_those(here: School) -> None:
    await goes_to(here, "words")
    await here.presses("Send now")
    await asked(here)
    assert say("question.how") in here.reads("teacher")
    await here.says(ANSWER)
    assert (await _words(here, 0))[ANSWER] is Kind.ANSWER
    assert READ in here.reads("teacher")
    await answered(here, MORE)
    assert await kept(here, Kind.REPLY) == [MORE]


@pytest.mark.parametrize("picked", [NONE, OTHER])
async def test_an_answer_that_names_an_adult_there_waits_as_the_answer(here: School, picked: str) -> None:
    await _out(here)
    await asked(here)
    await here.says(COACH)
    assert say("asking.staff_again") in here.reads("teacher")
    assert "Quillon" not in await lead_reads(here)
    assert _told(here, "post.answered", 0) == 0
    assert READ in here.reads("teacher")
    await here.picks({"point to an adult": [picked]})
    assert await kept(here, Kind.REPLY) == [COACH]
    assert READ not in here.reads("teacher")
    assert (COACH in await lead_reads(here)) is (picked == NONE)
    assert COACH in await lead_reads(here, "dsl-north" if picked == NONE else "head-north")
    assert not (await conversation(here)).asked


@pytest.mark.parametrize("words", ["contacts", "should I take her phone"])
async def test_a_command_and_a_question_to_us_are_no_answer(here: School, words: str) -> None:
    await _out(here)
    await asked(here)
    await here.says(words)
    assert await kept(here, Kind.REPLY) == []
    assert READ in here.reads("teacher")


@pytest.mark.parametrize("words", ["thanks", "Thank you!", "..."])
async def test_thanks_answer_no_question_are_asked_about_nowhere_and_told_to_nobody(here: School, words: str) -> None:
    await _two_out(here)
    await _asks(here, 1, "dsl-south")
    await here.says(words)
    assert (await _words(here, 1))[words] is Kind.ADDITION
    assert READ in here.reads("teacher")
    assert say("sorting.which") not in here.reads("teacher")
    assert "more_added" not in leads.actions(here)


async def test_danger_in_a_typed_answer_is_told_as_danger(here: School) -> None:
    await _out(here)
    await asked(here)
    await here.says(DANGER)
    assert await kept(here, Kind.REPLY) == [DANGER]
    assert _told(here, "post.danger_sign", 0) == 1


async def test_with_nothing_open_a_typed_answer_still_reaches_the_report_it_is_about(here: School) -> None:
    await _out(here)
    await asked(here)
    await here.presses(NEW)
    await here.presses("Stop")
    assert len(refs(here)) == 2
    await here.says(ANSWER)
    assert await kept(here, Kind.REPLY, case=0) == [ANSWER]
    assert len(refs(here)) == 2


async def test_with_nothing_open_and_nothing_asked_what_is_typed_begins_a_report(here: School) -> None:
    """The control."""
    await _out(here)
    await here.presses(NEW)
    await here.presses("Stop")
    await here.says(ANSWER)
    assert len(refs(here)) == 3


# --- several reports ---


async def test_with_one_report_out_nothing_is_asked(here: School) -> None:
    await _out(here)
    await here.says(MORE)
    assert await kept(here, Kind.ADDITION) == [MORE]
    assert say("sorting.which") not in here.reads("teacher")


@pytest.mark.parametrize("academy", ["south", "north"])
async def test_with_two_reports_out_it_is_asked_which_one_is_meant(here: School, academy: str) -> None:
    await _two_out(here, academy)
    await here.says(MORE)
    name = {"south": SOUTH, "north": NORTH}[academy]
    assert _choices(here) == [_label(here, 1, name), _label(here, 0, NORTH), say("sorting.new")]
    assert MORE not in {**await _words(here, 0), **await _words(here, 1)}
    assert b"Quillon" not in here.raw()
    assert "Quillon" not in written(here)


@pytest.mark.parametrize("case", [0, 1])
async def test_the_words_go_where_the_press_says_and_nowhere_else(here: School, case: int) -> None:
    await _two_out(here)
    await here.says(MORE)
    await here.presses(_label(here, case, (NORTH, SOUTH)[case]))
    assert (await _words(here, case))[MORE] is Kind.ADDITION
    assert MORE not in await _words(here, 1 - case)
    assert say("finished.added", ref=refs(here)[case]) in here.reads("teacher")
    assert _told(here, "post.more", case, ("dsl-north-channel", "dsl-south-channel")[case]) == 1
    assert say("sorting.new") not in here.reads("teacher")


async def test_something_new_begins_a_report_with_those_words(here: School) -> None:
    await _two_out(here)
    await here.says(MORE)
    await here.presses(say("sorting.new"))
    assert await kept(here, Kind.FIRST_WORDS) == [MORE]
    assert len(refs(here)) == 3
    assert step_now(here) == "danger"
    assert say("sorting.chosen", label=say("sorting.new")) in here.reads("teacher")


async def test_two_messages_in_a_row_wait_and_go_together(here: School) -> None:
    await _two_out(here)
    await here.says(MORE)
    await here.says("and her cousin")
    await here.presses(_label(here, 0, NORTH))
    assert (await _words(here, 0))[f"{MORE}\nand her cousin"] is Kind.ADDITION


async def test_the_question_of_a_lead_stands_first_and_is_answered_by_its_button(here: School) -> None:
    await _two_out(here)
    await _asks(here)
    await here.says(ANSWER)
    label = say("sorting.answer", whom="the DSL", ref=refs(here)[0])
    assert _choices(here)[0] == label
    await here.presses(label)
    assert (await _words(here, 0))[ANSWER] is Kind.REPLY
    assert ANSWER not in await _words(here, 1)
    assert _told(here, "post.answered", 0) == 1
    assert READ not in here.reads("teacher")


async def test_with_several_out_a_late_answer_is_asked_about_and_begins_no_report(here: School) -> None:
    await _two_out(here)
    await _asks(here)
    await here.passes(hours=20)
    await here.says(ANSWER)
    await here.presses(say("sorting.answer", whom="the DSL", ref=refs(here)[0]))
    assert len(refs(here)) == 2
    assert (await _words(here, 0))[ANSWER] is Kind.REPLY


async def test_with_several_out_and_nothing_asked_a_late_message_begins_a_report(here: School) -> None:
    await _two_out(here)
    await here.passes(hours=3)
    await here.says(MORE)
    assert len(refs(here)) == 3


async def test_a_lead_who_may_not_read_it_any_more_is_named_by_no_button(here: School) -> None:
    await _two_out(here)
    await _asks(here)
    await here.says(COACH)
    await here.presses(say("sorting.answer", whom="the DSL", ref=refs(here)[0]))
    await _asks(here, question="And when did it begin?")
    await here.picks({"point to an adult": ["Yes, the designated safeguarding lead (DSL)"]})
    await here.presses("Send now")
    await here.says("Since half term")
    assert _choices(here)[0] == say("sorting.answer", whom="the headteacher", ref=refs(here)[0])


async def test_of_many_reports_the_newest_three_are_offered_and_what_is_asked_about_always(here: School) -> None:
    await _two_out(here)
    for _ in range(3):
        await here.presses(NEW)
        await here.presses("No, not that I know of")
        await here.picks(leads.place(["none"], "south"))
        await here.presses("Send now")
        await here.presses("Send now")
    await _asks(here)
    await here.says(MORE)
    assert _choices(here) == [
        say("sorting.answer", whom="the DSL", ref=refs(here)[0]),
        _label(here, 4, SOUTH),
        _label(here, 3, SOUTH),
        say("sorting.new"),
    ]


@pytest.mark.parametrize("case", [0, 1])
async def test_words_that_name_an_adult_there_are_asked_about_in_the_report_they_belong_to(
    here: School, case: int
) -> None:
    await _two_out(here)
    await here.says(COACH)
    await here.presses(_label(here, case, (NORTH, SOUTH)[case]))
    assert say("asking.staff_again") in here.reads("teacher")
    for who, of in (("dsl-north", 0), ("dsl-south", 1)):
        assert "Quillon" not in await lead_reads(here, who, of)
    await here.picks({"point to an adult": [OTHER]})
    assert "Quillon" in await lead_reads(here, ("head-north", "head-south")[case], case)
    assert "Quillon" not in await lead_reads(here, ("dsl-north", "dsl-south")[case], case)


async def test_words_that_speak_of_danger_wait_for_nothing(here: School) -> None:
    await _two_out(here)
    await here.says(MORE)
    await here.says(DANGER)
    assert {MORE, DANGER} <= set(await _words(here, 1))
    assert say("asking.danger_told") in here.reads("teacher")
    assert _told(here, "post.danger_sign", 1, "dsl-south-channel") == 1
    assert say("sorting.new") not in here.reads("teacher")


@pytest.mark.parametrize("since", [0, 40])
async def test_where_nothing_is_pressed_the_words_join_the_newer_report_and_the_lead_is_told(
    here: School, since: int
) -> None:
    await _two_out(here)
    await here.passes(minutes=since)
    await here.says(MORE)
    await here.passes(minutes=4)
    assert MORE not in await _words(here, 1)
    await here.passes(minutes=2)
    assert (await _words(here, 1))[MORE] is Kind.ADDITION
    assert _told(here, "post.more", 1, "dsl-south-channel") == 1
    assert say("finished.added", ref=refs(here)[1]) in here.reads("teacher")
    assert say("sorting.new") not in here.reads("teacher")


async def test_the_words_that_wait_outlive_the_process(here: School) -> None:
    await _two_out(here)
    await here.says(MORE)
    leads.restart(here)
    await here.passes(minutes=6)
    assert (await _words(here, 1))[MORE] is Kind.ADDITION


async def test_words_nobody_sorted_that_name_an_adult_there_still_wait_for_the_staff_question(here: School) -> None:
    await _two_out(here)
    await here.says(COACH)
    await here.passes(minutes=6)
    assert step_now(here) == "staff_concerned"
    assert "Quillon" not in await lead_reads(here, "dsl-south")
    await here.passes(minutes=20)
    assert "Quillon" not in await lead_reads(here, "dsl-south")
    assert "Quillon" in await lead_reads(here, "head-south")


async def test_a_press_on_the_card_counts_once_and_a_later_one_changes_nothing(here: School) -> None:
    await _two_out(here)
    await here.says(MORE)
    press = here.button(_label(here, 0, NORTH)).press
    for _ in range(2):
        await here.hears(here.incoming("teacher", press=press))
    before = [await _words(here, case) for case in (0, 1)]
    await here.hears(here.incoming("teacher", press=replace(press, answers={"report": ("new",)})))
    assert [await _words(here, case) for case in (0, 1)] == before
    assert [entry.words for entry in await chronology(here, 0)].count(MORE) == 1
    assert say("asking.stale") in here.reads("teacher")


@pytest.mark.parametrize("to", ["ZZZZ-ZZZZ-ZZ", "", "theirs"])
async def test_words_are_never_put_into_a_report_that_is_not_the_senders(here: School, to: str) -> None:
    await leads.tells_as(here, "teacher-2", ["none"])
    theirs = refs(here)[0]
    await _two_out(here)
    await here.says(MORE)
    press = here.button(say("sorting.new")).press
    forged = replace(press, answers={"report": (theirs if to == "theirs" else to,)})
    await here.hears(here.incoming("teacher", press=forged))
    assert MORE not in await _words(here, 0)
    assert len(refs(here)) == 3
    await here.passes(minutes=6)
    assert (await _words(here, 2))[MORE] is Kind.ADDITION


async def test_a_file_beside_the_words_is_refused_all_the_same(here: School) -> None:
    await _two_out(here)
    await here.says(MORE, attachments=1)
    assert say("files.refused") in here.reads("teacher")
    assert _choices(here)


_ACTS = ["one", "other", "new", "nothing", "start", "contacts", "more", "danger", "change", "edit"]


def test_whatever_is_done_next_the_words_are_kept_exactly_once() -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.sampled_from(_ACTS), max_size=3), st.sampled_from([MORE, COACH]))
    def never_lost(acts: list[str], words: str) -> None:
        assert asyncio.run(_kept_after(acts, words)) == 1

    never_lost()
    assert asyncio.run(_kept_after(["a careless second time"], MORE)) == 2


async def _kept_after(done: list[str], words: str) -> int:
    """How often the words stand in the books once an hour has passed."""
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await _two_out(here)
        await here.says(words)
        for act in done:
            await _does(here, act)
        for _ in range(6):
            await here.passes(minutes=10)
        entries = [entry for case in range(len(refs(here))) for entry in await chronology(here, case)]
        return sum(entry.words.count(words) for entry in entries)


async def _does(here: School, act: str) -> None:
    if act in ("one", "other", "new"):
        labels = {"one": _label(here, 1, SOUTH), "other": _label(here, 0, NORTH), "new": say("sorting.new")}
        offered = [button.label for card in here.screen("teacher") for button in card.buttons]
        if labels[act] in offered:
            await here.presses(labels[act])
    elif act in ("more", "danger", "a careless second time"):
        await here.says({"more": "and another thing", "danger": DANGER}.get(act, MORE))
    elif act == "edit":
        await here.hears(replace(here.incoming("teacher", text="it was not like that"), change=Change.EDITED))
    elif act != "nothing":
        it = await here.store.transact(lambda tx: tx.conversation_of(leads.person("teacher")))
        press = START if act == "start" or it is None else Press(Action(act), it.id, it.revision)
        await here.hears(here.incoming("teacher", press=press))


# --- whoever has the case hears of more ---


async def test_whoever_has_acknowledged_is_told_of_more_by_a_new_message(here: School) -> None:
    await _out(here)
    before = len(here.channel())
    await here.says(MORE)
    assert _told(here, "post.more", 0) == 1
    assert len(here.channel()) == before + 1
    assert "Quillon" not in here.channel_reads()


async def test_whoever_acknowledged_it_in_the_channel_is_told_one_to_one(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.presses("Acknowledge", "deputy-north")
    assert here.screen("deputy-north") == []
    await here.says(MORE)
    assert say("post.more", ref=here.ref()) in here.reads("deputy-north")


@pytest.mark.parametrize("after", [0, 20])
async def test_a_notice_of_danger_is_not_taken_away_by_a_lighter_one(here: School, after: int) -> None:
    await _out(here)
    await here.says(DANGER)
    await here.passes(minutes=after)
    await here.says(MORE)
    await here.passes(minutes=6)
    assert _told(here, "post.danger_sign", 0) == 1
    assert _told(here, "post.more", 0) == 1


async def test_that_nobody_has_acknowledged_is_not_taken_away_either_and_goes_once_somebody_has(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.passes(minutes=11)
    await here.says(MORE)
    waited = say("post.climbed", ref=here.ref(), minutes=11)
    assert waited in here.reads("deputy-north")
    assert say("post.more", ref=here.ref()) in here.reads("deputy-north")
    await here.presses("Acknowledge", "deputy-north")
    assert waited not in here.reads("deputy-north")
    assert "Acknowledge" not in [button.label for card in here.screen("deputy-north") for button in card.buttons]


async def test_of_a_form_kept_after_the_end_they_are_told_as_well(here: School) -> None:
    await goes_to(here, "words")
    late = form(here)
    await here.presses("Stop")
    await here.presses(say("stopping.send"))
    await here.presses("Acknowledge", "dsl-north")
    await writes(here, MORE, late)
    assert await kept(here, Kind.ADDITION) == [MORE]
    assert _told(here, "post.more", 0) == 1


async def test_several_messages_within_five_minutes_are_one_notice_and_what_came_meanwhile_one_more(
    here: School,
) -> None:
    await _out(here)
    for words in ("one more thing", "and another", "and a third"):
        await here.says(words)
        await here.passes(minutes=1)
    assert leads.actions(here).count("more_added") == 1
    await here.passes(minutes=3)
    assert leads.actions(here).count("more_added") == 2
    await here.passes(hours=1)
    assert leads.actions(here).count("more_added") == 2


async def test_a_message_in_every_minute_is_told_of_every_five_minutes(here: School) -> None:
    await _out(here)
    for _ in range(20):
        await here.says("and another thing")
        await here.passes(minutes=1)
    assert 4 <= leads.actions(here).count("more_added") <= 5


async def test_an_answer_to_a_lead_is_told_at_once_whatever_was_told_before(here: School) -> None:
    await _out(here)
    await here.says(MORE)
    await asked(here)
    await here.says(ANSWER)
    assert _told(here, "post.answered", 0) == 1
    await here.passes(hours=1)
    assert _told(here, "post.answered", 0) == 1


async def test_words_that_waited_for_the_staff_question_are_told_of_once_they_join(here: School) -> None:
    await _out(here)
    await here.says(COACH)
    assert _told(here, "post.more", 0) == 0
    await here.picks({"point to an adult": [NONE]})
    assert _told(here, "post.more", 0) == 1


async def test_words_that_take_the_case_past_the_team_are_told_to_nobody_of_it(here: School) -> None:
    await _out(here)
    await here.says(COACH)
    await here.picks({"point to an adult": [OTHER]})
    assert _told(here, "post.more", 0) == 0
    assert refs(here)[0] not in here.channel_reads()
    assert COACH in await lead_reads(here, "head-north")


# --- start, with a report that is out or that was left ---


async def _starts(here: School) -> None:
    await here.hears(here.incoming("teacher", press=START))


def _offers(here: School) -> list[str]:
    return [button.label for button in here.question().buttons]


async def test_start_with_a_report_that_is_out_asks_first_what_to_do_with_it(here: School) -> None:
    await here.tells_the_essentials()
    stood = step_now(here)
    await _starts(here)
    assert say("silence.returned", time="10:40", date="20 November 2026") in text_of(here.question())
    assert {GO_ON, say("silence.change"), NEW} <= set(_offers(here))
    await here.presses(GO_ON)
    assert step_now(here) == stood


async def test_a_second_child_is_not_mixed_into_the_first_ones_report(here: School) -> None:
    await here.tells_the_essentials()
    await _starts(here)
    await here.presses(NEW)
    await here.says("A boy in year 7 has told me something")
    assert len(refs(here)) == 2
    assert "A boy in year 7" not in await lead_reads(here, case=0)


async def test_start_after_a_silence_asks_first_what_to_do_with_the_report_that_was_left(here: School) -> None:
    await goes_to(here, "words")
    here.clock.advance(timedelta(minutes=20))
    await _starts(here)
    assert {GO_ON, say("silence.change"), say("silence.send")} <= set(_offers(here))
    assert NEW not in _offers(here)
    await here.presses(GO_ON)
    assert step_now(here) == "words"


async def test_start_within_a_report_that_is_not_out_and_was_not_left_asks_its_question(here: School) -> None:
    """The control."""
    await goes_to(here, "words")
    await _starts(here)
    assert step_now(here) == "words"


async def test_what_is_typed_on_that_card_is_kept(here: School) -> None:
    await here.tells_the_essentials()
    await _starts(here)
    await here.says(MORE)
    assert MORE in await _words(here, 0)


@pytest.mark.parametrize(("left", "label"), [(False, "home.start"), (True, "home.go_on")])
async def test_the_first_page_says_that_a_start_goes_on(here: School, left: bool, label: str) -> None:
    if left:
        await here.says("A girl in my form has just told me something")
    card = await here.bot.home(leads.person("teacher"))
    assert [(button.label, button.press) for button in card.buttons] == [(say(label), START)]


async def test_long_after_the_end_the_first_page_offers_to_start(here: School) -> None:
    await _out(here)
    await here.passes(hours=3)
    card = await here.bot.home(leads.person("teacher"))
    assert [button.label for button in card.buttons] == [say("home.start")]


async def test_danger_with_two_reports_out_is_told_to_whoever_has_either_and_not_a_word_of_it(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Stop")
    await here.presses("Start a new report")
    await leads.tells(here, academy="south")
    await here.presses("Stop")
    north, south = refs(here)
    await here.says("Jade has just been found bleeding")
    assert say("post.danger_sign", ref=north) in here.reads("dsl-north")
    assert say("post.danger_sign", ref=south) in here.reads("dsl-south")
    assert "bleeding" not in leads.elsewhere(here)
