"""The playground in a real Chromium, clicked, typed and read as a person would."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.message import Action, Card, Passage, Tone
from tests.web.browser import Seen, require, visit
from tests.web.running import running
from tests.web.scripted import NOTIFICATION, opening, settled

MARKUP = '<b class="alive">bold</b> <img src="/x" alt="alive"> **stars** <!channel> &amp;'
OVERRIDE = "safe\u202edetrevni"


async def focused(seen: Seen) -> str:
    """What has the keyboard: its name, or its text."""
    name: str = await seen.page.evaluate(
        "(document.activeElement.ariaLabel || document.activeElement.textContent || document.activeElement.tagName)"
    )
    return name.strip()


async def tab_to(seen: Seen, name: str) -> None:
    """Press Tab until the control of that name has the keyboard, as somebody without a mouse would."""
    for _ in range(60):
        if name in await focused(seen):
            return
        await seen.page.keyboard.press("Tab")
    pytest.fail(f"{name!r} cannot be reached with the Tab key")


# --- the whole path -------------------------------------------------------------------------------------------------


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
        await keys.press("Tab")
        await keys.press("Shift+Tab")
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


# --- what cannot happen ---------------------------------------------------------------------------------------------


async def test_a_double_click_sends_once() -> None:
    async with visit() as seen:
        await seen.write("Hello")
        await seen.button(0, "No").dblclick()
        await seen.card(0, "Where, and about whom?").wait_for()
        presses = [each for each in seen.play.bot.heard if each.press]
        assert [each.press.action for each in presses if each.press] == [Action.ANSWER]
        await seen.page.evaluate("document.querySelector('#screen-0 textarea').value = 'Twice'")
        await seen.screen(0).get_by_role("button", name="Send", exact=True).dblclick()
        await seen.card(0, "Case 7F3K-9QWX-2M").wait_for()
        assert [each.text for each in seen.play.bot.heard if each.text == "Twice"] == ["Twice"]


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
        turned = "node => { const r = document.createRange(), t = node.firstChild; const x = i => { r.setStart(t, i);"
        turned += "r.setEnd(t, i + 1); return r.getBoundingClientRect().left }; return x(2) < x(1) }"
        assert not await seen.screen(0).locator(".line").nth(1).evaluate(turned)
        assert (
            await seen.screen(0).locator(".line").first.evaluate("node => getComputedStyle(node).unicodeBidi")
            == "isolate"
        )
        control = "node => { node.prepend('\\u202e'); node.normalize() }"
        await seen.screen(0).locator(".line").nth(1).evaluate(control)
        assert await seen.screen(0).locator(".line").nth(1).evaluate(turned), (
            "the control: an override inside does turn"
        )


async def test_no_file_can_be_given_to_the_page() -> None:
    async with visit() as seen:
        opened: list[object] = []
        seen.page.on("filechooser", opened.append)
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
          const make = { paste: () => new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }),
                         drop: () => new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }) };
          return document.querySelector("#screen-0 textarea").dispatchEvent(make[way]());
        }"""
        assert await seen.page.evaluate(script, [way]) is False, "the browser's own way must be stopped"
        await expect(seen.screen(0).locator(".pretend")).to_contain_text("1 pretend picture")
        await seen.screen(0).get_by_role("button", name="Send", exact=True).click()
        await expect(seen.card(0, "No pictures, please")).to_be_visible()
        assert seen.play.bot.heard[-1].attachments == 1
        assert not [body for body in sent if b"CANARY" in body or b"canary" in body]


# --- live -----------------------------------------------------------------------------------------------------------


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
        seen.page.on(
            "request", lambda request: keys.append(request.post_data_json["key"]) if request.post_data else None
        )
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


# --- for everyone ---------------------------------------------------------------------------------------------------


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
          .map((node) => [node.textContent.trim().slice(0, 30), (node.closest('label') ?? node).getBoundingClientRect()])
          .filter(([, box]) => box.width > 1 && (box.height < 24 || box.width < 24)).map(([name]) => name)"""
        assert await seen.page.evaluate(script) == []
        await seen.page.evaluate("document.querySelector('.footer button').style.minHeight = '10px'")
        await seen.page.evaluate("document.querySelector('.footer button').style.lineHeight = '10px'")
        assert await seen.page.evaluate(script) == ["Send now"], "the control: one too small is found"


def test_a_missing_part_fails_with_the_line_to_type() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"Type: npm ci --prefix tests/web"):
        require(Path("/nonexistent/axe.min.js"), "npm ci --prefix tests/web")
