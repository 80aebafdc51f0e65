"""The playground in a real Chromium, clicked and typed in as a person would: the whole path and what can be set."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.web.browser import Seen, visit


async def focused(seen: Seen) -> str:
    """What has the keyboard: its name, or its text."""
    name: str = await seen.page.evaluate(
        "(node => node === document.body ? '' : node.ariaLabel || node.textContent)(document.activeElement)"
    )
    return name.strip()


async def tab_to(seen: Seen, name: str) -> None:
    """Press Tab until the control of that name has the keyboard, as somebody without a mouse would."""
    for _ in range(60):
        if await focused(seen) == name:
            return
        await seen.page.keyboard.press("Tab")
    pytest.fail(f"{name!r} cannot be reached with the Tab key")


async def test_a_disclosure_goes_from_the_teachers_phone_to_the_leads_hands_and_back() -> None:
    async with visit() as seen:
        await seen.to_the_handoff()
        await expect(seen.card(1, "Case 7F3K-9QWX-2M needs a lead today")).not_to_contain_text("asking me")
        await seen.button(1, "Open case").click()
        dialog = seen.page.get_by_role("dialog", name="Case 7F3K-9QWX-2M")
        await expect(dialog).to_contain_text("They keep asking me for more.")
        await expect(dialog).to_contain_text("Only Dana Example, DSL sees this.")
        await dialog.get_by_role("button", name="Acknowledge").click()
        await expect(dialog).to_be_hidden()
        await expect(seen.card(1, "Case 7F3K")).to_contain_text("Acknowledged by the DSL at 10:52")
        await expect(seen.card(0, "Case 7F3K-9QWX-2M")).to_contain_text("Acknowledged by the DSL at 10:52")
        answers = [dict(each.press.answers) for each in seen.play.bot.heard if each.press]
        assert answers[:3] == [
            {"danger": ("no",)},
            {"academy": ("north",), "staff": ("no",)},
            {"worries": ("self_harm",)},
        ]
        assert {each.sender.id for each in seen.play.bot.heard} == {"teacher", "dsl-north"}


async def test_the_whole_path_can_be_gone_by_keyboard_alone() -> None:
    async with visit() as seen:
        keys = seen.page.keyboard
        await tab_to(seen, "Write to Handrail as Sam Example")
        await keys.type("Hello")
        await keys.press("Enter")
        await seen.button(0, "No").wait_for()
        await tab_to(seen, "No")
        await keys.press("Enter")
        await expect(seen.card(0, "Where, and about whom?")).to_be_focused()
        await keys.press("Tab")
        await keys.press("Space")
        await keys.press("Tab")
        await keys.press("Space")
        await tab_to(seen, "Continue")
        await keys.press("Enter")
        await expect(seen.card(0, "Is any of this so?")).to_be_focused()
        await keys.press("Tab")
        await keys.press("Space")
        await tab_to(seen, "Continue")
        await keys.press("Enter")
        await expect(seen.screen(0).locator("textarea")).to_be_focused()
        await keys.type("They keep asking me for more.")
        await keys.press("Enter")
        await tab_to(seen, "Open case")
        await keys.press("Enter")
        await seen.page.get_by_role("dialog").wait_for()
        await keys.press("Escape")
        assert "Open case" in await focused(seen)
        await tab_to(seen, "Acknowledge")
        await keys.press("Enter")
        await expect(seen.card(1, "Case 7F3K")).to_contain_text("Acknowledged by the DSL")
        assert "Case 7F3K" in await focused(seen)


async def test_skip_links_lead_from_screen_to_screen() -> None:
    async with visit() as seen:
        await tab_to(seen, "DSL channel: north-safeguarding")
        await seen.page.keyboard.press("Enter")
        await expect(seen.screen(1).locator("h2")).to_be_focused()
        await seen.page.keyboard.press("Shift+Tab")
        assert await focused(seen) == "Skip to Direct messages: Robin Example"
        await expect(seen.screen(1).locator(".skip")).to_be_in_viewport()


async def test_exclusive_answers_clear_the_others_and_are_cleared_by_them() -> None:
    async with visit() as seen:
        await seen.write("Hello")
        await seen.button(0, "I don't know").click()
        await seen.button(0, "Continue").click()
        card = seen.card(0, "Is any of this so?")
        await card.get_by_label("Hurting themselves").check()
        await card.get_by_label("Afraid to go home").check()
        await card.get_by_label("None of these").check()
        assert await card.locator("input:checked").count() == 1
        await card.get_by_label("Afraid to go home").check()
        await expect(card.get_by_label("None of these")).not_to_be_checked()


async def test_numbers_can_be_rung_from_the_page() -> None:
    async with visit() as seen:
        await seen.to_the_handoff()
        links = seen.card(0, "Case 7F3K-9QWX-2M").get_by_role("link")
        hrefs = [await link.get_attribute("href") for link in await links.all()]
        assert hrefs == ["tel:999", "tel:01632960111", "tel:08088005000"]


async def test_the_clock_is_brought_to_a_friday_evening_and_a_bank_holiday() -> None:
    async with visit() as seen:
        clock, page = seen.play.playground.clock, seen.page
        clock.set(datetime(2026, 7, 1, 9, 0, tzinfo=UTC))
        await page.reload()
        await page.get_by_role("button", name="Friday 16:31").click()
        await expect(page.locator("#clock-now")).to_have_text("Friday 3 Jul 2026, 16:31")
        assert clock.now().strftime("%d %H:%M") == "03 15:31"
        await page.get_by_role("button", name="Bank holiday 02:00").click()
        await expect(page.locator("#clock-now")).to_have_text("Friday 25 Dec 2026, 02:00")
        await page.get_by_role("button", name="+15 min").click()
        await expect(page.locator("#clock-now")).to_have_text("Friday 25 Dec 2026, 02:15")
        await page.get_by_label("London time").fill("2027-03-29T08:00")
        await page.get_by_role("button", name="Set", exact=True).click()
        await expect(page.locator("#clock-now")).to_have_text("Monday 29 Mar 2027, 08:00")
        await page.get_by_role("button", name="Now", exact=True).click()
        await expect(page.locator("#clock")).not_to_have_class(re.compile("practised"))


async def test_a_channel_can_be_made_wrong_for_practice_and_the_stranger_acts_as_himself() -> None:
    async with visit() as seen:
        await seen.to_the_handoff()
        await seen.screen(1).get_by_text("Practise a fault").click()
        await seen.screen(1).get_by_label("Make the channel public").check()
        await expect(seen.screen(1).locator(".sub")).to_have_text("Public, 3 people")
        await seen.screen(1).get_by_label("Add somebody who is not on the roster").check()
        await expect(seen.screen(1).locator(".sub")).to_have_text("Public, 4 people")
        await seen.screen(1).get_by_label("Press as").select_option("stranger")
        await seen.button(1, "Open case").click()
        await seen.page.get_by_role("dialog").wait_for()
        assert seen.play.bot.heard[-1].sender.id == "stranger"
