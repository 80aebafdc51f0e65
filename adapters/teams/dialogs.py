"""Dialogs: the case in one, and the form for what is not to stand in any message history.

What a dialog shows may be everything about a case, so it is made only from a card that was given to this person for
this press. Its title says nothing but the case's reference, or what the form is for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.teams.answers import CARD
from adapters.teams.elements import box, grouped, joined, notification_line, passage_elements, said, trimmed, weight
from adapters.teams.presses import form_data
from adapters.teams.render import MOST, adaptive, content, rows, submit, wordless
from adapters.teams.us import Json
from bot.message import OPENS, Action, Button, Card, Passage, Press, Tone, Writing

Say = Callable[[str], str]

NAME = 64
"""Letters of a dialog's title."""
_OURS = "Handrail"
_LEAST = 7000
"""Bytes of a part that are for reading, whatever stands on its buttons."""
_MUCH = 12
"""Elements of a part that are more than one looks at together."""


def notice_dialog(sentence: str) -> Json:
    """One sentence of ours."""
    return _dialog(_OURS, [said(sentence)], "small")


# --- a case ---


def case_dialog(card: Card, say: Say, opened: Press, page: int = 0, nonce: str = "") -> Json:
    """One part of what `opened` is answered with; a part that is not there any more becomes the last (T28).

    `nonce` is the form's that stands in it, where something is to be answered.
    """
    parts = case_dialogs(card, say, opened, nonce)
    return parts[min(page, len(parts) - 1)]


def case_dialogs(card: Card, say: Say, opened: Press, nonce: str = "") -> list[Json]:
    """The card in as many parts as the size of a card asks for. Every part has all of its buttons: first, where there
    is much to read, so that nobody has to look for them below it.

    The buttons between the parts repeat `opened`, the press that is answered. One that does more than open is not done
    again: then they open the case. The card has no fields.
    """
    named = _is_its_name(card, opened)
    read = content(Card(card.notification, "" if named else card.title, card.passages))
    pressed = _answer(card, say, nonce) if _is_asked(card, opened) else rows((*card.buttons, *card.footer), submit)
    room = MOST - weight(adaptive([*pressed, *_turns(say, opened, 1, 3)]))
    parts = list(grouped(read or [notification_line(card.notification)], max(room, _LEAST)))
    title = card.title if named else _OURS
    return [
        _dialog(
            _of_parts(title, number, len(parts)),
            [*_together(part, pressed), *_turns(say, opened, number, len(parts))],
            "large",
        )
        for number, part in enumerate(parts)
    ]


def _is_asked(card: Card, opened: Press) -> bool:
    """Whether it is a lead's question: its answer is written below it, where it can still be read."""
    return opened.action is Action.READ_QUESTION and len(card.buttons) == 1 and card.buttons[0].writes is not None


def _answer(card: Card, say: Say, nonce: str) -> list[Json]:
    (button,) = card.buttons
    return _written(button.writes, button.press, say, nonce) if button.writes else []


def _of_parts(title: str, number: int, count: int) -> str:
    return f"{title} ({number + 1}/{count})" if count > 1 else title


def _is_its_name(card: Card, opened: Press) -> bool:
    """Whether the card's title is the name of the case that was opened: that, and nothing else, may be a title."""
    return bool(opened.subject) and opened.subject in card.title and len(card.title) <= NAME


def _together(read: list[Json], pressed: list[Json]) -> list[Json]:
    whole = joined(read)
    return [*pressed, *whole] if len(read) > _MUCH else [*whole, *pressed]


def _turns(say: Say, opened: Press, number: int, count: int) -> list[Json]:
    """To the parts before and after this one, also when nothing stands yet in the box of a question."""
    opened = opened if opened.action in OPENS else Press(Action.OPEN_CASE, opened.subject)
    ways = (("teams.earlier_part", number - 1), ("teams.next_part", number + 1))
    turns = [wordless(submit(Button(say(key), opened), to)) for key, to in ways if 0 <= to < count]
    return [{"type": "ActionSet", "separator": True, "spacing": "large", "actions": turns}] if turns else []


# --- the form ---


def form_dialog(writing: Writing, press: Press, say: Say, nonce: str, words: str = "") -> Json:
    """The form that a button opens. It holds its press, so that what is written finds its way by itself, and `nonce`,
    so that it has one effect however often it comes.

    With `words` it is the form once more, because they could not be kept: it says so, and they still stand in it.
    """
    lost = joined(passage_elements(Passage((say("teams.not_saved"),), tone=Tone.URGENT))) if words else []
    return _dialog(writing.title, [*lost, *_written(writing, press, say, nonce, words)], "medium")


def _written(writing: Writing, press: Press, say: Say, nonce: str, words: str = "") -> list[Json]:
    """The lines, which must hold something, and the button that sends them."""
    lines = {**box(writing.ask, _sendable(words)), "isRequired": True, "errorMessage": say("teams.write_first")}
    send: Json = {"type": "Action.Submit", "title": trimmed(writing.send, NAME), "style": "positive"}
    return [lines, {"type": "ActionSet", "actions": [{**send, "data": form_data(press, writing, nonce)}]}]


def _sendable(words: str) -> str:
    """Without the halves of signs that no message can carry."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _dialog(title: str, body: Sequence[Json], size: str) -> Json:
    content = {"contentType": CARD, "content": adaptive(list(body))}
    return {"title": trimmed(title, NAME) or _OURS, "height": size, "width": size, "card": content}
