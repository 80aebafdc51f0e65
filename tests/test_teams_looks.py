"""Cards drawn by Microsoft's own renderer in Chromium: light, dark, and on a phone of 320 pixels (T25, T29)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.teams.dialogs import case_dialogs, form_dialog
from adapters.teams.presses import Sent, read_press
from adapters.teams.render import card_json
from bot.message import Action, Button, Card, Field, Option, Passage, Press, Tone
from tests import teams_cards as made
from tests.school import School, school
from tests.teams_cards import say
from tests.teams_pictures import PHONE, Shown, shown_on
from tests.web.browser import chromium

Json = dict[str, Any]

LEAN = 8
"""Pixels by which a long word of wide signs may lean out of its box."""
DOT = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
NAMELESS = """() => [...document.querySelectorAll("main :is(input, select, textarea, button)")]
  .filter((each) => !(each.innerText || "").trim() && !(each.labels && each.labels.length) && !each.ariaLabel)
  .map((each) => each.outerHTML)"""
CUT = """() => [...document.querySelectorAll("main button div")]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.innerText)"""


@asynccontextmanager
async def screens() -> AsyncIterator[list[Shown]]:
    """The same card is drawn on each: a desk, a desk in the dark, a phone."""
    async with chromium() as browser:
        yield [
            await shown_on(browser),
            await shown_on(browser, dark=True),
            await shown_on(browser, width=PHONE),
            await shown_on(browser, width=PHONE, dark=True),
        ]


def content(card: Json) -> Json:
    """The card in a dialog, or the card itself."""
    inside: Json = card["card"]["content"] if "card" in card else card
    return inside


def written(card: Json) -> list[str]:
    """Every text on a card, as it has to stand on the screen."""
    labels = [each["label"] for each in made.inputs(card)]
    options = [choice["title"] for each in made.inputs(card) for choice in each.get("choices", ())]
    return [*made.texts_of(card), *labels, *options, *(action["title"] for action in made.actions(card))]


async def check(shown: Shown, card: Json) -> None:
    """Whatever the card, and wherever it is drawn."""
    assert await shown.draws(card) == []
    reads = {re.sub(r"\s", " ", text) for text in await shown.reads()}
    for text in written(card):
        assert re.sub(r"\s", " ", text) in reads
    assert await shown.overflow() <= LEAN
    assert await shown.count(":is(a, img, video, iframe, script, svg)") == 0
    assert await shown.page.evaluate(NAMELESS) == []


async def test_every_card_on_the_way_of_a_case_is_drawn_whole(tmp_path: Path) -> None:
    with school(tmp_path) as here:
        cards = await made.looked_at(here)
    async with screens() as shown_on_all:
        for shown in shown_on_all:
            for card in map(content, cards.values()):
                await check(shown, card)
                assert await shown.violations() == []
            assert set(await _cut_on(shown, cards)) <= set(_small_print(cards))


async def _cut_on(shown: Shown, cards: dict[str, Json]) -> list[str]:
    """Buttons whose names do not fit."""
    found: list[str] = []
    for card in map(content, cards.values()):
        await shown.draws(card)
        found += await shown.page.evaluate(CUT)
    return found


def _small_print(cards: dict[str, Json]) -> list[str]:
    return [text for card in cards.values() for text in made.texts_of(content(card))]


async def test_a_button_that_is_cut_would_be_seen() -> None:
    label = "No, they did not know or did not agree"
    card = card_json(made.small(Button(label, Press(Action.GO_ON, "c4c7a3b6"))))
    async with chromium() as browser:
        shown = await shown_on(browser, width=PHONE)
        assert await _cut_on(shown, {"a card": card}) == [label]


def hostile() -> list[Card]:
    """Every hostile text in every place where a text can stand."""
    press = Press(Action.GO_ON, "c4c7a3b6", 1)
    return [
        Card(
            "Handrail: a reply for you",
            text[:200],
            tuple(Passage((text, "end"), text[:200], tone) for tone in Tone if len(text) < 1500 or tone is Tone.PLAIN),
            (
                Field("one", text[:200], (Option("a", text[:75]), Option("b", "No")), True, (), text[:200]),
                Field("two", text[:200], tuple(Option(f"v{n}", f"{n} {text}"[:75]) for n in range(13))),
            ),
            (
                Button(text[:75].strip() or "Go", press),
                Button("Write", Press(Action.WRITE, "c4"), writes=made.writing()),
            ),
        )
        for text in made.HOSTILE
    ]


async def test_whatever_anybody_wrote_is_drawn_as_it_was_written() -> None:
    async with screens() as shown_on_all:
        for shown in shown_on_all[:: len(shown_on_all) - 1]:
            for card in hostile():
                await check(shown, card_json(card))


async def test_a_long_case_and_a_form_with_hostile_words_are_drawn_as_they_were_written() -> None:
    card = Card("n", "Case 7F3KQW2M9P", tuple(Passage((t,), "In their own words", Tone.VERBATIM) for t in made.HOSTILE))
    parts = case_dialogs(card, say, Press(Action.OPEN_CASE, "7F3KQW2M9P"))
    assert len(parts) > 1
    async with chromium() as browser:
        shown = await shown_on(browser, width=PHONE)
        for part in parts:
            await check(shown, content(part))
        for words in made.HOSTILE:
            form = form_dialog(made.writing(), Press(Action.ADD_NOTE, "7F3KQW2M9P"), say, "n1", words)
            await check(shown, content(form))
            held = await shown.page.locator("textarea").input_value()
            assert held == re.sub("[\ud800-\udfff]", "\ufffd", words).replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "element",
    [
        {"type": "TextBlock", "text": "{{DATE(2026-11-20T10:40:00Z,SHORT)}}", "wrap": True},
        {"type": "TextBlock", "text": "W" * 300},
        {"type": "Image", "url": f"data:image/gif;base64,{DOT}"},
        {"type": "Input.Text", "id": "words"},
        {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "", "url": "https://example.invalid"}]},
    ],
)
async def test_what_is_drawn_otherwise_would_be_seen(element: Json) -> None:
    card = card_json(made.small())
    async with chromium() as browser:
        shown = await shown_on(browser, width=PHONE)
        await check(shown, card)
        card["body"].append(element)
        with pytest.raises((AssertionError, KeyError)):
            await check(shown, card)


async def test_what_is_pressed_in_the_renderer_is_what_is_read(here: School) -> None:
    """The renderer's own way of joining picks, and of leaving out what a button does not take."""
    cards = await made.looked_at(here)
    async with chromium() as browser:
        shown = await shown_on(browser)
        await shown.draws(cards["pick-many"])
        await shown.page.get_by_label("Calm").check()
        await shown.page.get_by_label("Upset or very worried").check()
        (many,) = await _presses(shown, "Continue")
        assert many and many.pressed.press.answers == {"child_now": ("distressed", "calm")}
        await shown.draws(cards["free-text"])
        await shown.page.locator("textarea").fill("Jade Example")
        words, unknown = await _presses(shown, "Save", "I don’t know who")
    assert words and (words.words, words.pressed.press.action) == ("Jade Example", Action.WRITE)
    assert unknown and (unknown.words, unknown.pressed.press.answers) == ("", {"child": ("unknown",)})


async def _presses(shown: Shown, *labels: str) -> list[Sent | None]:
    """What is read of what the renderer gives for these buttons."""
    for label in labels:
        await shown.page.get_by_role("button", name=label, exact=True).click()
    pressed = await shown.page.evaluate("window.pressed")
    assert [each["type"] for each in pressed] == ["Action.Execute"] * len(labels)
    return [read_press(each["data"]) for each in pressed]
