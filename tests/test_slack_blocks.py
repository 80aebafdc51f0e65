"""Every card as Slack's blocks: within Slack's limits, nothing lost, nothing alive in it (T24, T28, T29, T47, T56)."""

from __future__ import annotations

import copy
import html
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from adapters.slack.blocks import field_block, pieces, weight
from adapters.slack.modal import case_view, case_views, notice_view, opening_view, writing_view
from adapters.slack.presses import read_press
from adapters.slack.render import home_view, message_of
from adapters.text import shown
from bot import composition
from bot.message import OPENS, Action, Button, Card, Field, Option, Passage, Press, Style, Tone, Writing
from tests import slack_cards as made
from tests.leads import cards as standing
from tests.leads import restart
from tests.on_the_way import say
from tests.school import School, school, text_of
from tests.slack.limits import faults, letters

Json = dict[str, Any]

ENOUGH = settings(max_examples=120, deadline=None)
OPENED = Press(Action.OPEN_CASE, "7F3KQW2M9P")
CONTAINERS = {"actions", "context", "header", "home", "input", "modal", "rich_text", "divider"}
CONTAINERS |= {"rich_text_list", "rich_text_quote", "rich_text_section"}
PRESSED = {"button", "checkboxes", "multi_static_select", "plain_text_input", "radio_buttons", "static_select"}
NOTHING_ALIVE = CONTAINERS | PRESSED | {"emoji", "plain_text", "text"}


def alive(payload: Json) -> list[Json]:
    """Everything in which Slack would read markup, make a link or a mention, or draw a picture of written words."""
    return [node for node in made.nodes(payload) if "type" in node and (not _inert(node) or _addresses(node))]


def _inert(node: Json) -> bool:
    kind = node["type"]
    emoji = node.get("emoji") is False if kind == "plain_text" else True
    named = node["name"] == "warning" if kind == "emoji" else True
    bold = kind != "text" or set(node.get("style", {})) <= {"bold"}
    return kind in NOTHING_ALIVE and emoji and named and bold


def _addresses(node: Json) -> set[str]:
    return {"url", "link", "image_url", "user_id", "channel_id", "alt_text"} & set(node)


def one(passage: Passage) -> list[Json]:
    blocks: list[Json] = message_of(Card("n", passages=(passage,)))["blocks"]
    return blocks


# --- any card at all ---


@ENOUGH
@given(made.cards)
def test_any_card_is_a_message_that_slack_takes(card: Card) -> None:
    assert faults(message_of(card)) == []
    assert faults(home_view(card)) == []


@ENOUGH
@given(made.views)
def test_any_case_is_a_view_that_slack_takes(card: Card) -> None:
    assert [fault for view in case_views(card, say, OPENED) for fault in faults(view)] == []


@ENOUGH
@given(made.cards)
def test_nothing_that_anybody_wrote_comes_alive(card: Card) -> None:
    message = message_of(card)
    assert alive(message) == []
    assert alive(home_view(card)) == []
    assert alive(case_view(replace(card, fields=()), say, OPENED)) == []
    quiet = {"parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}
    assert {key: message[key] for key in quiet} == quiet


@pytest.mark.parametrize(
    "node",
    [
        {"type": "mrkdwn", "text": "x"},
        {"type": "plain_text", "text": "x", "emoji": True},
        {"type": "plain_text", "text": "x"},
        {"type": "link", "url": "https://example.invalid"},
        {"type": "user", "user_id": "U0TEACHER1"},
        {"type": "broadcast", "range": "channel"},
        {"type": "emoji", "name": "smile"},
        {"type": "image", "image_url": "https://example.invalid", "alt_text": "x"},
        {
            "type": "button",
            "text": {"type": "plain_text", "text": "x", "emoji": False},
            "url": "https://example.invalid",
        },
        {"type": "text", "text": "x", "style": {"code": True}},
    ],
)
def test_what_comes_alive_would_be_seen(node: Json) -> None:
    message = message_of(Card("n", passages=(Passage(("x",)),)))
    assert alive(message) == []
    message["blocks"].append({"type": "context", "elements": [node]})
    assert alive(message) == [node]


@ENOUGH
@given(made.cards)
def test_all_of_a_card_is_read_once_in_its_order_and_unchanged(card: Card) -> None:
    assume(weight(text_of(card)) <= 13_000)
    said = made.read(message_of(card)["blocks"])
    assert made.unturned(said) == made.unturned(made.read_of(card))


@ENOUGH
@given(made.cards)
def test_every_label_stands_whole_or_ends_in_a_sign(card: Card) -> None:
    blocks = message_of(card)["blocks"]
    asked = [block["label"]["text"] for block in blocks if block["type"] == "input"]
    options = [option["text"]["text"] for node in made.nodes(blocks) for option in node.get("options", ())]
    buttons = [element["text"]["text"] for element in made.elements(blocks, "button")]
    labels = [option.label for field in card.fields for option in field.options]
    labels += [button.label for button in (*card.buttons, *card.footer)]
    assert all(_stands(text, field.ask, 2000) for text, field in zip(asked, card.fields, strict=True))
    assert len(options) + len(buttons) == len(labels)
    for text in (*options, *buttons):
        assert any(_stands(text, label, 75) for label in labels)


def _stands(text: str, whole: str, most: int) -> bool:
    text, whole = made.unturned(text), made.unturned(made.literal(whole))
    return text == whole or (text.endswith("…") and whole.startswith(text[:-1]) and 2 * weight(whole) > most // 2)


@ENOUGH
@given(made.texts)
@example("\u2069" * 5 + "\u202e" + "\u2067" * 5)
def test_what_turns_the_direction_of_writing_is_shut_in_with_its_own_line(text: str) -> None:
    for line in shown(text).split("\n"):
        open_isolates = 0
        for at, sign in enumerate(line):
            assert not (at and open_isolates == 0 and re.match("[\u202a-\u202e\u2066-\u2069]", sign))
            open_isolates += (sign in "\u2066\u2067\u2068") - (sign == "\u2069")
        assert open_isolates == 0


@ENOUGH
@given(st.lists(made.texts).map("".join), st.integers(10, 400))
def test_stretches_lose_nothing_and_none_is_too_long(text: str, most: int) -> None:
    parts = pieces(text, most)
    assert "".join(parts) == text
    escaped = [html.escape(part, quote=False).encode("utf-16-le", "surrogatepass") for part in parts]
    assert all(0 < len(part) <= 2 * most for part in escaped)


def test_a_stretch_ends_at_a_word_where_it_can() -> None:
    assert pieces("one two three four", 10) == ["one two ", "three four"]
    assert pieces("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


# --- the notification ---


@ENOUGH
@given(made.cards)
def test_the_text_of_a_message_is_the_notification_and_no_more(card: Card) -> None:
    assert message_of(card)["text"] == card.notification


# --- how it looks ---


def test_each_tone_has_its_dress() -> None:
    dressed = {tone: one(Passage(("a", "b"), "Head", tone)) for tone in Tone}
    parts = {tone: [part["type"] for part in blocks[0]["elements"]] for tone, blocks in dressed.items()}
    assert parts[Tone.PLAIN] == parts[Tone.URGENT] == ["rich_text_section", "rich_text_section"]
    assert parts[Tone.VERBATIM] == ["rich_text_section", "rich_text_quote"]
    assert all(parts[tone][1] == "rich_text_list" for tone in (Tone.DO, Tone.DONT, Tone.NUMBERS))
    assert [block["type"] for block in dressed[Tone.QUIET]] == ["rich_text", "context"]
    for blocks in dressed.values():
        heading = blocks[0]["elements"][0]["elements"][-1]
        assert heading == {"type": "text", "text": "Head", "style": {"bold": True}}


@pytest.mark.parametrize("heading", ["", "Head"])
def test_what_is_urgent_is_bold_under_one_sign_of_warning(heading: str) -> None:
    (block,) = one(Passage(("Ring 999", "Stay"), heading, Tone.URGENT))
    words = made.elements([block], "text")
    assert len(made.elements([block], "emoji")) == 1
    assert block["elements"][0]["elements"][0]["type"] == "emoji"
    assert all(word["style"] == {"bold": True} for word in words if word["text"].strip())


def test_lines_stay_lines() -> None:
    (plain,) = one(Passage(("one", "", "two")))
    (listed,) = one(Passage(("one", "two"), tone=Tone.NUMBERS))
    assert plain["elements"][0]["elements"] == [{"type": "text", "text": "one\n\ntwo"}]
    assert len(listed["elements"][0]["elements"]) == 2


def test_a_long_title_goes_on_below_its_header() -> None:
    blocks = message_of(Card("n", title="word " * 50))["blocks"]
    assert [block["type"] for block in blocks] == ["header", "rich_text"]
    assert made.read(blocks) == "word " * 50


def test_an_empty_card_is_its_notification() -> None:
    assert message_of(Card("Handrail: a reply for you"))["blocks"] == []
    assert faults(case_view(Card("Handrail: a reply for you"), say, OPENED)) == []


@pytest.mark.parametrize(
    ("many", "count", "kind"),
    [
        (True, 10, "checkboxes"),
        (True, 11, "multi_static_select"),
        (False, 10, "radio_buttons"),
        (False, 11, "static_select"),
    ],
)
def test_a_question_of_a_card_is_an_input_with_its_help(many: bool, count: int, kind: str) -> None:
    options = tuple(Option(f"v{n}", f"Answer {n}") for n in range(count))
    block = field_block(Field("place", "Which academy?", options, many, (), "As on the door"))
    assert (block["type"], block["block_id"], block["element"]["type"]) == ("input", "field:place", kind)
    assert (block["label"]["text"], block["hint"]["text"]) == ("Which academy?", "As on the door")
    assert [option["value"] for option in block["element"]["options"]] == [option.value for option in options]


def test_a_hundred_options_are_one_menu_and_more_stand_in_groups() -> None:
    options = tuple(Option(f"academy-{n}", f"Example Academy {n} " + "W" * 50) for n in range(230))
    whole = Card("n", fields=(Field("academy", "Which academy?", options[:100]),))
    assert faults(message_of(whole)) == []
    groups = field_block(Field("academy", "Which academy?", options))["element"]["option_groups"]
    assert [len(group["options"]) for group in groups] == [100, 100, 30]
    assert [option["value"] for group in groups for option in group["options"]] == [option.value for option in options]
    assert all(0 < weight(group["label"]["text"]) <= 75 for group in groups)


def test_buttons_keep_their_style_and_the_footer_stands_below_a_line() -> None:
    go = Press(Action.GO_ON, "c4c7a3b6", 1)
    buttons = tuple(Button(f"Go {style}", go, style) for style in Style)
    blocks = message_of(Card("n", buttons=buttons, footer=(Button("Stop", go),)))["blocks"]
    assert [element.get("style") for element in blocks[0]["elements"]] == ["primary", None, "danger"]
    assert [block["type"] for block in blocks] == ["actions", "divider", "actions"]


@ENOUGH
@given(made.cards)
def test_no_two_things_to_press_have_the_same_id(card: Card) -> None:
    blocks = message_of(card)["blocks"]
    ids = [node["action_id"] for node in made.nodes(blocks) if "action_id" in node]
    assert len(set(ids)) == len(ids)


# --- too large for a message ---


def test_a_message_that_is_too_large_loses_numbers_from_the_end_and_nothing_else() -> None:
    numbers = tuple(Passage((f"A service {n}: " + "0 " * 80,) * 30, f"Group {n}", Tone.NUMBERS) for n in range(30))
    said = Passage(("Say this.",)), Passage(("Do this.",), tone=Tone.DO)
    card = Card("n", "Whom to ring", (*numbers, *said), buttons=(Button("Go", Press(Action.GO_ON, "c4c7a3b6")),))
    message = message_of(card)
    words = made.read(message["blocks"])
    assert 12_000 < letters(message["blocks"]) <= 13_200
    assert faults(message) == []
    assert made.read_of(Card("n", "Whom to ring", numbers[:2])) in words
    assert words.endswith("Say this.Do this.")
    assert words.count("A service 3") == 0 < words.count("A service 2") < 30


# --- a case of any length ---


NARRATIVE = "he said “show me” & laughed <there>, 👍 \n" * 2_500


@pytest.mark.parametrize("text", [NARRATIVE, "x" * 100_000, "&" * 100_000, "👍" * 100_000, "a\n" * 50_000])
def test_a_narrative_of_a_hundred_thousand_letters_is_shown_whole_in_parts(text: str) -> None:
    card = Card("n", "Case 7F3KQW2M9P", tuple(Passage((text, "end"), f"Part {n}", Tone.VERBATIM) for n in range(3)))
    views = case_views(card, say, OPENED)
    assert [fault for view in views for fault in faults(view)] == []
    assert "".join(made.read(view["blocks"]) for view in views) == made.read_of(replace(card, title=""))
    assert len(views) > 1


def test_the_buttons_lead_from_part_to_part_and_back() -> None:
    close = Button("Acknowledge", Press(Action.ACKNOWLEDGE, "7F3KQW2M9P"))
    card = Card("n", "Case 7F3KQW2M9P", (Passage(("x" * 400_000,), tone=Tone.VERBATIM),), buttons=(close,))
    views = case_views(card, say, OPENED)
    assert len(views) == 3
    ways = [[found for act in made.acts(view["blocks"]) if (found := read_press(act))] for view in views]
    assert [[way.page for way in part if way.press == OPENED] for part in ways] == [[1], [0, 2], [1]]
    assert all(part[0].press == close.press for part in ways)
    for number, view in enumerate(views):
        assert case_view(card, say, OPENED, number) == view
    assert case_view(card, say, OPENED, 7) == views[-1]


def test_to_turn_a_part_never_does_again_what_was_pressed() -> None:
    card = Card("n", "Case 7F3KQW2M9P", (Passage(("x" * 200_000,), tone=Tone.VERBATIM),))
    view = case_view(card, say, Press(Action.ADD_NOTE, "7F3KQW2M9P"))
    assert [found.press for act in made.acts(view["blocks"]) if (found := read_press(act))] == [OPENED]


def test_a_case_that_fits_has_no_other_parts() -> None:
    (view,) = case_views(Card("n", "Case 7F3KQW2M9P", (Passage(("one",)),)), say, OPENED)
    assert view["title"]["text"] == "Case 7F3KQW2M9P"
    assert [block["type"] for block in view["blocks"]] == ["rich_text"]


# --- views of ours ---


def test_the_view_that_is_opened_first_says_nothing_of_anybody() -> None:
    view = opening_view(say)
    assert faults(view) == []
    assert made.read(view["blocks"]) == say("slack.opening")
    assert faults(notice_view(say("slack.gone"), say)) == []


@ENOUGH
@given(st.builds(Writing, made.labels, made.texts, made.labels), made.presses)
def test_any_form_is_a_view_that_slack_takes(writing: Writing, press: Press) -> None:
    view = writing_view(writing, press, say)
    assert faults(view) == []
    assert alive(view) == []


# --- every card that the real bot sends ---


def longest(text: str) -> str:
    """The trust's file with every name and sentence as long as it may be."""
    lengths = {"[[contacts]]": 160, "[[academies]]": 75, "[[authorities]]": 75, "[[people]]": 75, "[trust]": 75}
    table, lines = "", []
    for line in text.splitlines():
        table = line.strip() if line.startswith("[") else table
        lines.append(_padded(line, lengths.get(table, 75)))
    return "\n".join(lines) + "\n"


def _padded(line: str, most: int) -> str:
    found = re.match(r'(name|what_for|advice) = "([^"]*)"', line)
    if not found:
        return line
    return f'{found[1]} = "{(found[2] + " and W’" * 60)[: 200 if found[1] == "advice" else most]}"'


class Walk:
    """Somebody who presses, picks and writes at random on whatever stands on anybody's screen."""

    def __init__(self, here: School, seed: int) -> None:
        self.here, self.chance = here, random.Random(seed)
        self.seen: list[Card] = []
        self.opened: list[tuple[Press, Card]] = []

    async def goes(self, steps: int) -> None:
        await self.here.says("A girl in my form has just told me a picture of her is going round")
        for _ in range(steps):
            await self._step()
            self.seen += [card for _, card in standing(self.here)]

    async def _step(self) -> None:
        way = self.chance.random()
        if way < 0.15:
            await self.here.says(self.chance.choice((*made.HOSTILE, "no", "yes", "13", "what happens next?", "stop")))
        elif way < 0.2:
            await self.here.passes(minutes=self.chance.choice((3, 15, 40)))
        elif newest := list(self._buttons())[-12:]:
            await self._presses(*self.chance.choice(newest))

    async def _presses(self, who: str, press: Press) -> None:
        shown = await self.here.hears(self.here.incoming(who, press=press))
        if shown and press.action in OPENS:
            self.opened.append((press, shown))
        elif shown:
            self.seen.append(shown)

    def _buttons(self) -> Iterator[tuple[str, Press]]:
        for place, card in standing(self.here):
            who = self._reader(place)
            picks = {field.step: (self.chance.choice(field.options).value,) for field in card.fields}
            for button in (*card.buttons, *card.footer):
                yield who, replace(button.press, answers={**picks, **button.press.answers})

    def _reader(self, place: str) -> str:
        id = place.split(":", 2)[2]
        channel = self.here.page.channels.get(id)
        return self.chance.choice(channel.members) if channel else id


@pytest.mark.parametrize("seed", range(4))
async def test_every_card_that_the_bot_sends_is_taken_whole(tmp_path: Path, seed: int) -> None:
    trust = tmp_path / "trust.toml"
    trust.write_text(longest(composition.EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    constant = _notifications()
    with school(tmp_path, trust=trust) as here:
        restart(here)
        walk = Walk(here, seed)
        await walk.goes(70)
    unlike = {repr(card): card for card in walk.seen}
    assert len(unlike) > 30
    for card in unlike.values():
        check_message(card)
        assert constant.fullmatch(card.notification)
    for press, card in walk.opened:
        check_case(press, card)


async def test_the_whole_way_of_a_case_is_taken_whole(here: School) -> None:
    await here.tells_the_essentials()
    shown = await here.presses("Open case", "dsl-north")
    assert shown
    check_case(OPENED, shown)
    for _, card in standing(here):
        check_message(card)


def check_message(card: Card) -> None:
    message = message_of(card)
    assert faults(message) == []
    assert alive(message) == []
    assert made.unturned(made.read(message["blocks"])) == made.unturned(made.read_of(card))
    presses = [found.press for act in made.acts(message["blocks"]) if (found := read_press(act))]
    assert sorted(map(repr, presses)) == sorted(repr(button.press) for button in (*card.buttons, *card.footer))


def check_case(press: Press, card: Card) -> None:
    views = case_views(card, say, press)
    assert [fault for view in views for fault in (*faults(view), *alive(view))] == []
    title = "" if views[0]["title"]["text"] == card.title else card.title
    said = "".join(made.read(view["blocks"]) for view in views)
    assert made.unturned(said) == made.unturned(made.read_of(replace(card, title=title)))


def _notifications() -> re.Pattern[str]:
    """What may appear on a lock screen: our own sentences, with a reference, or a role and a time, at most (T47)."""
    neutral = ("reply", "case", "case_update", "blind", "blind_over", "alarm", "question")
    left = ("post.moved", "post.acknowledged", "asking.superseded")
    sentences = (say(key) for key in (*(f"notification.{name}" for name in neutral), *left))
    return re.compile("|".join(re.sub(r"\\{\w+\\}", r"[\\w ’:()-]{1,60}", re.escape(each)) for each in sentences))


def test_a_card_that_lost_a_line_would_be_seen() -> None:
    card = Card("n", "Title", (Passage(("one", "two")), Passage(("three",), tone=Tone.QUIET)))
    blocks = message_of(card)["blocks"]
    assert made.read(blocks) == made.read_of(card)
    for at in range(len(blocks)):
        assert made.read(blocks[:at] + blocks[at + 1 :]) != made.read_of(card)
        assert made.read([*blocks, copy.deepcopy(blocks[at])]) != made.read_of(card)


def test_what_is_made_is_the_same_each_time_and_is_json() -> None:
    card = Card("n", "T", (Passage(("\ud800",)),), buttons=(Button("Go", Press(Action.GO_ON, "c4c7a3b6")),))
    assert (
        json.dumps(message_of(card), ensure_ascii=False).encode()
        == json.dumps(message_of(card), ensure_ascii=False).encode()
    )
