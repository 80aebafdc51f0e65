"""What a button, a radio button or a menu carries to Slack, and what comes back of it when it is pressed.

Nothing is remembered between the two: all that a press needs stands in the value itself. What is not exactly of ours
is no press (T20); an exception must never come of it, and whether it still counts is for the bot to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from adapters.pressed import LONGEST_PICK, Id, Pressed, Read, Value, compact, packed, unpacked
from adapters.slack.blocks import FIELD, NAME, trimmed
from bot.message import OPENS, Action, Button, Press, Writing

PRESS, OPEN, WRITE = "press:", "open:", "write:"
"""How the `action_id` of everything that is pressed begins: an ordinary press, one that opens a private view and one
that opens a form.
"""
LONGEST_VALUE, LONGEST_OPTION, LONGEST_ID = 2000, LONGEST_PICK, 255
_LONGEST_ASK = 500


class _Choice(Read):
    """The id of radio buttons or a menu: the answer that is picked stands in the option."""

    subject: str = Field(max_length=200)
    revision: int = Field(ge=0, le=2**53)
    step: Id


class _Sent(BaseModel):
    """What Slack sends, of which only the parts named here are looked at."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Option(_Sent):
    value: str = Field(max_length=LONGEST_OPTION)


class _Picked(_Sent):
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = Field(default=None, max_length=1000)


class _ButtonSent(_Sent):
    type: Literal["button"]
    value: str = Field(max_length=LONGEST_VALUE)


class _ChoiceSent(_Sent):
    type: Literal["radio_buttons", "static_select"]
    action_id: str = Field(max_length=LONGEST_ID, pattern=f"^{PRESS}")
    selected_option: _Option


class _State(_Sent):
    values: dict[str, dict[str, _Picked]] = {}


_SENT: TypeAdapter[_ButtonSent | _ChoiceSent] = TypeAdapter(
    Annotated[_ButtonSent | _ChoiceSent, Field(discriminator="type")]
)
_VALUES: TypeAdapter[tuple[Value, ...]] = TypeAdapter(tuple[Value, ...], config=ConfigDict(strict=True))


# --- out ---


def button_value(button: Button, page: int = 0) -> str:
    """The press, and the form that goes before it, as the button carries them."""
    it = button.writes
    form = Writing(trimmed(it.title, NAME), trimmed(it.ask, _LONGEST_ASK), trimmed(it.send, NAME)) if it else None
    return packed(button.press, form, page)


def button_id(button: Button, number: int) -> str:
    """Where the press leads, and the button's number on its card."""
    opens = OPEN if button.press.action in OPENS else PRESS
    return f"{WRITE if button.writes else opens}{number}"


def choice_id(press: Press, step: str) -> str:
    """What all answers to one question have in common."""
    return PRESS + compact({"subject": press.subject, "revision": press.revision, "step": step})


def choice_value(values: Sequence[str]) -> str:
    return compact(list(values))


# --- back ---


def read_press(action: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> Pressed | None:
    """What was pressed: `action` is one of `actions` and `state` the `state` beside it (of the message or the view).

    What is picked in the card's own fields goes with the press. None for anything that is not exactly a press of ours.
    """
    try:
        sent = _SENT.validate_python(action)
        pressed = unpacked(sent.value) if isinstance(sent, _ButtonSent) else _of_choice(sent)
        picks = _picks(_State.model_validate(state or {}))
    except ValueError:
        return None
    it = pressed.press
    return Pressed(Press(it.action, it.subject, it.revision, {**picks, **it.answers}), pressed.writes, pressed.page)


def read_value(value: str) -> Press | None:
    """The press in a button's value or in the private part of a form, or None."""
    try:
        return unpacked(value).press
    except ValueError:
        return None


def _of_choice(sent: _ChoiceSent) -> Pressed:
    kept = _Choice.model_validate_json(sent.action_id.removeprefix(PRESS))
    values = _VALUES.validate_json(sent.selected_option.value)
    return Pressed(Press(Action.ANSWER, kept.subject, kept.revision, {kept.step: values}))


def _picks(state: _State) -> dict[str, tuple[str, ...]]:
    """By step, what is picked in the fields of the card. A field with nothing picked is left out."""
    found = {}
    for block, elements in state.values.items():
        picked = [option.value for element in elements.values() for option in _options(element)]
        if block.startswith(FIELD) and picked:
            found[block.removeprefix(FIELD)] = tuple(picked)
    return found


def _options(element: _Picked) -> Sequence[_Option]:
    return element.selected_options or ([element.selected_option] if element.selected_option else [])
