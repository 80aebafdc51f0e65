"""What a button carries to Teams, and what comes back of it when it is pressed.

Nothing is remembered between the two: all that a press needs stands in the data itself. The data has the same shape
whichever way it comes: `Action.Execute`, `Action.Submit` as a message, or from a dialog. What is not exactly of ours is
no press (T20); an exception must never come of it, and whether it still counts is for the bot to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, TypeAdapter

from adapters.pressed import Id, Pressed, Value, packed, unpacked
from adapters.teams.us import Json
from adapters.text import shown
from bot.message import Action, Button, Press, Writing

HANDRAIL, WORDS, NONCE, FIELD = "handrail", "words", "nonce", "field:"
"""The names in the data of every action: the press, what was written, the form it was written in, what was picked."""

DIALOG: Json = {"msteams": {"type": "task/fetch"}}
"""Beside the press: Teams is to ask for a dialog."""

TAKES_ALONG = frozenset({Action.ANSWER, Action.SEND_NOW, Action.BACK, Action.CONTACTS, Action.STOP})
"""Presses that another card follows: what was begun in the box of the card comes with them, for it would be gone."""

_LONGEST_PRESS, _LONGEST_NONCE, _MOST_PICKS = 8000, 200, 1000


@dataclass(frozen=True, slots=True)
class Sent:
    """One press with what came along: `words` only where the press was the one that sends them, and `nonce` the form
    they were written in, the same however often Teams brings it. `draft` was begun in the box beside another press.
    """

    pressed: Pressed
    words: str = field(default="", repr=False)
    nonce: str = ""
    draft: str = field(default="", repr=False)


class _Data(BaseModel):
    """What Teams sends, of which only the parts named here are looked at."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    handrail: str = Field(max_length=_LONGEST_PRESS)
    words: InstanceOf[str] = Field(default="", repr=False)  # pydantic's own str refuses a lone surrogate
    nonce: str = Field(default="", max_length=_LONGEST_NONCE)


_PICKS: TypeAdapter[dict[str, tuple[str, ...]]] = TypeAdapter(
    dict[Id, Annotated[tuple[Value, ...], Field(max_length=_MOST_PICKS)]], config=ConfigDict(strict=True)
)


# --- out ---


def press_data(button: Button, page: int = 0) -> Json:
    """The press, and the form that goes before it, as the button carries them."""
    return {HANDRAIL: packed(button.press, _as_shown(button.writes), page)}


def form_data(press: Press, writing: Writing, nonce: str) -> Json:
    """The press of a form: it goes out with the words, once. With the form itself, which comes again with the words in
    it when they could not be kept.
    """
    return {HANDRAIL: packed(press, _as_shown(writing)), NONCE: nonce}


def _as_shown(form: Writing | None) -> Writing | None:
    return Writing(shown(form.title), shown(form.ask), shown(form.send)) if form else None


def picked(value: str) -> str:
    """An option's value as it stands on a card: Teams joins several by commas."""
    return value.replace("%", "%25").replace(",", "%2C")


# --- back ---


def read_press(data: object) -> Sent | None:
    """What was pressed, with the picks of the card's own fields. None for anything that is not exactly one of ours."""
    if not isinstance(data, Mapping):
        return None
    try:
        sent = _Data.model_validate(dict(data))
        pressed = unpacked(sent.handrail)
        picks = _picks(data)
    except ValueError:
        return None
    it = pressed.press
    press = Press(it.action, it.subject, it.revision, {**picks, **it.answers})
    words = sent.words if sent.nonce or it.action is Action.WRITE else ""
    draft = sent.words if not words and it.action in TAKES_ALONG else ""
    return Sent(Pressed(press, pressed.writes, pressed.page), words, sent.nonce, draft)


def _picks(data: Mapping[Any, Any]) -> Mapping[str, tuple[str, ...]]:
    """By step, what is picked in the fields of the card. A field with nothing picked is left out."""
    fields = {key: value for key, value in data.items() if isinstance(key, str) and key.startswith(FIELD)}
    read = {key.removeprefix(FIELD): _values(value) for key, value in fields.items()}
    return {step: values for step, values in _PICKS.validate_python(read).items() if values}


def _values(joined: object) -> tuple[str, ...]:
    """The values that were joined. Raises ValueError for what is no text."""
    if not isinstance(joined, str):
        raise ValueError("no text")
    return tuple(value.replace("%2C", ",").replace("%25", "%") for value in joined.split(",") if value)
