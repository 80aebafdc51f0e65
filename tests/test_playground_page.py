"""What the page must never do or lose, in a real Chromium: markup, files, double sends, lost connections."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Request, expect

from bot.message import Action, Card, Passage, Tone
from tests.web.browser import visit
from tests.web.running import running
from tests.web.scripted import NOTIFICATION, settled, worries

MARKUP = '<b class="alive">bold</b> <img src="/x" alt="alive"> **stars** <!channel> &amp;'
OVERRIDE = "safe\u202edetrevni"
TURNED = """node => {
  const range = document.createRange(), text = node.firstChild;
  const left = (at) => {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect().left;
  };
  return left(2) < left(1);
}"""


async def test_a_double_click_sends_once() -> None:
    async with visit() as seen:
        await seen.write("Hello")
        await seen.button(0, "No").evaluate("button => { button.click(); button.click(); }")
        await seen.card(0, "Where, and about whom?").wait_for()
        await seen.button(0, "Continue").dblclick()
        await seen.card(0, "Is any of this so?").wait_for()
        await seen.page.wait_for_timeout(300)
        presses = [each for each in seen.play.bot.heard if each.press]
        assert [each.press.action for each in presses if each.press] == [Action.ANSWER, Action.ANSWER]
        await seen.page.evaluate("document.querySelector('#screen-0 textarea').value = 'Twice'")
        await seen.screen(0).get_by_role("button", name="Send", exact=True).dblclick()
        await seen.card(0, "Case 7F3K-9QWX-2M").wait_for()
        assert [each.text for each in seen.play.bot.heard if each.text == "Twice"] == ["Twice"]


async def test_the_second_half_of_a_double_click_does_not_answer_the_next_question() -> None:
    async with visit() as seen:
        await seen.play.playground.post(seen.play.bot.person("teacher"), worries())
        button = seen.button(0, "Continue")
        await button.wait_for()
        box = await button.bounding_box()
        assert box is not None
        devtools = await seen.page.context.new_cdp_session(seen.page)
        second = {"x": box["x"] + 9, "y": box["y"] + 9, "button": "left", "clickCount": 2}
        await devtools.send("Input.dispatchMouseEvent", {"type": "mousePressed", **second})
        await devtools.send("Input.dispatchMouseEvent", {"type": "mouseReleased", **second})
        await seen.page.wait_for_timeout(700)
        assert seen.play.bot.heard == []
        await seen.page.mouse.click(box["x"] + 9, box["y"] + 9)
        await seen.card(0, "What did the child say?").wait_for()


async def test_markup_that_somebody_wrote_is_shown_as_it_was_written() -> None:
    async with visit() as seen:
        lines = Passage((MARKUP, OVERRIDE, "after"), MARKUP, Tone.VERBATIM)
        await seen.play.playground.post(seen.play.bot.person("teacher"), Card(NOTIFICATION, MARKUP, (lines,)))
        await seen.write(MARKUP)
        card = seen.screen(0).locator(".card").first
        await expect(card.locator(".title")).to_have_text(MARKUP)
        assert await card.locator(".line").all_text_contents() == [MARKUP, OVERRIDE, "after"]
        await expect(seen.screen(0).locator(".bubble")).to_have_text(MARKUP)
        alive = seen.screen(0).locator(".alive, .entry img")
        assert await alive.count() == 0
        await card.evaluate("(node, markup) => { node.innerHTML = markup.replace('<img', '<i') }", MARKUP)
        assert await alive.count() > 0, "the control: markup that does come alive is seen by this test"


async def test_a_right_to_left_override_turns_nothing_but_itself() -> None:
    async with visit() as seen:
        lines = Passage((OVERRIDE, "abc"))
        await seen.play.playground.post(seen.play.bot.person("teacher"), Card(NOTIFICATION, "t", (lines,)))
        await seen.screen(0).locator(".line").nth(1).wait_for()
        first, after = seen.screen(0).locator(".line").first, seen.screen(0).locator(".line").nth(1)
        assert not await after.evaluate(TURNED)
        assert await first.evaluate("node => getComputedStyle(node).unicodeBidi") == "isolate"
        await after.evaluate("node => { node.prepend('\u202e'); node.normalize() }")
        assert await after.evaluate(TURNED), "the control: an override inside does turn"


async def test_no_file_can_be_given_to_the_page() -> None:
    async with visit() as seen:
        opened: list[str] = []
        seen.page.on("filechooser", lambda chooser: opened.append(chooser.page.url))
        await seen.screen(0).get_by_role("button", name="Pretend to attach a picture").click()
        await seen.write("He showed me this")
        await expect(seen.card(0, "No pictures, please")).to_be_visible()
        heard = seen.play.bot.heard[-1]
        assert (heard.text, heard.attachments, opened) == ("He showed me this", 1, [])
        assert await seen.page.locator("input[type=file]").count() == 0


@pytest.mark.parametrize("way", ["paste", "drop"])
async def test_a_picture_pasted_or_dropped_is_stopped_and_only_counted(way: str) -> None:
    async with visit() as seen:
        sent: list[bytes] = []
        seen.page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
        script = """([way]) => {
          const carried = new DataTransfer();
          carried.items.add(new File(["CANARY-PICTURE"], "canary-name.png", { type: "image/png" }));
          const how = { clipboardData: carried, dataTransfer: carried, bubbles: true, cancelable: true };
          const make = { paste: () => new ClipboardEvent("paste", how), drop: () => new DragEvent("drop", how) };
          return document.querySelector("#screen-0 textarea").dispatchEvent(make[way]());
        }"""
        assert await seen.page.evaluate(script, [way]) is False, "the browser's own way must be stopped"
        await expect(seen.screen(0).locator(".pretend")).to_contain_text("1 pretend picture")
        await seen.screen(0).get_by_role("button", name="Send", exact=True).click()
        await expect(seen.card(0, "No pictures, please")).to_be_visible()
        assert seen.play.bot.heard[-1].attachments == 1
        assert not [body for body in sent if b"CANARY" in body or b"canary" in body]


async def test_a_page_whose_line_was_cut_shows_what_it_missed_once() -> None:
    async with visit() as seen:
        teacher = seen.play.bot.person("teacher")
        await seen.play.playground.post(teacher, settled("Before", "x"))
        await seen.card(0, "Before").wait_for()
        assert seen.play.cut_lines() == 1
        for number in range(3):
            await seen.play.playground.post(teacher, settled(f"Missed {number}", "x"))
        await expect(seen.page.locator("#lost")).to_be_visible()
        await seen.card(0, "Missed 2").wait_for()
        await expect(seen.page.locator("#lost")).to_be_hidden()
        titles = await seen.screen(0).locator(".title").all_text_contents()
        assert titles == ["Before", "Missed 0", "Missed 1", "Missed 2"]


async def test_a_page_whose_server_began_anew_shows_the_new_state_and_nothing_of_the_old() -> None:
    async with visit() as seen:
        await seen.play.playground.post(seen.play.bot.person("teacher"), settled("Old", "x"))
        await seen.card(0, "Old").wait_for()
        port = seen.play.port
        await seen.play.runner.cleanup()
        async with running(port=port) as again:
            await again.playground.post(again.bot.person("teacher"), settled("New", "x"))
            await expect(seen.card(0, "New")).to_be_visible(timeout=15_000)
            assert await seen.screen(0).locator(".title").all_text_contents() == ["New"]


async def test_what_could_not_be_kept_stays_in_the_composer_and_the_second_try_has_the_same_key() -> None:
    async with visit() as seen:
        seen.play.bot.failing = True
        await seen.write("Hello")
        await expect(seen.screen(0).get_by_role("alert")).to_contain_text("999")
        await expect(seen.screen(0).locator("textarea")).to_have_value("Hello")
        assert await seen.screen(0).locator(".bubble").count() == 0
        keys: list[str] = []

        def note(request: Request) -> None:
            if request.post_data:
                keys.append(json.loads(request.post_data)["key"])

        seen.page.on("request", note)
        await seen.screen(0).locator("textarea").press("Enter")
        await expect(seen.screen(0).get_by_role("alert")).to_be_visible()
        seen.play.bot.failing = False
        await seen.screen(0).locator("textarea").press("Enter")
        await seen.button(0, "No").wait_for()
        await expect(seen.screen(0).locator("textarea")).to_have_value("")
        await expect(seen.screen(0).locator(".screen > .trouble")).to_be_hidden()
        assert len(set(keys)) == 1
        assert len(keys) == 2


async def test_what_comes_for_somebody_who_is_not_shown_is_not_missed() -> None:
    async with visit() as seen:
        await seen.play.playground.post(seen.play.bot.person("chair-north"), settled("For the chair", "x"))
        await seen.page.get_by_role("button", name="1 new for Lee Example, Chair of governors: show").click()
        await expect(seen.card(3, "For the chair")).to_be_visible()
        assert await seen.page.locator("#elsewhere button").count() == 0
