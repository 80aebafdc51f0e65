"""The whole path in a real Chromium against the real `handrail demo`, clicked as a person would."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.web.browser import chromium, violations
from tests.web.demo import CHANNEL, Visit, demo


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with demo() as url, chromium() as browser:
        page = await browser.new_page(viewport={"width": 1500, "height": 950}, reduced_motion="reduce")
        await page.goto(url)
        yield Visit(page)


async def test_a_full_conversation_ends_with_the_case_acknowledged_and_the_teacher_told_by_whom(visit: Visit) -> None:
    await visit.tells_the_essentials()
    await visit.reads("Your next steps")
    await visit.reads("Act today", CHANNEL)
    await visit.opens_the_case()
    await visit.closes_the_dialog()
    await visit.acknowledges()
    await visit.reads("Acknowledged by the DSL at", CHANNEL)
    assert await violations(visit.page) == []


async def test_at_two_on_a_bank_holiday_the_receipt_says_ring_now_and_the_person_on_call_has_it(visit: Visit) -> None:
    await visit.page.get_by_role("button", name="Bank holiday 02:00").click()
    await visit.tells_the_essentials()
    await visit.reads("It is outside school hours: please ring now as well.")
    await visit.reads("Staffordshire Emergency Duty Service")
    assert await violations(visit.page) == []


async def test_no_name_of_a_child_stands_in_the_channel(visit: Visit) -> None:
    await visit.tells_the_essentials()
    await expect(visit.page.locator(f"#screen-{CHANNEL}").get_by_text("Case ").first).to_be_attached()
    assert "Jade" not in await visit.page.locator(f"#screen-{CHANNEL}").inner_text()
