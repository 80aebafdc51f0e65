"""The first page of a member of staff: how to start, whom to ring at this minute, where their reports stand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.message import Action, Press
from tests import leads
from tests.leads import person, rewrite, trust_file
from tests.on_the_way import FIRST, lead_reads, refs, say
from tests.school import School, school, text_of
from tests.test_emergency_lane import FailingStore, over

BANK_HOLIDAY_NIGHT = datetime(2026, 12, 28, 2, 0, tzinfo=UTC)
DAY_LINE, NIGHT_LINE = "Staffordshire First Response", "Staffordshire Emergency Duty Service"
WORDS = ("Zebedee", "Jade Example", "picture", "He said he would show everyone", FIRST)


async def home(here: School, who: str = "teacher") -> str:
    return text_of(await here.bot.home(person(who)))


async def test_it_begins_with_danger_and_has_a_button_to_start(here: School) -> None:
    card = await here.bot.home(person("teacher"))
    assert card.passages[0].lines == (say("home.danger"),)
    assert [button.press for button in card.buttons] == [Press(Action.START, "")]
    assert say("home.none") in text_of(card)
    await here.hears(here.incoming("teacher", press=card.buttons[0].press))
    assert "Is anyone in danger right now?" in here.reads("teacher")


async def test_looking_at_it_keeps_nothing(here: School) -> None:
    before = here.raw()
    await home(here)
    here.bot.numbers()
    assert here.raw() == before
    assert here.screen("teacher") == []


async def test_the_numbers_are_those_of_the_minute(tmp_path: Path, here: School) -> None:
    day = await home(here)
    assert DAY_LINE in day
    assert NIGHT_LINE not in day
    folder = tmp_path / "night"
    folder.mkdir()
    with school(folder, at=BANK_HOLIDAY_NIGHT) as there:
        night = await home(there)
        assert NIGHT_LINE in night
        assert DAY_LINE not in night
        assert "999" in night
        assert set(text_of(there.bot.numbers()).splitlines()) - {say("contacts.title")} <= set(night.splitlines())


async def test_the_numbers_need_no_books_and_the_first_page_says_so(here: School) -> None:
    store = FailingStore(here.store)
    store.down = True
    over(here, store)
    assert "999" in text_of(here.bot.numbers())
    assert "01632 960111" in text_of(here.bot.numbers())
    with pytest.raises(StoreUnavailable):
        await here.bot.home(person("teacher"))


async def test_the_numbers_follow_the_trusts_file(tmp_path: Path) -> None:
    trust = trust_file(tmp_path)
    with school(tmp_path, trust=trust) as here:
        rewrite(trust, ("01632 960111", "01632 960777"))
        assert "01632 960777" in text_of(here.bot.numbers())


async def test_a_report_stands_there_with_each_stage_once_it_is_true(here: School) -> None:
    await here.says(FIRST)
    assert refs(here)[0] in await home(here)
    assert say("home.not_sent") in await home(here)
    await here.says("no")
    await here.picks(leads.place(["none"], "north"))
    await here.presses("Send now")
    assert "With the safeguarding team of Example Academy North since 10:40" in await home(here)
    assert "cknowledged" not in await home(here)
    await here.presses("Acknowledge", "deputy-north")
    assert "Acknowledged by a deputy DSL at 10:40" in await home(here)


async def test_not_a_word_that_was_written_or_named_ever_stands_there(here: School) -> None:
    await here.tells_the_essentials()
    await here.says("Zebedee was there too")
    read = await home(here)
    assert not [word for word in WORDS if word in read.replace(say("home.intro"), "")]
    assert "Sam Example" not in read
    assert "Jade Example" in await lead_reads(here), "the control: the case has them"


async def test_everybody_sees_their_own_reports_only(here: School) -> None:
    await here.tells_the_essentials()
    for who in ("dsl-north", "stranger", "teacher-2"):
        assert refs(here)[0] not in await home(here, who)
        assert say("home.none") in await home(here, who)


async def test_several_reports_stand_newest_first_and_one_that_joined_another_is_gone(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.passes(hours=3)
    await here.says("Another pupil has told me something else")
    read = await home(here)
    first, second = refs(here)
    assert read.index(second) < read.index(first)
    await here.says("no")
    await here.picks(leads.place(["none"], "north"))
    join = next(b.label for c in here.screen("teacher") for b in c.buttons if b.press.action is Action.JOIN)
    await here.presses(join)
    assert say("finished.joined", ref=first) in here.reads("teacher")
    assert second not in await home(here)


async def test_a_report_opened_by_mistake_says_so(here: School) -> None:
    await here.says(FIRST)
    await here.presses("Stop")
    await here.presses(say("stopping.mistake"))
    assert say("home.mistake") in await home(here)


async def test_it_says_of_which_minute_it_is(here: School) -> None:
    before = await home(here)
    await here.passes(minutes=7)
    assert "10:40 on 20 November 2026" in before
    assert "10:47 on 20 November 2026" in await home(here)
