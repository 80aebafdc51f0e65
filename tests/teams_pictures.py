"""Cards drawn by Microsoft's own renderer in Chromium, light and dark, on a desk and on a phone: for tests to look into
and for the pictures of the documentation. Nothing is fetched.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.web.browser import chromium, require, violations

Json = dict[str, Any]

LOOKS = Path(__file__).parent / "teams_looks"
RENDERER = Path(__file__).parent / "web" / "node_modules" / "adaptivecards" / "dist" / "adaptivecards.min.js"
DESK, PHONE = 620, 320
"""Pixels across."""

_DRAW = """([card, host]) => {
  const drawn = new AdaptiveCards.AdaptiveCard();
  drawn.hostConfig = new AdaptiveCards.HostConfig(host);
  window.pressed = [];
  drawn.onExecuteAction = (action) => window.pressed.push({type: action.getJsonTypeName(), data: action.data});
  const told = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
  drawn.parse(card, told);
  const frame = document.createElement("div");
  frame.className = "frame";
  frame.append(drawn.render());
  document.querySelector("main").replaceChildren(frame);
  return [...Array(told.eventCount).keys()].map((at) => told.getEventAt(at).message);
}"""
_TITLED = """(title) => {
  const name = Object.assign(document.createElement("h1"), {textContent: title});
  document.querySelector("main").prepend(name);
}"""


@dataclass(frozen=True)
class Shown:
    """One page on which cards are drawn, one after the other."""

    page: Page
    dark: bool

    async def draws(self, card: Json) -> list[str]:
        """Draw a card. Returns what the renderer has against it."""
        found: list[str] = await self.page.evaluate(_DRAW, [card, host(dark=self.dark)])
        return found

    async def titled(self, title: str) -> None:
        """The name of the dialog that the card stands in."""
        await self.page.evaluate(_TITLED, title)

    async def reads(self) -> list[str]:
        """Every piece of text that is drawn, in its order."""
        script = """() => {
          const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
          const found = [];
          while (walker.nextNode()) found.push(walker.currentNode.data);
          return found;
        }"""
        found: list[str] = await self.page.evaluate(script)
        return found

    async def count(self, what: str) -> int:
        return await self.page.locator(f"main {what}").count()

    async def overflow(self) -> int:
        """Pixels that the page is wider than its window, or any text than its place, but for the names of buttons."""
        script = """() => Math.max(
          document.documentElement.scrollWidth - window.innerWidth,
          ...[...document.querySelectorAll(".ac-textBlock, .ac-richTextBlock, .ac-container, .ac-actionSet, .ac-input")]
            .map((each) => each.scrollWidth - each.clientWidth))"""
        found: int = await self.page.evaluate(script)
        return found

    async def violations(self) -> list[str]:
        return await violations(self.page)


def host(*, dark: bool) -> Json:
    """What Teams tells the renderer of its colours and sizes, as near as it is known."""
    kept = json.loads((LOOKS / "hosts.json").read_text(encoding="utf-8"))
    styles = {name: _style(**colours) for name, colours in kept["dark" if dark else "light"].items()}
    return {**kept["shared"], "containerStyles": styles}


def _style(background: str, ink: str, subtle: str) -> Json:
    text = {"default": ink, "subtle": subtle}
    return {"backgroundColor": background, "foregroundColors": {"default": text, "dark": text, "light": text}}


async def shown_on(browser: Browser, *, width: int = DESK, dark: bool = False) -> Shown:
    """A new page of that width. The renderer is Microsoft's own."""
    page = await browser.new_page(viewport={"width": width, "height": 800}, device_scale_factor=1.5)
    await page.goto((LOOKS / "page.html").as_uri())
    await page.add_script_tag(path=require(RENDERER, "npm ci --prefix tests/web"))
    if dark:
        await page.evaluate("document.documentElement.classList.add('dark')")
    return Shown(page, dark)


LOOK = {"": (DESK, False), "-dark": (DESK, True), "-phone": (PHONE, False)}


async def take(cards: Mapping[str, Json], folder: Path, looks: Sequence[str] = tuple(LOOK), tallest: int = 0) -> None:
    """Draw every card or dialog into the folder, by its name: light, dark, and on a phone. `tallest` pixels of it, or
    all."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with chromium() as browser:
        for suffix in looks:
            width, dark = LOOK[suffix]
            shown = await shown_on(browser, width=width, dark=dark)
            for name, card in cards.items():
                await _draw(shown, card, folder / f"{name}{suffix}.png", tallest)


async def _draw(shown: Shown, card: Json, file: Path, tallest: int) -> None:
    """A dialog is drawn with its title above it."""
    await shown.draws(card["card"]["content"] if "card" in card else card)
    if "card" in card:
        await shown.titled(card["title"])
    main = shown.page.locator("main")
    if tallest:
        await main.evaluate(
            "(drawn, most) => Object.assign(drawn.style, {maxHeight: `${most}px`, overflow: 'hidden'})", tallest
        )
    await main.screenshot(path=file)
