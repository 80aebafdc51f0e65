"""The pictures of docs/slack.md: what the real bot says, as the real blocks, drawn by Chromium. `make pictures`.

Nobody in them exists.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from adapters.slack.modal import case_view
from adapters.slack.render import home_view, message_of
from bot import composition
from bot.message import Card, Person
from tests.school import School, school
from tests.slack import preview
from tests.web.browser import chromium

PICTURES = composition.ROOT / "docs" / "pictures"
_FIRST_WORDS = "A girl in my form has just told me a picture of her is going round"


async def pages() -> dict[str, str]:
    """Every picture's page, by its name: a teacher's first question, the post, the opened case, the App Home."""
    with tempfile.TemporaryDirectory(prefix="handrail-pictures-") as folder, school(Path(folder)) as it:
        await it.says(_FIRST_WORDS)
        first = it.screen("teacher")
    with tempfile.TemporaryDirectory(prefix="handrail-pictures-") as folder, school(Path(folder)) as it:
        await it.tells_the_essentials()
        return {
            "slack-question": preview.page("A first question", _direct(first)),
            "slack-post": preview.page("The post", _channel(it)),
            "slack-case": preview.page("A case", await _case(it)),
            "slack-home": preview.page("Home", preview.home(home_view(await it.bot.home(Person("web", "teacher"))))),
        }


def _direct(cards: list[Card]) -> str:
    said = preview.from_person("Sam Example", "10:40", _FIRST_WORDS)
    return preview.conversation("Handrail", [said, *(preview.from_app(_blocks(card), "10:40") for card in cards)])


def _channel(it: School) -> str:
    return preview.conversation(
        "dsl-north (private)", [preview.from_app(_blocks(card), "10:41") for card in it.channel()]
    )


async def _case(it: School) -> str:
    opened = it.button("Open case", "dsl-north").press
    card = await it.presses("Open case", "dsl-north")
    assert card is not None
    return preview.modal(case_view(card, composition.script().phrases.say, opened))


def _blocks(card: Card) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = message_of(card)["blocks"]
    return blocks


async def take() -> None:
    """Draw every page, and keep what stands on it."""
    await asyncio.to_thread(PICTURES.mkdir, exist_ok=True)
    drawn = await pages()
    async with chromium() as browser:
        for name, html in drawn.items():
            await _draw(browser, html, PICTURES / f"{name}.png")


async def _draw(browser: Browser, html: str, file: Path) -> None:
    page = await browser.new_page(viewport={"width": 760, "height": 600}, device_scale_factor=1.5)
    await page.set_content(html)
    await page.locator("section").screenshot(path=file)
    await page.close()


if __name__ == "__main__":
    asyncio.run(take())
