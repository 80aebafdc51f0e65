"""Cards as JSON for the page. Markup must never be made here: every line stays the text it was."""

from __future__ import annotations

from typing import Any

from bot.message import Button, Card, Field, Passage, Press

Json = dict[str, Any]


def card_json(card: Card) -> Json:
    return {
        "notification": card.notification,
        "title": card.title,
        "passages": [_passage(passage) for passage in card.passages],
        "fields": [_field(field) for field in card.fields],
        "buttons": [_button(button) for button in card.buttons],
        "footer": [_button(button) for button in card.footer],
        "typed": card.typed,
    }


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
    return {"label": button.label, "style": button.style, "press": press_json(button.press)}


def press_json(press: Press) -> Json:
    answers = {step: list(values) for step, values in press.answers.items()}
    return {"action": press.action, "subject": press.subject, "revision": press.revision, "answers": answers}
