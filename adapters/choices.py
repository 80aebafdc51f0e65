"""A card as lines of text, with every choice numbered. What was typed must never be read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.web.render import pressable
from bot.message import Action, Button, Card, Field, Option, Passage, Press, Style, Tone

MARKS = {Tone.URGENT: "! ", Tone.DO: "+ DO: ", Tone.DONT: "x DO NOT: ", Tone.NUMBERS: "* ", Tone.VERBATIM: "| "}
STYLES = {Tone.URGENT: "bold red", Tone.QUIET: "dim"}


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button, or an option of a field, on one message."""

    message: str
    button: Button | None = None
    field: Field | None = None
    option: Option | None = None

    @property
    def label(self) -> str:
        named = self.button or self.option
        return named.label if named else ""


Numbered = Mapping[int, Choice]


class Choices:
    """Every choice that can be picked now. A number is given out once and never again, so that a card which comes
    while somebody types cannot change what they pick."""

    def __init__(self) -> None:
        self._open: dict[int, Choice] = {}
        self._picked: dict[str, dict[str, tuple[str, ...]]] = {}
        self._last = 0

    def offer(self, message: str, card: Card) -> Numbered:
        """Number what can be picked; not "Write it privately", for a line typed here is as private (T59)."""
        options = [Choice(message, None, field, option) for field in card.fields for option in field.options]
        buttons = [Choice(message, button) for button in (*pressable(card.buttons), *card.footer)]
        numbered = dict(enumerate((*options, *buttons), self._last + 1))
        self._last += len(numbered)
        self._open.update(numbered)
        return numbered

    def get(self, number: int) -> Choice | None:
        return self._open.get(number)

    def forget(self, message: str) -> None:
        self._open = {number: choice for number, choice in self._open.items() if choice.message != message}
        self._picked.pop(message, None)

    def take(self, choice: Choice) -> Press | None:
        """The press of a button with all that was picked on its card; None when an option was only picked."""
        picked = self._picked.setdefault(choice.message, {})
        if choice.button:
            press = choice.button.press
            return replace(press, answers={**picked, **press.answers})
        if choice.field and choice.option:
            picked[choice.field.step] = _with(choice.field, picked.get(choice.field.step, ()), choice.option.value)
        return None

    def last_of(self, action: Action) -> Press | None:
        presses = [choice.button.press for choice in self._open.values() if choice.button]
        return next((press for press in reversed(presses) if press.action is action), None)


def _with(field: Field, picked: tuple[str, ...], value: str) -> tuple[str, ...]:
    """What stands picked after one more: an exclusive value stands alone."""
    if not field.many or value in field.exclusive:
        return (value,)
    return tuple(dict.fromkeys((*(each for each in picked if each not in field.exclusive), value)))


def page_lines(where: str, card: Card, numbered: Numbered, settled: bool) -> Sequence[Line]:
    """A card as it stands on the terminal; an answered one in a single line."""
    if settled:
        said = " ".join(line for passage in card.passages for line in passage.lines)
        return [Line(f"-- {card.title}: {said}", "dim")]
    lines = [Line(""), Line(f"== {where} =="), Line(card.title, "bold")]
    for passage in card.passages:
        lines += _passage_lines(passage)
    for field in card.fields:
        options = {number: choice for number, choice in numbered.items() if choice.field is field}
        lines += [Line(field.ask + (" (pick any)" if field.many else ""), "bold")]
        lines += [Line(field.help)] if field.help else []
        lines += _option_lines(options)
    return [*lines, *_button_lines(card, numbered)]


def _passage_lines(passage: Passage) -> list[Line]:
    mark, style = MARKS.get(passage.tone, ""), STYLES.get(passage.tone, "")
    heading = [Line(passage.heading, style or "bold")] if passage.heading else []
    return heading + [Line(mark + line, style) for line in passage.lines]


def _option_lines(options: Numbered) -> list[Line]:
    return [Line(f"  [{number}] {choice.label}") for number, choice in options.items()]


def _button_lines(card: Card, numbered: Numbered) -> list[Line]:
    buttons = {number: choice for number, choice in numbered.items() if choice.button in card.buttons}
    footer = [f"[{number}] {choice.label}" for number, choice in numbered.items() if choice.button in card.footer]
    lines = [Line(f"  [{number}] {choice.label}", _button_style(choice)) for number, choice in buttons.items()]
    return lines + ([Line("  " + "  ".join(footer), "dim")] if footer else [])


def _button_style(choice: Choice) -> str:
    return "bold" if choice.button and choice.button.style is Style.PRIMARY else ""


def literal(text: str) -> str:
    """The text with every character a terminal would act on made visible."""
    return "".join(each if each.isprintable() or each in "\n\t\u00a0" else _visible(each) for each in text)


def _visible(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
