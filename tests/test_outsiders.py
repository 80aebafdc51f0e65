"""Who may not start a report, and what was said where others can read it: nothing is kept, and the way is shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import composition
from bot.message import Action, Change, Incoming, Press
from bot.moment import Script
from tests import leads
from tests.on_the_way import FIRST, chronology, lead_reads, refs, say
from tests.school import School, school, text_of
from tests.test_emergency_lane import over

CANARY = "Zebedee-Canary has her picture"
KEPT = ("cases", "conversations", "chronology", "timers", "refs")


def outside(here: School, text: str = CANARY, press: Press | None = None, **more: object) -> Incoming:
    return replace(here.incoming("stranger", text=text, press=press), outside=True, **more)  # type: ignore[arg-type]


def overheard(here: School, text: str = CANARY, who: str = "teacher") -> Incoming:
    return replace(here.incoming(who, text=text), overheard=True)


def kept(here: School) -> dict[str, int]:
    """How many rows there are of anything that could hold a report."""
    return {table: len(here.rows(f"select 1 from {table}")) for table in KEPT}


NOTHING = dict.fromkeys(KEPT, 0)


async def test_somebody_from_outside_is_given_the_numbers_and_nothing_is_kept_but_that_they_came(here: School) -> None:
    shown = await here.hears(outside(here))
    assert shown is not None
    assert say("away.outside", trust=here.trust.current().trust.name) in text_of(shown)
    assert "999" in text_of(shown)
    assert kept(here) == NOTHING
    assert leads.cards(here) == []
    assert leads.actions(here) == ["turned_away"]
    assert leads.details(here, "turned_away") == ["outside"]
    assert b"Zebedee" not in here.raw()


async def test_the_numbers_for_somebody_from_outside_name_no_colleague_and_no_case(here: School) -> None:
    await here.tells_the_essentials()
    shown = await here.hears(outside(here))
    assert shown is not None
    assert here.ref() not in text_of(shown)
    assert "Jade" not in text_of(shown)


EVERY_PRESS = [Press(action, "any", 1) for action in Action]


def test_whatever_somebody_from_outside_does_nothing_is_ever_kept_or_shown_of_a_case() -> None:
    @settings(max_examples=40, deadline=None)
    @given(
        st.sampled_from([None, *EVERY_PRESS]),
        st.sampled_from([None, Change.EDITED, Change.DELETED]),
        st.integers(0, 2),
        st.sampled_from(["subject", "case"]),
    )
    def never(press: Press | None, change: Change | None, files: int, about: str) -> None:
        asyncio.run(_turned_away(press, change, files, about))

    never()


async def _turned_away(press: Press | None, change: Change | None, files: int, about: str) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await here.tells_the_essentials()
        real = refs(here)[0] if about == "case" else here.question().footer[0].press.subject
        aimed = replace(press, subject=real) if press else None
        before, screens = kept(here), [text_of(card) for _, card in leads.cards(here)]
        shown = await here.hears(outside(here, press=aimed, change=change, attachments=files))
        assert shown is not None
        assert "999" in text_of(shown)
        assert "Jade" not in text_of(shown)
        assert shown.buttons == ()
        assert kept(here) == before
        assert [text_of(card) for _, card in leads.cards(here)] == screens


async def test_the_same_done_by_a_member_of_staff_is_kept(here: School) -> None:
    """The control: it is `outside` that keeps it out."""
    await here.hears(replace(outside(here), outside=False))
    assert kept(here) != NOTHING


async def test_a_lead_who_is_a_guest_by_now_opens_nothing(here: School) -> None:
    await here.tells_the_essentials()
    press = Press(Action.OPEN_CASE, refs(here)[0])
    shown = await here.hears(replace(here.incoming("dsl-north", press=press), outside=True))
    assert shown is not None
    assert "Jade" not in text_of(shown)
    assert "opened" not in leads.actions(here)


async def test_the_same_thing_brought_twice_is_turned_away_once(here: School) -> None:
    it = outside(here)
    await here.hears(it)
    await here.hears(it)
    assert leads.actions(here) == ["turned_away"]


# --- overheard ---


async def test_of_what_was_said_where_others_read_nothing_is_kept_and_the_person_is_asked_privately(
    here: School,
) -> None:
    assert await here.hears(overheard(here)) is None
    assert kept(here) == NOTHING
    assert here.places() == set()
    (card,) = here.screen("teacher")
    assert say("away.overheard") in text_of(card)
    assert leads.details(here, "turned_away") == ["overheard"]
    assert b"Zebedee" not in here.raw()


async def test_who_is_asked_is_asked_once_for_what_came_twice(here: School) -> None:
    it = overheard(here)
    await here.hears(it)
    await here.hears(it)
    assert len(here.screen("teacher")) == 1


async def test_what_is_overheard_answers_nothing_of_an_open_report(here: School) -> None:
    await here.tells_the_essentials()
    before = (kept(here), await chronology(here), here.question())
    await here.hears(overheard(here))
    assert (kept(here), await chronology(here), here.question()) == before
    assert "Zebedee" not in await lead_reads(here)


async def test_a_lead_overheard_is_asked_too_and_no_case_text_is_said(here: School) -> None:
    await here.hears(overheard(here, who="dsl-north"))
    assert say("away.overheard") in here.reads("dsl-north")
    assert kept(here) == NOTHING


async def test_a_stranger_overheard_is_given_the_numbers_only(here: School) -> None:
    shown = await here.hears(replace(outside(here), overheard=True))
    assert shown is not None
    assert "999" in text_of(shown)
    assert here.screen("stranger") == []


async def test_afterwards_a_report_can_be_begun_as_ever(here: School) -> None:
    await here.hears(overheard(here))
    await here.says(FIRST)
    assert "Is anyone in danger right now?" in here.reads("teacher")
    assert len(refs(here)) == 1


# --- when something is broken ---


class _BreaksAway:
    """The sentences, but for those that turn somebody away."""

    def __init__(self) -> None:
        self._whole = composition.script().phrases

    def say(self, key: str, **filled: object) -> str:
        if key.startswith("away."):
            raise RuntimeError("broken")
        return self._whole.say(key, **filled)


@pytest.mark.parametrize("who", ["outside", "overheard"])
async def test_a_turn_that_breaks_keeps_no_word_of_theirs_either(here: School, who: str) -> None:
    script = composition.script()
    over(here, here.store, Script(script.flow, _BreaksAway(), script.words))  # type: ignore[arg-type]
    await here.hears(outside(here) if who == "outside" else overheard(here))
    assert kept(here) == NOTHING
    assert "turn_failed" in leads.actions(here)
    assert "999" in here.reads("stranger" if who == "outside" else "teacher")
