"""When something is broken the sender still has 999 and the leads' telephones, and is told the truth about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot import casework, composition
from bot.bot import Bot
from bot.case import Kind
from bot.errors import StoreUnavailable
from bot.message import Action, Press
from bot.moment import Script
from bot.ports import Store, Tx
from tests import leads
from tests.leads import trust_file
from tests.on_the_way import kept
from tests.school import School, school, text_of

T = TypeVar("T")
WORDS = "Jessamine-Canary told me that somebody has her picture"


class FailingStore:
    """The books, on a disk that can be taken away."""

    def __init__(self, store: Store) -> None:
        self.store, self.down = store, False

    async def transact(self, work: Callable[[Tx], T]) -> T:
        if self.down:
            raise StoreUnavailable("disk full")
        return await self.store.transact(work)


class Poison:
    """Whatever is asked of it breaks, and the error carries what was written, as errors do."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"broken at {name} over {WORDS}")

    def __getitem__(self, name: str) -> Any:
        raise RuntimeError(f"broken at {name} over {WORDS}")


def over(here: School, store: Store, script: Script | None = None) -> None:
    here.bot = Bot(script or composition.script(), here.trust, store, {"web": here.page}, here.clock)


def poisoned(part: str) -> Script:
    script = composition.script()
    if part == "words":
        return Script(script.flow, script.phrases, Poison())  # type: ignore[arg-type]
    flow = replace(script.flow, steps=Poison())  # type: ignore[arg-type]
    return Script(flow, script.phrases, script.words)


async def fails_to_say(here: School, text: str = "hello") -> None:
    with pytest.raises(StoreUnavailable):
        await here.bot.hear(here.incoming("teacher", text=text))


# --- the books cannot be written ---


async def test_with_the_books_gone_the_sender_has_999_and_the_leads_telephones_within_five_seconds(
    here: School,
) -> None:
    store = FailingStore(here.store)
    store.down = True
    over(here, store)
    began = time.monotonic()
    await fails_to_say(here)
    assert time.monotonic() - began < 5
    read = here.reads("teacher")
    assert "If a child is in danger now, ring 999." in read
    assert "Dana Example, DSL at Example Academy North: 01632 960111" in read
    assert "07700 900101" in read
    assert "can’t save messages" in read
    assert "kept" not in read


async def test_the_numbers_come_once_until_it_works_again_and_once_more_when_it_fails_again(here: School) -> None:
    store = FailingStore(here.store)
    over(here, store)
    store.down = True
    for _ in range(3):
        await fails_to_say(here)
    assert len(here.screen("teacher")) == 1
    store.down = False
    await here.says("hello")
    store.down = True
    await fails_to_say(here)
    assert sum("can’t save messages" in text_of(card) for card in here.screen("teacher")) == 2


async def test_each_sender_has_the_numbers_for_themselves(here: School) -> None:
    store = FailingStore(here.store)
    store.down = True
    over(here, store)
    await fails_to_say(here)
    with pytest.raises(StoreUnavailable):
        await here.bot.hear(here.incoming("stranger", text="hello"))
    assert "ring 999" in here.reads("stranger")


async def test_with_the_trusts_file_damaged_after_start_the_last_good_numbers_are_given(tmp_path: Path) -> None:
    trust = trust_file(tmp_path)
    with school(tmp_path, trust=trust) as here:
        store = FailingStore(here.store)
        store.down = True
        over(here, store)
        trust.write_text("[[ not TOML", encoding="utf-8")
        await fails_to_say(here)
        assert here.trust.fault is not None
        assert "01632 960111" in here.reads("teacher")
        trust.unlink()
        store.down = False
        await here.says("hello")
        assert "01632 960111" in text_of(here.screen("teacher")[-2]) + text_of(here.screen("teacher")[-1])


async def test_a_message_that_could_not_be_kept_is_taken_when_the_platform_brings_it_again(here: School) -> None:
    store = FailingStore(here.store)
    over(here, store)
    incoming = here.incoming("teacher", text=WORDS)
    store.down = True
    with pytest.raises(StoreUnavailable):
        await here.bot.hear(incoming)
    store.down = False
    await here.hears(incoming)
    assert "Is anyone in danger right now?" in here.reads("teacher")


async def test_a_door_that_is_broken_too_does_not_hide_that_the_books_are_gone(here: School) -> None:
    store = FailingStore(here.store)
    store.down = True

    def broken(*_: object) -> Exception:
        return OSError("no line")

    door = leads.behind(here, fault=broken)
    here.bot = Bot(composition.script(), here.trust, store, {"web": door}, here.clock)
    await fails_to_say(here)


async def test_what_waits_is_sent_when_the_books_are_back_without_anybody_doing_anything(here: School) -> None:
    store = FailingStore(here.store)
    over(here, store)
    for text in ("a girl told me something", "yes"):
        await here.says(text)
    card = here.newest_card_with("Continue", "teacher")
    answers = {"academy": ("north",), "staff_concerned": ("none",)}
    press = replace(next(b.press for b in card.buttons if b.label == "Continue"), answers=answers)
    await here.bot.hear(here.incoming("teacher", press=press))
    store.down = True
    running = asyncio.create_task(here.bot.run())
    await asyncio.sleep(0.2)
    assert here.channel() == []
    store.down = False
    for _ in range(60):
        await asyncio.sleep(0.1)
        if "With the safeguarding team" in here.reads("teacher"):
            break
    running.cancel()
    assert here.ref() in here.channel_reads()


# --- a turn that breaks ---


@pytest.mark.parametrize("part", ["words", "flow"])
async def test_a_turn_that_breaks_keeps_the_words_unread_says_so_and_gives_the_numbers(here: School, part: str) -> None:
    over(here, here.store, poisoned(part))
    await here.says(WORDS)
    read = here.reads("teacher")
    assert "Something went wrong on my side. Your words are kept" in read
    assert "999" in read
    assert "01632 960111" in read
    assert here.rows("select count(*) from chronology where kind = 'unread'") == [(1,)]
    assert leads.details(here, "turn_failed") == ["RuntimeError"]
    assert leads.audit_rows(here) > 0


async def test_the_lead_reads_what_was_kept_unread_when_the_case_is_opened(here: School) -> None:
    await leads.tells(here)
    over(here, here.store, poisoned("words"))
    await here.says(WORDS)
    over(here, here.store)
    view = await here.presses("Open case", who="dsl-north")
    assert view is not None
    assert f"(kept, but not read: something broke on our side) {WORDS}" in text_of(view)


async def test_first_words_that_broke_reach_a_lead_by_the_silence_that_follows(here: School) -> None:
    over(here, here.store, poisoned("words"))
    await here.says(WORDS)
    over(here, here.store)
    await here.passes(minutes=16)
    assert "A colleague needs a safeguarding lead" in here.reads("trust-lead")
    view = await here.presses("Open case", who="trust-unscreened")
    assert view is not None
    assert WORDS in text_of(view)


async def test_after_a_turn_that_broke_the_conversation_goes_on(here: School) -> None:
    over(here, here.store, poisoned("words"))
    await here.says(WORDS)
    over(here, here.store)
    await here.says("hello? are you there at all")
    await here.says("yes")
    await here.picks(leads.place(["none"], "north"))
    view = await here.presses("Open case", who="dsl-north")
    assert view is not None
    assert WORDS in text_of(view)


async def test_what_was_picked_in_a_turn_that_broke_is_kept_too(here: School) -> None:
    await here.says("a girl told me something")
    press = here.newest_card_with("Yes, or it may be so", "teacher").buttons[0].press
    over(here, here.store, poisoned("flow"))
    await here.hears(here.incoming("teacher", press=press))
    assert here.rows("select count(*) from chronology where kind = 'unread'") == [(1,)]
    assert "Your words are kept" in here.reads("teacher")


async def test_the_words_of_a_broken_turn_are_in_no_log(here: School, capsys: pytest.CaptureFixture[str]) -> None:
    over(here, here.store, poisoned("words"))
    await here.says(WORDS)
    said = capsys.readouterr()
    assert "turn_failed" in said.out + said.err
    assert "Canary" not in said.out + said.err
    assert b"Canary" not in here.raw()


async def test_when_even_the_keeping_fails_it_is_not_said_that_the_words_are_kept(here: School) -> None:
    class Half(FailingStore):
        """It breaks inside the first piece of work and is gone for the second."""

        async def transact(self, work: Callable[[Tx], T]) -> T:
            if self.down:
                raise StoreUnavailable("gone")
            self.down = True
            raise RuntimeError(WORDS)

    over(here, Half(here.store))
    with pytest.raises(StoreUnavailable) as raised:
        await here.bot.hear(here.incoming("teacher", text=WORDS))
    assert "Canary" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert "kept" not in here.reads("teacher")
    assert "999" in here.reads("teacher")


async def test_a_leads_press_that_breaks_makes_no_case_of_its_own(here: School) -> None:
    await leads.tells(here)
    cases = here.rows("select count(*) from cases")
    press = Press(Action.OPEN_CASE, here.ref())
    over(here, here.store, poisoned("flow"))
    await here.hears(here.incoming("dsl-north", press=press))
    assert here.rows("select count(*) from cases") == cases
    assert here.rows("select count(*) from chronology where kind = 'unread'") == [(0,)]
    assert "Your words are kept" not in here.reads("dsl-north")


async def test_a_leads_note_in_a_turn_that_breaks_is_kept_with_the_case_and_said_to_be(
    here: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError(WORDS)

    await leads.tells(here)
    monkeypatch.setattr(casework, "act", breaks)
    await here.hears(here.incoming("dsl-north", text=WORDS, press=Press(Action.ADD_NOTE, here.ref())))
    assert await kept(here, Kind.UNREAD) == [WORDS]
    assert "Your words are kept" in here.reads("dsl-north")
    assert len(here.rows("select ref from cases")) == 1


async def test_a_timer_that_breaks_does_not_hold_up_the_others(here: School) -> None:
    await here.says("a girl told me something")  # its nudge comes first, and breaks
    leads.joins_the_page(here, "kim")
    await leads.tells(here, who="kim")
    script = composition.script()

    class NoNudge:
        def __getattr__(self, name: str) -> Any:
            return getattr(script.phrases, name)

        def say(self, key: str, **filled: object) -> str:
            if key.startswith("silence."):
                raise RuntimeError(WORDS)
            return script.phrases.say(key, **filled)

    over(here, here.store, Script(script.flow, NoNudge(), script.words))  # type: ignore[arg-type]
    await here.passes(minutes=6)
    assert "Nobody" not in here.reads("teacher")
    assert "deputy-north" in {place.split(":")[-1] for place in here.places()}
    assert "timer_failed" in leads.actions(here)


async def test_whoever_has_the_case_is_told_when_a_turn_of_its_reporter_broke_and_every_message_is_answered(
    here: School,
) -> None:
    await leads.tells(here)
    before, answered = here.channel_reads(), len(here.screen("teacher"))
    over(here, here.store, poisoned("words"))
    for _ in range(3):
        await here.says(WORDS)
    assert "More has been added to case" not in before
    assert "More has been added to case" in here.channel_reads()
    assert len(here.screen("teacher")) >= answered + 3
    assert WORDS not in here.channel_reads()


async def test_a_door_that_hangs_does_not_hold_up_the_emergency_lane(here: School) -> None:
    store, door = FailingStore(here.store), leads.behind(here, slow=3600)
    store.down = True
    here.bot = Bot(composition.script(), here.trust, store, {"web": door}, here.clock)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(here.bot.hear(here.incoming("teacher", text="hello")), 30)
    assert time.monotonic() - began < 5
