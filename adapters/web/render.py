"""Cards as JSON for the page. Markup must never be made here: every line stays the text it was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.message import Action, Button, Card, Field, Passage, Press, Writing

Json = dict[str, Any]


def card_json(card: Card) -> Json:
    return {
        "notification": card.notification,
        "title": card.title,
        "passages": [_passage(passage) for passage in card.passages],
        "fields": [_field(field) for field in card.fields],
        "buttons": [_button(button) for button in pressable(card.buttons)],
        "footer": [_button(button) for button in card.footer],
        "typed": card.typed,
    }


def pressable(buttons: Iterable[Button]) -> tuple[Button, ...]:
    """Without "Write it privately": in practice the box below the messages is as private as a form (T59)."""
    return tuple(button for button in buttons if button.press.action is not Action.WRITE)


def _passage(passage: Passage) -> Json:
    return {"tone": passage.tone, "heading": passage.heading, "lines": list(passage.lines)}


def _field(field: Field) -> Json:
    return {
        "step": field.step,
        "ask": field.ask,
        "help": field.help,
        "options": [{"value": option.value, "label": option.label} for option in field.options],
        "many": field.many,
        "exclusive": list(field.exclusive),
    }


def _button(button: Button) -> Json:
    shown = {"label": button.label, "style": button.style, "press": press_json(button.press)}
    return {**shown, "writes": _writing(button.writes) if button.writes else None}


def _writing(form: Writing) -> Json:
    return {"title": form.title, "ask": form.ask, "send": form.send}


def press_json(press: Press) -> Json:
    answers = {step: list(values) for step, values in press.answers.items()}
    return {"action": press.action, "subject": press.subject, "revision": press.revision, "answers": answers}
