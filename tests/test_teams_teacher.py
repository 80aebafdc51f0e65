"""What a teacher meets in Teams: every way to begin, to answer and to take back, and nothing where others read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.on_the_way import FIRST, say
from tests.teams.fake import BOT, Message, Room, text_of, thread
from tests.teams.ledger import Delivery
from tests.teams.reading import inputs_of, labels_of, options_of
from tests.teams_school import GUEST, NORTH, PRIMARY, STAFFROOM, TEACHER, TeamsSchool, entra_id, teams_school
from tests.test_slack_lead import held_up

DSL, PRIMARY_DSL = entra_id("dsl-north"), entra_id("dsl-primary")
CANARY = "kestrel-velvet-4711"
DONE = "That’s everything."
GROUP = thread("year 9 tutors", chat=True)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as it:
        yield it


def waits_for_an_answer(here: TeamsSchool) -> bool:
    return any("Stop" in labels_of(message) for message in here.teams.from_bot(TEACHER))


async def opened(here: TeamsSchool, who: str = DSL, place: str = NORTH) -> str:
    """What the case's dialog says."""
    await here.presses_on(place, "Open case", who)
    return here.dialog(who)


def kinds(here: TeamsSchool) -> list[object]:
    return [kind for (kind,) in here.rows("select kind from chronology order by id")]


def answered(here: TeamsSchool) -> int:
    return kinds(here).count("answer")


# --- ways to begin ---


async def test_the_first_page_comes_with_the_app_once_and_again_when_the_app_comes_back(tmp_path: Path) -> None:
    async with teams_school(tmp_path, met=False) as here:
        await here.teams.install(TEACHER)
        await here.settles()
        (home,) = here.teams.from_bot(TEACHER)
        assert say("home.any_time") in text_of(home)
        assert "999" in text_of(home)
        await here.teams.uninstall(TEACHER)
        await here.passes(minutes=5)
        await here.teams.install(TEACHER)
        await here.settles()
        assert len(here.teams.from_bot(TEACHER)) == 2
        assert here.count("cases") == 0


async def test_the_first_page_starts_a_report(here: TeamsSchool) -> None:
    await here.presses(say("home.start"))
    assert "Is anyone in danger right now?" in here.reads(TEACHER)
    assert here.count("cases") == 1


@pytest.mark.parametrize("text", ["oncall", "/oncall", "On Call", " on call "])
async def test_on_call_gives_the_numbers_of_this_minute_and_needs_no_store(here: TeamsSchool, text: str) -> None:
    before = len(here.teams.from_bot(GUEST))
    here.store.close()
    delivery = await here.teams.say(GUEST, text)
    await here.tenant.settled()
    assert delivery.taken
    (told,) = here.teams.from_bot(GUEST)[before:]
    assert "999" in text_of(told)


async def test_contacts_come_when_they_are_typed_and_the_question_stands(here: TeamsSchool) -> None:
    await here.says(FIRST)
    before = labels_of(here.question())
    await here.says("Contacts")
    assert "0800 1313 126" in here.reads(TEACHER)
    assert labels_of(here.question()) == before
    assert here.count("cases") == 1


# --- answering, from the first word to the last ---


async def test_a_whole_conversation_by_typing_alone(here: TeamsSchool) -> None:
    await here.says(FIRST)
    for words in ("no", "north", "none", "Jade Example, year 9"):
        await here.says(words)
    for _ in range(60):
        if not waits_for_an_answer(here):
            break
        await here.says("I don’t know")
    assert DONE in here.reads(TEACHER)
    assert f"Case {here.ref}" in here.channel_reads()
    assert say("post.finished") in here.channel_reads()
    assert "Jade Example, year 9" in await opened(here)
    assert not [delivery for delivery in here.teams.deliveries() if delivery.what == "invoke"][:-1]


@pytest.mark.parametrize("old", [False, True])
async def test_a_whole_conversation_by_presses_alone_in_a_new_app_and_in_an_old_one(
    here: TeamsSchool, old: bool
) -> None:
    here.teams.set_up(old_client=old)
    await here.presses(say("home.start"))
    for _ in range(60):
        if not waits_for_an_answer(here):
            break
        await presses_an_answer(here, here.question())
    assert DONE in here.reads(TEACHER)
    typed = [m for m in here.teams.screen(TEACHER) if m.author == TEACHER]
    assert typed == []
    here.teams.set_up(old_client=False)
    assert f"What it was {CANARY}" in await opened(here)
    assert CANARY not in here.channel_reads() + here.reads(TEACHER)


async def presses_an_answer(here: TeamsSchool, question: Message) -> None:
    """The first of everything that is offered; where there is a box, words into it."""
    fields, labels = inputs_of(question), labels_of(question)
    if any(field["type"] == "Input.Text" for field in fields):
        await here.writes(f"What it was {CANARY}", "Save")
    elif fields:
        await here.presses("Continue", picks={field["id"]: options_of(question, field["id"])[0] for field in fields})
    else:
        await here.presses(next(label for label in labels if label.startswith(("No", labels[0]))))


async def test_what_is_written_into_the_box_stands_in_the_case_and_in_no_message(here: TeamsSchool) -> None:
    await here.says("a girl in my form told me something")
    await here.says("no")
    await here.submits_place()
    pressed = await here.writes(f"Jade {CANARY}, year 9", "Save")
    assert pressed.said
    assert "The child: saved" in here.reads(TEACHER)
    assert "Who told you, or how did it come to light?" in here.reads(TEACHER)
    await here.presses("Send now")
    assert f"Jade {CANARY}, year 9" in await opened(here)
    assert CANARY not in "".join(str(call.body) for call in here.written())
    assert CANARY not in pressed.said
    assert CANARY.encode() not in here.raw()


async def test_several_are_picked_and_all_of_them_are_in_the_case(here: TeamsSchool) -> None:
    await here.tells_the_essentials()
    picks = {"child_now": ["Afraid to go home, or of someone", "Upset or very worried"]}
    await here.presses("Continue", picks=picks)
    read = await opened(here)
    (shown,) = [
        m for m in here.teams.from_bot(TEACHER) if text_of(m).splitlines()[1].startswith("How the child is now:")
    ]
    for part in picks["child_now"]:
        assert part in text_of(shown)
        assert part in read


async def test_nothing_picked_is_no_answer(here: TeamsSchool) -> None:
    await here.says(FIRST)
    await here.says("no")
    before = kinds(here)
    pressed = await here.presses("Continue")
    assert say("asking.nothing_picked") in pressed.said + here.reads(TEACHER)
    assert (kinds(here), answered(here)) == (before, 1)


# --- the card that was answered ---


async def test_an_answered_card_is_replaced_where_it_stands(here: TeamsSchool) -> None:
    await here.says(FIRST)
    asked = here.question()
    await here.presses("No, not that I know of")
    (now,) = [message for message in here.teams.from_bot(TEACHER) if message.id == asked.id]
    assert (asked.versions, now.versions) == (1, 2)
    assert "Danger right now: No, not that I know of" in text_of(now)
    assert labels_of(now) == []
    assert len(here.teams.calls("activities.update", place=now.room)) == 1


async def test_a_button_of_an_earlier_question_changes_nothing_and_says_why(here: TeamsSchool) -> None:
    await here.says(FIRST)
    old = here.question()
    await here.presses("No, not that I know of")
    stands, before = here.question(), kinds(here)
    pressed = await here.teams.press(TEACHER, old, "Yes, or it may be so")
    await here.settles()
    assert say("asking.stale") in pressed.said + here.reads(TEACHER)
    assert not pressed.trouble
    assert (here.question().id, here.question().versions, kinds(here)) == (stands.id, 1, before)


# --- taking back ---


async def test_what_is_edited_deleted_and_brought_back_is_seen_by_the_lead_beside_the_words_first_given(
    here: TeamsSchool,
) -> None:
    first = await here.teams.say(TEACHER, f"A boy in year 8 told me {CANARY}-first")
    await here.settles()
    await here.teams.edit(TEACHER, first.id, f"A boy in year 7 told me {CANARY}-second")
    await here.passes(seconds=30)
    await here.teams.delete(TEACHER, first.id)
    await here.passes(seconds=30)
    await here.teams.undelete(TEACHER, first.id)
    await here.settles()
    assert kinds(here)[:4] == ["first_words", "edited", "deleted", "restored"]
    await here.says("no")
    await here.submits_place()
    await here.presses("Send now")
    read = await opened(here)
    for words in (f"{CANARY}-first", f"{CANARY}-second", say("kind.edited"), say("kind.deleted"), say("kind.restored")):
        assert words in read
    assert CANARY not in here.reads(TEACHER) + here.channel_reads()


# --- the same thing brought twice ---


async def slowly(here: TeamsSchool, text: str) -> Delivery:
    """Say something while the books are so slow that Teams brings it five times in all."""
    here.teams.set_up(patience=0.15)
    with held_up(here.file):
        delivery = await here.teams.say(TEACHER, text)
        await here.teams.until(lambda: delivery.over)
    here.teams.set_up(patience=15.0)
    await here.settles()
    assert len({attempt.activity["id"] for attempt in delivery.attempts}) == 5
    return delivery


async def test_a_first_message_brought_five_times_is_one_case_and_one_question(here: TeamsSchool) -> None:
    await slowly(here, FIRST)
    assert here.count("cases") == 1
    assert kinds(here) == ["first_words"]
    assert here.reads(TEACHER).count("Is anyone in danger right now?") == 1
    assert here.reads(TEACHER).count(say("asking.resent")) <= 1


async def test_a_no_brought_five_times_answers_one_question(here: TeamsSchool) -> None:
    await here.says(FIRST)
    await slowly(here, "no")
    assert "Danger right now: No, not that I know of" in here.reads(TEACHER)
    assert answered(here) == 1
    assert here.reads(TEACHER).count(say("asking.resent")) <= 1
    assert any(field["id"] == "field:academy" for field in inputs_of(here.question()))


async def test_what_took_long_and_then_comes_again_is_not_the_next_answer(here: TeamsSchool) -> None:
    await here.says(FIRST)
    await here.says("no")
    await here.submits_place()
    await here.says("Jade Example, year 9")
    began, hear = asyncio.Event(), here.bot.hear
    here.bot.hear = lambda incoming: began.set() or hear(incoming)  # type: ignore[method-assign, func-returns-value]
    with held_up(here.file):
        telling = asyncio.create_task(here.teams.say(TEACHER, "I don’t know"))
        await began.wait()
        here.clock.advance(timedelta(seconds=16))
    delivery = await telling
    await here.settles()
    before, stands = answered(here), labels_of(here.question())
    await here.teams.resend(delivery)
    await here.settles()
    assert (answered(here), labels_of(here.question())) == (before, stands)
    assert say("asking.resent") in text_of(here.question())


async def test_the_same_word_to_two_questions_is_two_answers_when_all_was_prompt(here: TeamsSchool) -> None:
    await here.says(FIRST)
    await here.says("no")
    await here.submits_place()
    for words in ("Jade Example, year 9", "The child in the picture told me", "He said so", "13, 14 or 15"):
        await here.says(words)
    before = answered(here)
    await here.says("no")
    await here.says("no")
    assert answered(here) == before + 2
    assert say("asking.resent") not in here.reads(TEACHER)


@pytest.mark.parametrize("old", [False, True])
async def test_a_press_that_is_brought_again_under_a_new_id_has_one_effect(here: TeamsSchool, old: bool) -> None:
    here.teams.set_up(old_client=old)
    await here.says(FIRST)
    pressed = await here.presses("No, not that I know of")
    before = kinds(here), answered(here), here.question().id
    for _ in range(2):
        await here.teams.resend(pressed.delivery)
        await here.settles()
    assert (kinds(here), answered(here), here.question().id) == before


async def test_what_is_written_into_the_box_is_kept_once_however_often_it_is_brought(here: TeamsSchool) -> None:
    await here.says(FIRST)
    await here.says("no")
    await here.submits_place()
    pressed = await here.writes("Jade Example, year 9", "Save")
    before = kinds(here)
    await here.teams.resend(pressed.delivery)
    await here.settles()
    assert kinds(here) == before


# --- where others read ---


@pytest.mark.parametrize("place", [STAFFROOM, GROUP, NORTH, PRIMARY])
async def test_spoken_to_where_others_read_it_stores_nothing_and_asks_to_come_to_the_personal_chat(
    here: TeamsSchool, place: str
) -> None:
    who = {NORTH: DSL, PRIMARY: PRIMARY_DSL}.get(place, TEACHER)
    here.teams.world.add_place(Room(GROUP, members=[TEACHER, DSL]))
    await here.teams.mention(who, place, f"a girl has {CANARY}")
    await here.settles()
    assert say("away.overheard") in here.reads(who)
    assert not [message for message in here.teams.screen(place) if message.author == BOT]
    assert [here.count(table) for table in ("cases", "conversations", "chronology")] == [0, 0, 0]
    assert here.audited().count("turned_away") == 1
    assert CANARY.encode() not in here.raw()


async def test_an_edit_in_a_channel_is_nothing_either(here: TeamsSchool) -> None:
    said = await here.teams.mention(TEACHER, STAFFROOM, "hello")
    await here.teams.edit(TEACHER, said.id, f"a girl has {CANARY}", STAFFROOM)
    await here.settles()
    assert here.count("chronology") == 0
    assert CANARY.encode() not in here.raw()
    assert here.audited().count("turned_away") == 1


async def test_brought_where_others_read_it_tells_whoever_did_it_unless_the_trust_named_the_place(
    here: TeamsSchool,
) -> None:
    here.teams.world.add_place(Room(GROUP, members=[TEACHER, DSL], bot=False))
    await here.teams.install(TEACHER, GROUP)
    await here.settles()
    assert here.reads(TEACHER).count(say("away.brought")) == 1
    assert here.teams.from_bot(GROUP) == []
    assert say("away.brought") not in here.reads(DSL)
