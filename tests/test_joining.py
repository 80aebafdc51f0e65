"""A second report of the same person: when it may be added to the first, and who may never read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import leads
from tests.school import School, school, text_of

WORDS = "It was Morgan Canary who asked her for another one"


async def _later(here: School) -> None:
    """The first report is over, and three hours later the same person writes again."""
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.passes(hours=3)
    await here.says(WORDS)


async def _joins(here: School) -> None:
    label = next(b.label for c in here.screen("teacher") for b in c.buttons if b.label.startswith("Yes, add it"))
    await here.presses(label)


async def _dsl_reads(here: School) -> str:
    first = next(card for card in here.channel() if card.buttons)
    view = await here.hears(here.incoming("dsl-north", press=first.buttons[0].press))
    return text_of(view) if view else ""


async def test_words_join_the_earlier_case_once_it_is_known_that_they_may(here: School) -> None:
    await _later(here)
    await here.says("no")
    await here.picks(leads.place(["none"], "north"))
    await _joins(here)
    assert WORDS in await _dsl_reads(here)
    assert "More has been added to case" in here.channel_reads()


async def test_words_never_join_before_it_is_known_whether_an_adult_is_concerned(here: School) -> None:
    await _later(here)
    await _joins(here)
    assert "First say which academy it is about" in here.reads("teacher")
    assert WORDS not in await _dsl_reads(here)


@pytest.mark.parametrize(("staff", "academy"), [("dsl", "north"), ("other", "north"), ("none", "south")])
async def test_words_that_belong_to_somebody_else_never_join(here: School, staff: str, academy: str) -> None:
    await _later(here)
    await here.says("no")
    await here.picks(leads.place([staff], academy))
    before = here.channel_reads()
    await _joins(here)
    assert "so it goes on as a report of its own" in here.reads("teacher")
    assert WORDS not in await _dsl_reads(here)
    assert here.channel_reads().replace("opened", "") == before.replace("opened", "")


async def test_the_lead_is_told_that_a_report_is_finished_when_its_reporter_starts_another(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Send now")
    await here.presses("Start a new report")
    assert "still telling me more" not in here.channel_reads()


async def test_whoever_leaves_the_part_that_was_named_still_never_reads_it_and_their_successor_does(
    tmp_path: Path,
) -> None:
    trust = leads.trust_file(tmp_path)
    with school(tmp_path, trust=trust) as here:
        await leads.tells(here, staff=("dsl",))
        press = here.button("Open case", "head-north").press
        leads.rewrite(trust, ('dsl = "dsl-north"', 'dsl = "head-north"'), ('head = "head-north"', 'head = "dsl-north"'))
        accused = await here.hears(here.incoming("dsl-north", press=press))
        holder = await here.hears(here.incoming("head-north", press=press))
        assert accused is not None
        assert holder is not None
        assert "You can’t open this" in text_of(accused)
        assert here.ref() in text_of(holder)
