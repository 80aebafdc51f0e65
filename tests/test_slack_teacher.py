"""What a teacher meets in Slack: every way to begin, to answer and to take back, and nothing where others read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack.fake import BOT, Message, text_of
from tests.slack_school import (
    GUEST,
    NORTH,
    OTHER_TEACHER,
    STAFFROOM,
    TEACHER,
    WAYS,
    SlackSchool,
    slack_id,
    slack_school,
)
from tests.sources import phrases

SAY = phrases()
DSL = slack_id("dsl-north")
CANARY = "kestrel-velvet-4711"


@pytest.fixture(params=WAYS)
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SlackSchool]:
    async with slack_school(tmp_path, request.param) as it:
        yield it


def say(key: str) -> str:
    found = SAY[key]
    assert isinstance(found, str)
    return found


# --- ways to begin ---


async def test_the_command_begins_and_answers_its_asker_alone(here: SlackSchool) -> None:
    await here.slack.command(TEACHER, "/disclosure", "", STAFFROOM)
    await here.settles()
    assert "Is anyone in danger right now?" in here.reads(TEACHER)
    assert say("slack.see_messages") in text_of(here.slack.ephemerals(TEACHER)[-1])
    assert here.slack.channel(STAFFROOM) == []


async def test_words_given_with_the_command_are_kept_as_the_first_words_and_stand_in_no_channel(
    here: SlackSchool,
) -> None:
    await here.slack.command(TEACHER, "/disclosure", f"a girl showed me {CANARY}", STAFFROOM)
    await here.settles()
    assert here.rows("select kind from chronology") == [("first_words",)]
    assert CANARY not in here.reads(TEACHER) + here.channel_reads(STAFFROOM)
    assert CANARY.encode() not in here.raw()


async def test_on_call_gives_the_numbers_of_this_minute_to_its_asker_and_needs_no_store(here: SlackSchool) -> None:
    here.store.close()
    delivery = await here.slack.command(GUEST, "/oncall", "", STAFFROOM)
    assert delivery.taken
    assert "999" in text_of(here.slack.ephemerals(GUEST)[-1])
    assert here.slack.channel(STAFFROOM) == []


async def test_the_shortcut_begins_and_takes_nothing_of_the_message_it_was_used_on(here: SlackSchool) -> None:
    await here.slack.says(OTHER_TEACHER, f"look at this {CANARY}")
    await here.settles()
    before = here.raw()
    message = next(m for m in here.slack.screen(OTHER_TEACHER) if CANARY in text_of(m))
    await here.slack.shortcut(TEACHER, "raise_concern", message)
    await here.settles()
    assert "Is anyone in danger right now?" in here.reads(TEACHER)
    assert CANARY not in here.reads(TEACHER)
    assert here.count("cases") == 2
    assert CANARY.encode() not in before + here.raw()


async def test_the_first_page_starts_a_report_and_shows_numbers_and_where_each_report_stands(here: SlackSchool) -> None:
    await here.slack.opens_home(TEACHER)
    await here.settles()
    home = here.slack.home(TEACHER)
    assert home is not None
    assert say("home.none") in text_of(home)
    assert "999" in text_of(home)
    await here.slack.presses(TEACHER, home, say("home.start"))
    await here.settles()
    await here.tells_the_essentials()
    await here.slack.opens_home(TEACHER)
    await here.settles()
    home = here.slack.home(TEACHER)
    assert home is not None
    assert "With the safeguarding team of Example Academy North since 10:40" in text_of(home)
    assert "Jade" not in text_of(home)


# --- answering ---


async def test_words_written_privately_stand_nowhere_in_slack_but_in_the_form(here: SlackSchool) -> None:
    await here.says("a girl in my form told me something")
    await here.says("no")
    await here.submits_place()
    await here.presses(say("form.private"))
    assert here.slack.views_of(TEACHER)
    await here.writes(f"Jade {CANARY}, year 9")
    assert "Who told you, or how did it come to light?" in here.reads(TEACHER)
    assert "The child: saved" in here.reads(TEACHER)
    shown = [text_of(message) for message in here.slack.screen(TEACHER)]
    assert not [text for text in shown if CANARY in text]
    assert CANARY.encode() not in here.raw()


async def test_a_form_that_could_not_be_saved_stays_open_with_the_words_in_it(here: SlackSchool) -> None:
    await here.says("a girl in my form told me something")
    await here.says("no")
    await here.submits_place()
    await here.presses(say("form.private"))
    view = here.slack.views_of(TEACHER)[-1]
    here.store.close()
    await here.slack.submits(TEACHER, view, {here.slack.fields(view)[0]: "Jade Example"})
    still = here.slack.views_of(TEACHER)
    assert still
    assert say("slack.not_saved") in str(still[-1].errors)


async def test_an_answered_question_collapses_to_what_was_picked_and_a_stale_button_says_why(here: SlackSchool) -> None:
    await here.says("a girl in my form told me something")
    old: Message = here.slack.with_label(TEACHER, "No, not that I know of")
    await here.presses("No, not that I know of")
    assert "Danger right now: No, not that I know of" in here.reads(TEACHER)
    await here.slack.presses(TEACHER, old, "Yes, or it may be so")
    await here.settles()
    assert say("asking.stale") in here.reads(TEACHER)
    assert here.rows("select count(*) from chronology where kind = 'correction'") == [(0,)]


async def test_an_edited_and_a_deleted_message_are_noted_and_the_words_already_given_stay(here: SlackSchool) -> None:
    await here.says("a boy in year 8 told me")
    ts = next(m.ts for m in here.slack.screen(TEACHER) if "a boy in year 8" in text_of(m))
    await here.slack.edits(TEACHER, ts, "a boy in year 7 told me")
    await here.slack.deletes(TEACHER, ts)
    await here.settles()
    assert [kind for (kind,) in here.rows("select kind from chronology order by id")] == [
        "first_words",
        "edited",
        "deleted",
    ]


# --- where others read ---


async def test_spoken_to_in_a_channel_it_stores_nothing_and_asks_privately_to_come_here(here: SlackSchool) -> None:
    await here.slack.mentions(TEACHER, STAFFROOM, f"a girl has {CANARY}")
    await here.settles()
    assert say("away.overheard") in here.reads(TEACHER)
    assert not [m for m in here.slack.channel(STAFFROOM) if m.author == BOT]
    assert (here.count("cases"), here.count("conversations"), here.count("chronology")) == (0, 0, 0)
    assert CANARY.encode() not in here.raw()


async def test_brought_into_a_channel_it_asks_whoever_did_it_privately_but_not_of_a_leads_channel(
    here: SlackSchool,
) -> None:
    await here.slack.remove_bot(STAFFROOM)
    await here.slack.remove_bot(NORTH)
    await here.slack.adds_bot(NORTH, DSL)
    await here.settles()
    assert say("away.brought") not in here.reads(DSL)
    await here.slack.adds_bot(STAFFROOM, TEACHER)
    await here.settles()
    assert say("away.brought") in here.reads(TEACHER)
    assert here.slack.channel(STAFFROOM) == [] or not any(m.author == BOT for m in here.slack.channel(STAFFROOM))


# --- who may speak ---


async def test_a_guest_starts_nothing_and_gets_the_numbers(here: SlackSchool) -> None:
    await here.says(f"my friend has {CANARY}", GUEST)
    assert "999" in here.reads(GUEST)
    assert (here.count("cases"), here.count("conversations")) == (0, 0)
    assert CANARY.encode() not in here.raw()
    await here.slack.command(GUEST, "/disclosure", "please", STAFFROOM)
    await here.settles()
    assert here.count("cases") == 0


async def test_a_picture_is_refused_and_nothing_of_it_reaches_the_database(here: SlackSchool) -> None:
    await here.says("here it is", files=2)
    assert say("files.refused") in here.reads(TEACHER)
    delivered = str(here.slack.deliveries()[-1].payload)
    assert "thumb_tiny" in delivered
    for part in ("thumb_tiny", "url_private", "permalink", "/9j/"):
        assert part.encode() not in here.raw()
    assert not [call for call in here.slack.calls() if call.method.startswith("files")]
