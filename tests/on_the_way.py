"""Ways through the disclosure conversation for tests: to a step by answering, and what a lead then reads of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot import composition
from bot.bot import Bot
from bot.case import Entry, Kind
from bot.conversation import Conversation
from bot.message import Action, Card, Destination, Person, Press, Reach
from tests.school import School, text_of

FLOW = composition.script().flow
FIRST = "A girl in my form has just told me a picture of her is going round"
TEACHER = Person("web", "teacher")
PLACE = {"academy": "Example Academy North", "staff_concerned": "No, nothing points to one"}
SHORT_WAY = {"pressure": "No, nothing like that was said", "others_involved": "No"}

say = composition.script().phrases.say
"""Our sentences by key, as the screens show them."""


def step_of(card: Card) -> str:
    """The step that a question card asks, read from the card alone."""
    if card.fields:
        return card.fields[0].step
    return next(step for button in card.buttons for step in button.press.answers)


def step_now(here: School) -> str:
    return step_of(here.question())


async def answers(here: School, picks: Mapping[str, str] = PLACE) -> None:
    """Answer the card that stands, by the labels given for its steps, and otherwise "I don't know"."""
    card = here.question()
    if card.fields:
        picked = {field.step: (_value_on(card, field.step, picks),) for field in card.fields}
        press = replace(card.buttons[0].press, answers=picked)
    else:
        wanted = picks.get(step_of(card), "") or card.buttons[-1].label
        press = next(button.press for button in card.buttons if button.label == wanted)
    await here.hears(here.incoming("teacher", press=press))


def _value_on(card: Card, step: str, picks: Mapping[str, str]) -> str:
    options = next(field.options for field in card.fields if field.step == step)
    wanted = {**PLACE, **picks}.get(step) or options[-1].label
    return next(option.value for option in options if option.label == wanted)


async def goes_to(here: School, step: str, picks: Mapping[str, str] = PLACE, first: str = FIRST) -> None:
    """From the first message to the card of this step."""
    await here.says(first)
    for _ in FLOW.steps:
        if step_now(here) == step:
            return
        await answers(here, picks)
    raise AssertionError(f"{step} is not on this way")


def restarted(here: School) -> None:
    """The process is gone and another one serves the same database."""
    here.bot = Bot(composition.script(), here.trust, here.store, {"web": here.page}, here.clock)


def without_unscreened(folder: Path) -> Path:
    """The example trust's file with nobody named to open words that were not screened."""
    lines = composition.EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("unscreened = ")]
    assert len(kept) == len(lines) - 1
    file = folder / "trust.toml"
    file.write_text("".join(kept), encoding="utf-8")
    return file


def refs(here: School) -> list[str]:
    """Every case of the database, oldest first."""
    return [str(row[0]) for row in here.rows("select ref from cases order by n")]


async def chronology(here: School, case: int = -1) -> Sequence[Entry]:
    ref = refs(here)[case]
    return await here.store.transact(lambda tx: tx.chronology(ref))


async def kept(here: School, *kinds: Kind, case: int = -1) -> list[str]:
    """The words of these kinds in the chronology, in order."""
    return [entry.words for entry in await chronology(here, case) if entry.kind in kinds]


async def conversation(here: School) -> Conversation:
    found = await here.store.transact(lambda tx: tx.conversation_of(TEACHER))
    assert found is not None
    return found


async def opened(here: School, who: str = "dsl-north", case: int = -1) -> Card:
    """The private view that somebody gets who opens the case by its reference."""
    shown = await here.hears(here.incoming(who, press=Press(Action.OPEN_CASE, refs(here)[case])))
    assert shown is not None
    return shown


async def lead_reads(here: School, who: str = "dsl-north", case: int = -1) -> str:
    return text_of(await opened(here, who, case))


async def who_can_open(here: School) -> set[str]:
    """Everybody on the page to whom "Open case" shows what was written."""
    return {who for who in here.page.people if FIRST in await lead_reads(here, who)}


def channel_place(id: str = "dsl-north-channel") -> str:
    return Destination("web", Reach.CHANNEL, id).key


def books(here: School) -> dict[str, list[tuple[object, ...]]]:
    """The raw rows of everything that a turn could change for a case, but for the conversation and the posts."""
    return {table: here.rows(f"select * from {table}") for table in ("cases", "chronology", "audit", "timers")}
