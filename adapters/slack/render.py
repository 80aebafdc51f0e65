"""Cards as Slack's messages and App Home. The notification is the only `text` that a message has (T47).

Nothing may be cut silently. A card that a message cannot hold loses lines of its last list of numbers, from its end,
and nothing else; no card of ours is that large (tests/test_slack_blocks.py), and a case goes to a view, in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from adapters.slack import presses
from adapters.slack.blocks import (
    BUTTON,
    IN_GROUP,
    IN_ROW,
    OPTION,
    Json,
    choice,
    field_block,
    passage_blocks,
    plain,
    title_blocks,
    trimmed,
    weight,
)
from bot.message import Action, Button, Card, Option, Passage, Style, Tone

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_LETTERS, HOME_LETTERS = 13_200, 40_000
SHORT = 30
"""Slack cuts the text of a button at about this many letters."""

_Numbered = tuple[int, Button]


def message_of(card: Card) -> Json:
    """All of a message but where it goes: for `chat.postMessage`, `chat.update` and `chat.postEphemeral`."""
    return {
        "text": card.notification,
        "blocks": _fitting(card, MESSAGE_BLOCKS, MESSAGE_LETTERS),
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def home_view(card: Card) -> Json:
    """The App Home of one person, its buttons above the lists: nobody is to look for them below."""
    blocks = _fitting(card, VIEW_BLOCKS, HOME_LETTERS)
    pressed = control_blocks(card)
    above = len(content_blocks(replace(card, passages=_opening(card))))
    read = blocks[: len(blocks) - len(pressed)]
    return {"type": "home", "blocks": [*read[:above], *pressed, *read[above:]]}


def _opening(card: Card) -> tuple[Passage, ...]:
    """What comes before the first heading."""
    return tuple(takewhile(lambda passage: not passage.heading, card.passages))


# --- the whole of it ---


def _fitting(card: Card, most_blocks: int, most_letters: int) -> list[Json]:
    while True:
        blocks = [*content_blocks(card), *map(field_block, card.fields), *control_blocks(card)]
        if len(blocks) <= most_blocks and _letters(card) <= most_letters:
            return blocks
        shorter = _shorter(card)
        if shorter == card:
            return blocks
        card = shorter


def content_blocks(card: Card) -> list[Json]:
    """What is read on a card."""
    return [*title_blocks(card.title), *(block for passage in card.passages for block in passage_blocks(passage))]


def _letters(card: Card) -> int:
    read = [card.title, *(line for passage in card.passages for line in (passage.heading, *passage.lines))]
    asked = [text for field in card.fields for text in (field.ask, field.help, *(o.label for o in field.options))]
    return weight("".join((*read, *asked, *(button.label for button in (*card.buttons, *card.footer)))))


def _shorter(card: Card) -> Card:
    """Without the last number of the last list of them; the same card when it has none."""
    at = next((i for i in reversed(range(len(card.passages))) if card.passages[i].tone is Tone.NUMBERS), None)
    if at is None:
        return card
    numbers = card.passages[at]
    left: tuple[Passage, ...] = (replace(numbers, lines=numbers.lines[:-1]),) if len(numbers.lines) > 1 else ()
    return replace(card, passages=(*card.passages[:at], *left, *card.passages[at + 1 :]))


# --- what is pressed ---


def control_blocks(card: Card) -> list[Json]:
    """The answers and buttons of a card, and its footer below a line. No two of them have the same `action_id`."""
    numbered = tuple(enumerate((*card.buttons, *card.footer)))
    buttons, footer = numbered[: len(card.buttons)], numbered[len(card.buttons) :]
    answers = [] if card.fields else _picked_as_one(buttons)
    one = [_choice_block(answers)] if answers else []
    rest = [button for button in buttons if button not in answers]
    below = [{"type": "divider"}, *rows(footer)] if footer else []
    return [*one, *rows(rest), *below]


def rows(buttons: Sequence[_Numbered]) -> list[Json]:
    elements = [_button(button, number) for number, button in buttons]
    return [actions(elements[start : start + IN_ROW]) for start in range(0, len(elements), IN_ROW)]


def actions(elements: list[Json]) -> Json:
    return {"type": "actions", "elements": elements}


def _button(button: Button, number: int) -> Json:
    value, id = presses.button_value(button), presses.button_id(button, number)
    style: Json = {} if button.style is Style.PLAIN else {"style": button.style.value}
    return {"type": "button", "text": plain(trimmed(button.label, BUTTON)), "action_id": id, "value": value, **style}


def _picked_as_one(buttons: Sequence[_Numbered]) -> list[_Numbered]:
    """The answers that must stand as radio buttons, for one of them is longer than a button shows; otherwise none."""
    answers = [(number, button) for number, button in buttons if _is_answer(button)]
    if len(answers) < 2 or all(weight(button.label) <= SHORT for _, button in answers):
        return []
    return answers if _fits_a_choice([button for _, button in answers]) else []


def _is_answer(button: Button) -> bool:
    return button.press.action is Action.ANSWER and len(button.press.answers) == 1 and not button.writes


def _fits_a_choice(answers: Sequence[Button]) -> bool:
    """One question, one card, and room in Slack's ids and values."""
    ids = {_choice_id(answer) for answer in answers}
    values = [option.value for option in map(_as_option, answers)]
    return (
        len(ids) == 1
        and len(ids.pop()) <= presses.LONGEST_ID
        and len(set(values)) == len(values) <= IN_GROUP
        and max(map(len, values)) <= presses.LONGEST_OPTION
        and max(weight(answer.label) for answer in answers) <= OPTION
    )


def _choice_block(answers: Sequence[_Numbered]) -> Json:
    return actions([choice(_choice_id(answers[0][1]), [_as_option(button) for _, button in answers])])


def _choice_id(answer: Button) -> str:
    return presses.choice_id(answer.press, next(iter(answer.press.answers)))


def _as_option(answer: Button) -> Option:
    return Option(presses.choice_value(next(iter(answer.press.answers.values()))), answer.label)
