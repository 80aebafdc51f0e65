"""What a lead does with an open case besides acknowledging it: takes it over, asks its reporter, writes a note."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot import composition
from bot.case import Kind
from bot.message import Action, Card, Press
from bot.understanding import speaks_of_staff
from tests import leads
from tests.leads import TEACHER_SCREEN
from tests.on_the_way import chronology, conversation, kept, lead_reads, opened, refs, say
from tests.school import School, school, text_of

QUESTION = "Did Zebedee say when it began?"
ANSWER = "Since half term, says Quillon."
NOTE = "Spoke to Wilhelmina at home."
READ, WRITE_ANSWER = say("question.read"), say("question.write")
ASK, ADD, TAKE = say("post.ask"), say("post.note"), say("post.take_over")
NOT_FOR_YOU = say("press.not_for_you")


async def acts(here: School, who: str, action: Action, words: str = "", ref: str = "") -> str:
    """What a lead reads after an act on the case, sent as the door sends it."""
    press = Press(action, ref or refs(here)[-1])
    shown = await here.hears(here.incoming(who, text=words, press=press))
    assert shown is not None
    return text_of(shown)


async def writes(here: School, card: Card, label: str, words: str, who: str = "teacher") -> Card | None:
    """Press a button that opens a form, with these words written in it."""
    button = next(each for each in card.buttons if each.label == label)
    assert button.writes
    return await here.hears(here.incoming(who, text=words, press=button.press))


async def asked(here: School, question: str = QUESTION, who: str = "dsl-north") -> None:
    shown = await writes(here, await opened(here, who), ASK, question, who)
    assert shown
    assert say("press.asked") in text_of(shown)


async def read(here: School) -> Card:
    shown = await here.presses(READ)
    assert shown is not None
    return shown


async def answered(here: School, words: str = ANSWER) -> None:
    await writes(here, await read(here), WRITE_ANSWER, words)


def written(here: School) -> str:
    """Every card that stands anywhere, its notification included."""
    return "\n".join(text_of(card) for _, card in leads.cards(here))


async def _acknowledged(here: School, who: str = "dsl-north") -> None:
    await here.tells_the_essentials()
    await here.presses("Acknowledge", who)


# --- take over ---


async def test_a_colleague_takes_an_acknowledged_case_over_and_everybody_hears_who_has_it_now(here: School) -> None:
    await _acknowledged(here)
    await here.passes(minutes=30)
    assert say("press.taken_over") in await acts(here, "deputy-north", Action.TAKE_OVER)
    assert "Acknowledged by a deputy DSL at 11:10" in leads.receipt(here)
    assert "Acknowledged by a deputy DSL at 11:10" in here.channel_reads()
    assert "by the DSL at" not in here.channel_reads() + leads.receipt(here)


async def test_that_another_had_it_stays_in_the_chronology(here: School) -> None:
    await _acknowledged(here)
    await acts(here, "deputy-north", Action.TAKE_OVER)
    view = await lead_reads(here)
    assert view.index("acknowledged by the DSL") < view.index("taken over by a deputy DSL")
    assert leads.actions(here).count("taken_over") == 1


@pytest.mark.parametrize("by_button", [True, False])
async def test_who_has_it_already_takes_over_nothing(here: School, by_button: bool) -> None:
    await _acknowledged(here)
    press = next(b.press for b in (await opened(here)).buttons if b.label == TAKE)
    assert (press.action, press.subject) == (Action.TAKE_OVER, refs(here)[-1])
    for _ in range(2):
        assert say("press.yours_already") in await acts(here, "dsl-north", Action.TAKE_OVER)
    assert "taken_over" not in leads.actions(here)


async def test_a_take_over_from_a_view_that_is_no_longer_so_only_says_who_has_the_case(here: School) -> None:
    await _acknowledged(here)
    press = next(b.press for b in (await opened(here, "deputy-north")).buttons if b.label == TAKE)
    await acts(here, "deputy-north", Action.TAKE_OVER)
    await here.passes(minutes=1)
    await acts(here, "dsl-north", Action.TAKE_OVER)
    shown = await here.hears(here.incoming("deputy-north", press=press))
    assert shown is not None
    assert "Already acknowledged by the DSL at" in text_of(shown)
    assert leads.actions(here).count("taken_over") == 2
    assert leads.actions(here).count("take_over_lost") == 1


async def test_the_same_take_over_twice_is_written_down_once(here: School) -> None:
    await _acknowledged(here)
    await acts(here, "deputy-north", Action.TAKE_OVER)
    assert say("press.yours_already") in await acts(here, "deputy-north", Action.TAKE_OVER)
    assert leads.actions(here).count("taken_over") == 1


async def test_a_case_that_nobody_has_is_acknowledged_and_not_taken_over(here: School) -> None:
    await here.tells_the_essentials()
    assert TAKE not in [button.label for button in (await opened(here)).buttons]
    assert say("press.not_now") in await acts(here, "dsl-north", Action.TAKE_OVER)
    assert "Acknowledge" in here.channel_reads()
    assert leads.rung_timers(here) == 1


async def test_a_case_taken_over_does_not_climb(here: School) -> None:
    await _acknowledged(here)
    await acts(here, "deputy-north", Action.TAKE_OVER)
    await here.passes(hours=9)
    assert here.screen("head-north") == []


# --- who may ---


@pytest.mark.parametrize("action", [Action.TAKE_OVER, Action.ASK_REPORTER, Action.ADD_NOTE])
async def test_nobody_but_its_leads_does_anything_with_a_case_and_the_try_is_audited(
    here: School, action: Action
) -> None:
    await _acknowledged(here)
    before = (await chronology(here), written(here))
    for who in ("teacher", "stranger", "dsl-south", "chair-north"):
        assert NOT_FOR_YOU in await acts(here, who, action, QUESTION)
        assert NOT_FOR_YOU in await acts(here, who, action, QUESTION, "ZZZZ-ZZZZ-ZZ")
    assert (await chronology(here), written(here)) == before
    assert leads.details(here, "refused") == [action] * 8


@pytest.mark.parametrize("action", [Action.TAKE_OVER, Action.ASK_REPORTER, Action.ADD_NOTE])
async def test_a_lead_whom_it_is_about_does_nothing_with_it(here: School, action: Action) -> None:
    await leads.tells(here, ["dsl"])
    await here.presses("Acknowledge", "head-north")
    assert NOT_FOR_YOU in await acts(here, "dsl-north", action, QUESTION)
    assert QUESTION not in written(here) + await lead_reads(here, "head-north")


# --- ask the reporter ---


async def test_of_a_question_no_word_stands_in_any_message_before_it_is_read(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    assert "Zebedee" not in written(here)
    assert "The DSL has a question about your report." in here.reads("teacher")
    assert QUESTION in text_of(await read(here))
    assert "Zebedee" not in written(here)
    assert b"Zebedee" not in here.raw()


def test_no_word_of_any_question_or_answer_ever_stands_in_a_message() -> None:
    @settings(max_examples=15, deadline=None)
    @given(st.text(max_size=40), st.sampled_from(list(_WAYS)))
    def never(words: str, way: str) -> None:
        assume(not speaks_of_staff(words, composition.script().words))
        assert not asyncio.run(_stands_in_a_message(f"Zebedee {words}", way))

    never()
    assert asyncio.run(_stands_in_a_message("Zebedee", "shown by a careless door"))


_WAYS = {"asked": (ASK, "dsl-north"), "noted": (ADD, "dsl-north"), "answered": (WRITE_ANSWER, "teacher")}


async def _stands_in_a_message(words: str, way: str) -> bool:
    """Whether these words, written this way, stand on anybody's screen. The case must show them when it is opened."""
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await _acknowledged(here)
        if way in _WAYS:
            label, who = _WAYS[way]
            await asked(here)
            await writes(here, await read(here) if who == "teacher" else await opened(here), label, words, who)
            assert words in await lead_reads(here)
        else:  # the control: a door that put the words on a card
            await here.page.post(leads.at_channel(), Card(words))
        return "Zebedee" in written(here).replace(QUESTION, "")


async def test_the_answer_joins_the_case_the_lead_is_told_and_the_message_collapses(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await answered(here)
    assert await kept(here, Kind.REPLY) == [ANSWER]
    view = await lead_reads(here)
    assert view.index(QUESTION) < view.index(ANSWER)
    assert say("post.answered", ref=here.ref()) in here.channel_reads() + here.reads("dsl-north")
    assert say("question.answered", ref=here.ref()) in here.reads("teacher")
    assert READ not in here.reads("teacher")
    assert "Quillon" not in leads.elsewhere(here) + here.reads("teacher")


async def test_the_question_that_stood_still_stands_after_an_answer_in_a_form(here: School) -> None:
    await _acknowledged(here)
    before = here.question()
    await asked(here)
    await answered(here)
    assert here.question() == before


async def test_a_second_question_has_a_message_of_its_own(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await asked(here, "And is there a second device?", "deputy-north")
    view = text_of(await read(here))
    assert "second device" in view
    assert "A deputy DSL asks:" in view
    await answered(here)
    assert READ in here.reads("teacher")
    assert QUESTION in text_of(await read(here))


@pytest.mark.parametrize("words", ["", "  \n"])
@pytest.mark.parametrize("action", [Action.ASK_REPORTER, Action.ADD_NOTE])
async def test_a_form_without_words_changes_nothing(here: School, action: Action, words: str) -> None:
    await _acknowledged(here)
    before = (await chronology(here), written(here))
    assert say("press.no_words") in await acts(here, "dsl-north", action, words)
    assert (await chronology(here), written(here)) == before


async def test_an_answer_without_words_changes_nothing_and_says_so(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    before = await chronology(here)
    await answered(here, " ")
    assert await chronology(here) == before
    assert say("press.no_words") in here.reads("teacher")
    assert READ in here.reads("teacher")


@pytest.mark.parametrize("who", ["teacher-2", "stranger", "dsl-north", "head-north"])
async def test_nobody_reads_or_answers_a_question_put_to_somebody_else(here: School, who: str) -> None:
    await _acknowledged(here)
    await asked(here)
    if who == "teacher-2":
        await leads.tells_as(here, who, ["none"])
    press = here.button(READ).press
    shown = await here.hears(here.incoming(who, press=press))
    assert shown is not None
    assert "Zebedee" not in text_of(shown)
    assert "question_read" not in leads.actions(here)
    reply = Press(Action.REPLY, press.subject, press.revision)
    await here.hears(here.incoming(who, text="Nothing to do with it, Quillon", press=reply))
    assert await kept(here, Kind.REPLY, case=0) == []
    assert "Quillon" not in await lead_reads(here, case=0)
    assert READ in here.reads("teacher")


@pytest.mark.parametrize("number", [0, 2, -1, 2**40])
async def test_a_question_that_was_never_put_shows_nothing(here: School, number: int) -> None:
    await _acknowledged(here)
    await asked(here)
    press = here.button(READ).press
    shown = await here.hears(here.incoming("teacher", press=Press(press.action, press.subject, number)))
    assert shown is not None
    assert say("press.no_question") in text_of(shown)
    assert "Zebedee" not in text_of(shown)


async def test_who_read_a_question_is_audited(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await read(here)
    assert leads.actions(here).count("question_read") == 1


async def test_an_answer_that_names_an_adult_there_waits_until_it_is_asked_whom_they_mean(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await answered(here, "It was the head of year, Mr Quillon")
    assert say("asking.staff_again") in here.reads("teacher")
    assert "Quillon" not in await lead_reads(here)
    assert await kept(here, Kind.REPLY) == []
    await here.picks({"point to an adult": ["Yes, a member of staff or a volunteer"]})
    assert "Quillon" not in await lead_reads(here)
    assert "Quillon" in await lead_reads(here, "head-north")
    assert await kept(here, Kind.REPLY) == ["It was the head of year, Mr Quillon"]


async def test_an_answer_that_waited_is_told_of_once_it_is_known_that_it_means_nobody_there(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await answered(here, "It was the head of year, Mr Quillon")
    assert say("post.answered", ref=here.ref()) not in leads.elsewhere(here)
    await here.picks({"point to an adult": ["No, nothing points to one"]})
    assert "Quillon" in await lead_reads(here)
    assert say("post.answered", ref=here.ref()) in leads.elsewhere(here)


async def _another_is_open(here: School) -> None:
    """The report that the question is about is finished, and the teacher has begun another."""
    await here.presses("Send now")
    await here.passes(hours=3)
    await here.presses("Start a new report")
    assert len(refs(here)) == 2


async def test_an_answer_about_a_closed_report_reaches_it_while_another_is_open(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await _another_is_open(here)
    before = here.question()
    await answered(here)
    assert await kept(here, Kind.REPLY, case=0) == [ANSWER]
    assert ANSWER not in [entry.words for entry in await chronology(here)]
    assert here.question() == before


async def test_an_answer_long_after_the_end_joins_its_own_case_and_begins_no_other(here: School) -> None:
    await _acknowledged(here)
    await here.presses("Send now")
    await here.passes(hours=20)
    await asked(here)
    await answered(here)
    assert len(refs(here)) == 1
    assert await kept(here, Kind.REPLY) == [ANSWER]
    assert say("post.answered", ref=here.ref()) in leads.elsewhere(here)


async def test_an_answer_about_a_closed_report_that_names_an_adult_there_is_not_read_by_its_team(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await _another_is_open(here)
    await answered(here, "It was the head of year, Mr Quillon")
    assert "Quillon" not in await lead_reads(here, case=0)
    assert "Quillon" not in leads.elsewhere(here)
    assert any("Quillon" in one.words for one in (await conversation(here)).held)
    assert say("question.answered", ref=refs(here)[1]) not in here.reads("teacher")
    await here.picks({"point to an adult": [leads.STAFF["other"]]})
    assert any("Quillon" in entry.words for entry in await chronology(here, case=0))
    assert not any("Quillon" in entry.words for entry in await chronology(here, case=1))
    assert here.ref() not in here.channel_reads()


async def test_danger_in_an_answer_is_told_as_danger(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    await answered(here, "He says he will kill himself tonight")
    assert say("post.danger_sign", ref=here.ref()) in leads.elsewhere(here)


async def test_the_same_answer_sent_twice_joins_once(here: School) -> None:
    await _acknowledged(here)
    await asked(here)
    button = next(b for b in (await read(here)).buttons if b.label == WRITE_ANSWER)
    reply = here.incoming("teacher", text=ANSWER, press=button.press)
    await here.hears(reply)
    await here.hears(reply)
    assert await kept(here, Kind.REPLY) == [ANSWER]


# --- add a note ---


async def test_a_note_is_sealed_and_read_by_whoever_may_open_the_case(here: School) -> None:
    await _acknowledged(here)
    shown = await writes(here, await opened(here), ADD, NOTE, "dsl-north")
    assert shown
    assert say("press.noted") in text_of(shown)
    assert b"Wilhelmina" not in here.raw()
    assert NOTE in await lead_reads(here, "deputy-north")
    assert "a note was added by the DSL" in await lead_reads(here, "deputy-north")
    assert "Wilhelmina" not in written(here)


async def test_a_note_is_not_read_by_whom_the_case_is_about(here: School) -> None:
    await leads.tells(here, ["dsl"])
    await acts(here, "head-north", Action.ADD_NOTE, NOTE)
    assert NOTE in await lead_reads(here, "head-north")
    for who in ("dsl-north", "deputy-north", "teacher", "stranger"):
        assert "Wilhelmina" not in await lead_reads(here, who)
    assert "Wilhelmina" not in written(here)


async def test_from_what_was_done_there_is_a_way_back_to_the_case(here: School) -> None:
    await _acknowledged(here)
    for action in (Action.TAKE_OVER, Action.ASK_REPORTER, Action.ADD_NOTE):
        press = Press(action, here.ref())
        shown = await here.hears(here.incoming("dsl-north", text=NOTE, press=press))
        assert shown is not None
        assert [button.press for button in shown.buttons] == [Press(Action.OPEN_CASE, here.ref())]


async def test_a_teacher_sees_no_note(here: School) -> None:
    await _acknowledged(here)
    await acts(here, "dsl-north", Action.ADD_NOTE, NOTE)
    screens = [card for place, card in leads.cards(here) if place == TEACHER_SCREEN]
    assert not any("Wilhelmina" in text_of(card) for card in screens)
