"""What is asked of the reporter, noted and told at length: whole in the dialogs of the right people, and once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.on_the_way import FIRST, say
from tests.teams.fake import text_of
from tests.teams.reading import action_of, labels_of
from tests.teams.world import Json
from tests.teams_school import NORTH, OTHER_TEACHER, TEACHER, TeamsSchool, entra_id, teams_school

DSL, DEPUTY = entra_id("dsl-north"), entra_id("deputy-north")
CANARY = "kestrel-velvet-4711"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as it:
        yield it


def messages_sent(here: TeamsSchool) -> str:
    return json.dumps([call.body for call in here.written()], ensure_ascii=False)


# --- asking the reporter, adding a note ---


async def asks(here: TeamsSchool, question: str) -> None:
    await here.presses("Open case", DSL)
    await here.presses_in_dialog("Ask the reporter", DSL)
    await here.presses_in_dialog("Send", DSL, question)


@pytest.mark.parametrize("way", ["dialog", "typed"])
async def test_a_question_goes_to_the_reporter_and_its_answer_comes_back_and_neither_stands_in_a_message(
    here: TeamsSchool, way: str
) -> None:
    question, answer = f"Is she with you {CANARY}-asked", f"She is in the library {CANARY}-told"
    await here.tells_the_essentials()
    if way == "typed":
        await here.presses("Stop")
    await asks(here, question)
    assert say("press.asked") in here.dialog(DSL)
    assert say("question.line", Whom="The DSL") in here.reads(TEACHER)
    await here.presses("Read it", TEACHER)
    assert question in here.dialog(TEACHER)
    if way == "dialog":
        await here.presses_in_dialog("Send", TEACHER, answer)
    else:
        await here.says(answer)
    assert say("question.answered" if way == "dialog" else "question.typed", ref=here.ref) in here.reads(TEACHER)
    for screen in (here.reads(DSL), here.channel_reads()):
        assert say("post.answered", ref=here.ref) in screen
    await here.presses("Open case", DSL)
    assert question in here.dialog(DSL)
    assert answer in here.dialog(DSL)
    assert CANARY not in messages_sent(here)
    assert CANARY.encode() not in here.raw()
    assert here.audited().count("asked") == 1


async def test_a_question_is_read_by_nobody_but_the_one_it_was_put_to(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await asks(here, f"Is she with you {CANARY}")
    asked = here.teams.with_label(TEACHER, "Read it")
    for who in (OTHER_TEACHER, DEPUTY):
        data = {"data": action_of(asked.card, "Read it")["data"]}
        delivery = await here.teams.invoke(who, asked, "task/fetch", data)
        await here.settles()
        shown = json.loads(delivery.attempts[-1].body)["task"]["value"]["card"]["content"]
        assert say("asking.not_yours") in text_of(shown)
        assert CANARY not in str(shown)
    assert here.audited().count("question_read") == 0


async def test_a_note_is_kept_with_the_case_and_read_by_leads_alone(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_dialog("Add a note", DSL)
    sent = await here.presses_in_dialog("Save", DSL, f"Spoke to the head of year {CANARY}")
    assert say("press.noted") in here.dialog(DSL)
    await here.presses_on(NORTH, "Open case", DEPUTY)
    assert f"Spoke to the head of year {CANARY}" in here.dialog(DEPUTY)
    before = here.count("chronology")
    await here.teams.resend(sent.delivery)
    await here.settles()
    assert (here.count("chronology"), here.audited().count("noted")) == (before, 1)
    assert CANARY not in messages_sent(here)
    assert CANARY.encode() not in here.raw()


# --- long words ---


def words_on(card: Json) -> str:
    """What is read on a card, without its buttons and without the spaces between its parts."""
    body = [element for element in card["body"] if element["type"] != "ActionSet"]
    return "".join(text_of({**card, "body": body}).replace("\u2060", "").split())


def story(name: str) -> str:
    """Twenty thousand letters in which every word is another."""
    return " ".join(f"{name}{number:04}<&>" for number in range(1700))


async def test_a_hundred_thousand_letters_are_read_in_parts_and_not_one_is_lost(here: TeamsSchool) -> None:
    told = [story(name) for name in ("first", "second", "third", "fourth", "fifth")]
    await here.says(FIRST)
    await here.says("no")
    await here.submits_place()
    await here.says("Jade Example, year 9")
    await here.presses("The child in the picture told me")
    await here.says(told[0])
    await here.presses("Send now")
    for more in told[1:]:
        await here.says(more)
    await here.presses("Open case", DSL)
    parts = [here.teams.dialogs_of(DSL)[-1].card]
    while say("teams.next_part") in labels_of(parts[-1]):
        await here.presses_in_dialog(say("teams.next_part"), DSL)
        parts.append(here.teams.dialogs_of(DSL)[-1].card)
    read = "".join(map(words_on, parts))
    assert sum(map(len, told)) > 100_000
    assert all(read.count("".join(each.split())) >= 1 for each in told)
    assert here.audited().count("opened") == len(parts) > 1
    await here.presses_in_dialog(say("teams.earlier_part"), DSL)
    assert words_on(here.teams.dialogs_of(DSL)[-1].card) == words_on(parts[-2])


async def test_a_form_that_is_brought_again_asks_once(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_dialog("Ask the reporter", DSL)
    sent = await here.presses_in_dialog("Send", DSL, "Is she with you?")
    for _ in range(2):
        await here.teams.resend(sent.delivery)
        await here.settles()
    assert here.audited().count("asked") == 1
    assert here.reads(TEACHER).count(say("question.line", Whom="The DSL")) == 1


async def test_words_that_could_not_be_kept_stay_in_the_form(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    await here.presses("Open case", DSL)
    await here.presses_in_dialog("Ask the reporter", DSL)
    here.store.close()
    await here.teams.dialogs_of(DSL)[-1].press("Send", words=f"Is she {CANARY}")
    await here.tenant.settled()
    assert say("teams.not_saved") in here.dialog(DSL)
    assert f"Is she {CANARY}" in here.dialog(DSL)
    assert CANARY not in messages_sent(here)
