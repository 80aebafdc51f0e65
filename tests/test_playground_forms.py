"""The form that a button opens for the words that go with it, in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from bot.message import Action, Card, Passage
from tests.web.browser import Seen, visit
from tests.web.scripted import NOTIFICATION, note_button, write

HOSTILE = "<img src=x onerror=alert(1)> **bold** \u202eevil"


def form(seen: Seen) -> Locator:
    return seen.page.get_by_role("dialog", name="Your note")


def words(seen: Seen) -> Locator:
    return form(seen).get_by_label("What should the other leads know?")


def notes(seen: Seen) -> list[str]:
    return [each.text for each in seen.play.bot.heard if each.press and each.press.action is Action.ADD_NOTE]


async def opens_the_form(seen: Seen) -> Locator:
    """A card with a button that writes, on the teacher's own screen; returns the button."""
    card = Card(NOTIFICATION, "A card", (Passage(("Words.",)),), (), (note_button(),))
    await seen.play.playground.post(seen.play.bot.person("teacher"), card)
    await seen.button(0, "Add a note").click()
    await form(seen).wait_for()
    return seen.button(0, "Add a note")


async def test_a_button_that_writes_presses_only_with_the_words_and_shows_them_on_no_screen() -> None:
    async with visit() as seen:
        await opens_the_form(seen)
        await expect(words(seen)).to_be_focused()
        await seen.page.keyboard.type(HOSTILE)
        assert notes(seen) == []
        await form(seen).get_by_role("button", name="Keep it").click()
        view = seen.page.get_by_role("dialog", name="Noted")
        await expect(view.locator("blockquote")).to_have_text(HOSTILE)
        await expect(form(seen)).to_be_hidden()
        assert notes(seen) == [HOSTILE]
        assert HOSTILE not in await seen.page.locator("main").inner_text()


async def test_escape_closes_the_form_keeps_nothing_and_leads_back_to_its_button() -> None:
    async with visit() as seen:
        button = await opens_the_form(seen)
        await words(seen).fill("Half a thought")
        await seen.page.keyboard.press("Escape")
        await expect(form(seen)).to_be_hidden()
        await expect(button).to_be_focused()
        await button.press("Enter")
        await expect(words(seen)).to_have_value("")
        await form(seen).get_by_role("button", name="Cancel").click()
        await expect(form(seen)).to_be_hidden()
        assert seen.play.bot.heard == []


async def test_an_empty_form_is_not_sent() -> None:
    async with visit() as seen:
        await opens_the_form(seen)
        await form(seen).get_by_role("button", name="Keep it").click()
        await expect(words(seen)).to_be_focused()
        await expect(form(seen)).to_be_visible()
        assert seen.play.bot.heard == []


async def test_what_could_not_be_kept_stays_in_the_form_and_the_second_try_is_heard_once() -> None:
    async with visit() as seen:
        await opens_the_form(seen)
        seen.play.bot.failing = True
        await words(seen).fill("Jade is with the nurse.")
        await form(seen).get_by_role("button", name="Keep it").click()
        await expect(form(seen).get_by_role("alert")).to_contain_text("999")
        await expect(words(seen)).to_have_value("Jade is with the nurse.")
        seen.play.bot.failing = False
        await form(seen).get_by_role("button", name="Keep it").dblclick()
        await seen.page.get_by_role("dialog", name="Noted").wait_for()
        assert notes(seen) == ["Jade is with the nurse."]


async def test_in_a_private_view_the_form_stands_above_it_and_leads_on_to_the_next_view() -> None:
    async with visit() as seen:
        await seen.to_the_handoff()
        await seen.button(1, "Open case").click()
        case = seen.page.get_by_role("dialog", name="Case 7F3K-9QWX-2M")
        await case.get_by_role("button", name="Add a note").click()
        await seen.page.keyboard.type("A note")
        await seen.page.keyboard.press("Escape")
        await expect(case.get_by_role("button", name="Add a note")).to_be_focused()
        await case.get_by_role("button", name="Add a note").click()
        await seen.page.keyboard.type("Another note")
        await form(seen).get_by_role("button", name="Keep it").click()
        await expect(seen.page.locator("#view-title")).to_be_focused()
        await expect(seen.page.get_by_role("dialog", name="Noted")).to_be_visible()
        assert [(each.sender.id, each.text) for each in seen.play.bot.heard][-1] == ("dsl-north", "Another note")


async def test_the_form_for_what_the_box_below_takes_as_privately_is_not_offered() -> None:
    async with visit() as seen:
        await seen.play.playground.post(seen.play.bot.person("teacher"), write())
        await seen.button(0, "Send now").wait_for()
        assert await seen.button(0, "Write it privately").count() == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
async def test_axe_finds_nothing_against_wcag_2_2_aa_in_the_form(dark: bool, width: int) -> None:
    async with visit(width=width, dark=dark) as seen:
        await opens_the_form(seen)
        assert await seen.violations() == []
        await expect(form(seen).get_by_role("heading", name="Your note")).to_be_in_viewport()
        seen.play.bot.failing = True
        await words(seen).fill("x")
        await form(seen).get_by_role("button", name="Keep it").click()
        await expect(form(seen).get_by_role("alert")).to_be_visible()
        assert await seen.violations() == []
        assert await seen.page.evaluate("document.documentElement.scrollWidth") == width
        await seen.page.evaluate("document.querySelector('#form-ask').style.color = 'var(--line)'")
        assert await seen.violations() != [], "the control: words too pale to read are found"
