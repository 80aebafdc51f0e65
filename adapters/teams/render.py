"""Cards as Teams' Adaptive Cards (version 1.5). The notification is the first text that a card has, and the only one
beside it (T47).

Nothing may be cut silently. A card that Teams would not take loses lines of its last list of numbers, from its end, and
nothing else that anybody reads; no card of ours is that large (tests/test_teams_cards.py), and a case goes to a dialog,
in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from adapters.teams.answers import CARD
from adapters.teams.elements import (
    box,
    field_elements,
    joined,
    notification_line,
    passage_elements,
    small_print,
    title_elements,
    trimmed,
    weight,
)
from adapters.teams.presses import DIALOG, TAKES_ALONG, press_data
from adapters.teams.us import Json
from adapters.text import shown
from bot.message import OPENS, Action, Button, Card, Passage, Style, Tone

MOST = 25 * 1024
"""Bytes of a card (`adapters.teams.elements.weight`)."""
VERB = "press"
"""Of every `Action.Execute`: what it does stands in its data."""

_LABEL, _CUT = 200, 34
"""Letters of a button, and from how many on a client may cut them to its own width."""
_IN_ROW, _SHORT = 3, 12
"""Buttons side by side, and their letters at most."""

Make = Callable[[Button], Json]


def activity_of(card: Card) -> Json:
    """All of a message but where it goes."""
    attachment = {"contentType": CARD, "content": card_json(card)}
    return {"type": "message", "summary": shown(card.notification), "attachments": [attachment]}


def card_json(card: Card) -> Json:
    """The card. One that is too large is first made without what only clients of years ago need."""
    made = _made(card, _action)
    if weight(made) > MOST:
        made = _made(card, _bare)
    while weight(made) > MOST and (shorter := _shorter(card)) != card:
        card = shorter
        made = _made(card, _bare)
    return made


def adaptive(body: list[Json]) -> Json:
    return {"type": "AdaptiveCard", "version": "1.5", "body": body}


def _made(card: Card, make: Make) -> Json:
    asked = [element for field in card.fields for element in field_elements(field)]
    boxed = _boxed(card)
    pressed = _with_box(card.buttons, boxed, make)
    below = rows(card.footer, lambda button: _beside(button, boxed, make))
    if below:
        below[0] = {**below[0], "separator": True, "spacing": "large"}
    return adaptive([notification_line(card.notification), *joined(content(card)), *asked, *pressed, *below])


def content(card: Card) -> list[Json]:
    """What is read on a card."""
    return [*title_elements(card.title), *(part for passage in card.passages for part in passage_elements(passage))]


def _shorter(card: Card) -> Card:
    """Without the last number of the last list of them; the same card when it has none."""
    at = next((i for i in reversed(range(len(card.passages))) if card.passages[i].tone is Tone.NUMBERS), None)
    if at is None:
        return card
    numbers = card.passages[at]
    left: tuple[Passage, ...] = (replace(numbers, lines=numbers.lines[:-1]),) if len(numbers.lines) > 1 else ()
    return replace(card, passages=(*card.passages[:at], *left, *card.passages[at + 1 :]))


# --- what is pressed ---


def _with_box(buttons: Sequence[Button], boxed: Button | None, make: Make) -> list[Json]:
    """Every button in a row of its own, where it has the most room for what it says; the one that sends what is written
    stands below its box.
    """
    found: list[Json] = []
    for button in buttons:
        if button is boxed and button.writes:
            send = replace(button, label=button.writes.send, style=Style.PRIMARY, writes=None)
            found += [box(button.label), *_hint(button.writes.hint), _row([make(send)])]
        else:
            found += _alone(button, _beside(button, boxed, make))
    return found


def _hint(hint: str) -> list[Json]:
    return [small_print(hint)] if hint else []


def _boxed(card: Card) -> Button | None:
    """The first button that sends what is written on the card."""
    return next((button for button in card.buttons if button.press.action is Action.WRITE and button.writes), None)


def _beside(button: Button, boxed: Button | None, make: Make) -> Json:
    """A button beside the box. What is pressed away takes along what was begun there, so that none of it is lost."""
    made = make(button)
    return wordless(made) if boxed and button.press.action not in TAKES_ALONG else made


def _alone(button: Button, action: Json) -> list[Json]:
    """A row of its own. What a client may cut stands whole below it."""
    whole = [small_print(button.label)] if len(button.label) > _CUT else []
    return [_row([action]), *whole]


def rows(buttons: Sequence[Button], make: Make) -> list[Json]:
    """Short buttons side by side, the rows as even as they come; a longer one stands alone."""
    if any(len(button.label) > _SHORT for button in buttons):
        return [element for button in buttons for element in _alone(button, make(button))]
    count = -(-len(buttons) // _IN_ROW)
    starts = [round(number * len(buttons) / count) for number in range(count + 1)] if count else [0]
    return [_row(map(make, buttons[a:b])) for a, b in pairwise(starts)]


def _row(actions: Iterable[Json]) -> Json:
    return {"type": "ActionSet", "spacing": "small", "actions": list(actions)}


def _action(button: Button) -> Json:
    """`Action.Execute`, with `Action.Submit` for clients that do not know it; what opens a dialog is a Submit."""
    made = _bare(button)
    if made["type"] == "Action.Submit":
        return made
    return {**made, "fallback": {"type": "Action.Submit", "title": made["title"], "data": made["data"]}}


def _bare(button: Button) -> Json:
    opens = button.press.action in OPENS or button.writes
    made = submit(button) if opens else {**submit(button), "type": "Action.Execute", "verb": VERB}
    return {**made, "data": {**made["data"], **DIALOG}} if opens else made


def submit(button: Button, page: int = 0) -> Json:
    """A button as it stands in a dialog."""
    label = trimmed(button.label, _LABEL)
    style: Json = {Style.PRIMARY: {"style": "positive"}, Style.DANGER: {"style": "destructive"}}.get(button.style, {})
    return {"type": "Action.Submit", "title": label, "data": press_data(button, page), **style}


def wordless(action: Json) -> Json:
    """It leaves what stands in the box where it is."""
    old: Json = {"fallback": wordless(action["fallback"])} if "fallback" in action else {}
    return {**action, "associatedInputs": "none", **old}
