"""The playground for everyone: contrast, names, small screens, small targets. Axe runs in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.browser import require, visit
from tests.web.scripted import opening


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
async def test_axe_finds_nothing_against_wcag_2_2_aa(dark: bool, width: int) -> None:
    async with visit(width=width, dark=dark) as seen:
        assert await seen.violations() == []
        await seen.write("Hello")
        await seen.button(0, "No").wait_for()
        assert await seen.violations() == []
        await seen.to_the_handoff_from_here()
        assert await seen.violations() == []
        await seen.show(1)
        assert await seen.violations() == []
        await seen.button(1, "Open case").click()
        await seen.page.get_by_role("dialog").wait_for()
        assert await seen.violations() == []
        await seen.page.evaluate("document.querySelector('#view-close').style.color = 'var(--line)'")
        assert await seen.violations() != [], "the control: words too pale to read are found"


async def test_on_a_narrow_screen_the_panes_are_tabs_that_count_what_is_new() -> None:
    async with visit(width=360, height=740) as seen:
        page = seen.page
        await seen.to_the_handoff()
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        await expect(seen.screen(1)).to_be_hidden()
        tab = page.get_by_role("tab", name="DSL channel 1 new")
        await tab.click()
        await expect(seen.button(1, "Open case")).to_be_in_viewport()
        await expect(page.get_by_role("tab", name="DSL channel", exact=True)).to_have_attribute("aria-selected", "true")
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="Deputy DSL")).to_be_focused()
        await expect(seen.screen(2)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 360


async def test_nothing_to_press_is_smaller_than_a_finger_needs() -> None:
    async with visit(width=360, height=740) as seen:
        await seen.play.playground.post(seen.play.bot.person("teacher"), opening())
        await seen.button(0, "Send now").wait_for(state="attached")
        script = """() => [...document.querySelectorAll('button, select, summary, textarea, input, a[href^=tel]')]
          .filter((node) => node.checkVisibility())
          .map((node) => [node.textContent.trim(), (node.closest('label') ?? node).getBoundingClientRect()])
          .filter(([, box]) => box.width > 1 && (box.height < 24 || box.width < 24)).map(([name]) => name)"""
        assert await seen.page.evaluate(script) == []
        await seen.page.evaluate("document.querySelector('.footer button').style.minHeight = '10px'")
        await seen.page.evaluate("document.querySelector('.footer button').style.height = '10px'")
        assert await seen.page.evaluate(script) == ["Send now"], "the control: one too small is found"


def test_a_missing_part_fails_with_the_line_to_type() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"Type: npm ci --prefix tests/web"):
        require(Path("/nonexistent/axe.min.js"), "npm ci --prefix tests/web")
