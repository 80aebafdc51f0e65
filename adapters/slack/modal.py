"""Private views: the neutral one that is opened at once, the case in it, and the form for what is not to stand in any
message history.

What a view shows may be everything about a case, so a view is made only from a card that was given to this person for
this press. Its title says nothing but the case's reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from adapters.pressed import packed
from adapters.slack import presses
from adapters.slack.blocks import LABEL, NAME, Json, passage_blocks, plain, trimmed, weight
from adapters.slack.render import VIEW_BLOCKS, actions, content_blocks, control_blocks
from bot.message import OPENS, Action, Button, Card, Passage, Press, Writing

Say = Callable[[str], str]

WRITING = "writing"
"""The `callback_id` of the form, and the `block_id` of its one input: where Slack shows what went wrong with it."""
WORDS = "words"
LONGEST_WORDS = 3000
_OURS = "Handrail"
_PAGE_BYTES = 150_000
"""Of the 250,000 that Slack takes in a view: the rest is for its buttons."""
_MUCH = 8
"""Blocks of a view that are more than one looks at together."""
_LONGEST_PRIVATE = 3000


def opening_view(say: Say) -> Json:
    """What stands there at once, before anything has been checked."""
    return notice_view(say("slack.opening"), say)


def notice_view(sentence: str, say: Say) -> Json:
    """One sentence of ours in a view."""
    return _modal(_OURS, passage_blocks(Passage((sentence,))), say)


# --- a case ---


def case_view(card: Card, say: Say, opened: Press, page: int = 0) -> Json:
    """One part of what `opened` is answered with; a part that is not there any more becomes the last (T28)."""
    views = case_views(card, say, opened)
    return views[min(page, len(views) - 1)]


def case_views(card: Card, say: Say, opened: Press) -> list[Json]:
    """The card in as many parts as Slack's limits ask for. Every part has all of its buttons: first, where there is
    much to read, so that nobody has to look for them below it.

    The buttons between the parts repeat `opened`, the press that is answered. One that does more than open is not done
    again: then they open the case. The card has no fields.
    """
    fits = 0 < weight(card.title) <= NAME
    content = content_blocks(Card(card.notification, "" if fits else card.title, card.passages))
    if not content:
        content = passage_blocks(Passage((card.notification,)))
    controls = control_blocks(card)
    parts = list(_parts(content, VIEW_BLOCKS - len(controls) - 1))
    return [
        _modal(
            card.title if fits else _OURS, [*_together(part, controls), *_turns(say, opened, number, len(parts))], say
        )
        for number, part in enumerate(parts)
    ]


def _together(read: list[Json], pressed: list[Json]) -> list[Json]:
    return [*pressed, *read] if len(read) > _MUCH else [*read, *pressed]


def _parts(blocks: Sequence[Json], most: int) -> Iterator[list[Json]]:
    part: list[Json] = []
    size = 0
    for block in blocks:
        own = len(json.dumps(block))
        if part and (len(part) == most or size + own > _PAGE_BYTES):
            yield part
            part, size = [], 0
        part.append(block)
        size += own
    yield part


def _turns(say: Say, opened: Press, number: int, count: int) -> list[Json]:
    """To the parts before and after this one."""
    opened = opened if opened.action in OPENS else Press(Action.OPEN_CASE, opened.subject)
    ways = (("slack.earlier_part", number - 1), ("slack.next_part", number + 1))
    elements = [_turn(say(key), key.removeprefix("slack."), opened, to) for key, to in ways if 0 <= to < count]
    return [actions(elements)] if elements else []


def _turn(label: str, key: str, opened: Press, to: int) -> Json:
    value = presses.button_value(Button(label, opened), page=to)
    return {"type": "button", "text": plain(label), "action_id": f"{presses.OPEN}{key}", "value": value}


# --- the form ---


def writing_view(writing: Writing, press: Press, say: Say) -> Json:
    """The form that a button opens. It holds its press, so that what is written finds its way by itself."""
    element = {"type": "plain_text_input", "action_id": WORDS, "multiline": True, "max_length": LONGEST_WORDS}
    label = plain(trimmed(writing.ask, LABEL))
    block = {"type": "input", "block_id": WRITING, "label": label, "element": element}
    return {
        **_modal(writing.title, [block], say),
        "callback_id": WRITING,
        "submit": plain(trimmed(writing.send, NAME)),
        "private_metadata": packed(press),
    }


class _Sent(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Words(_Sent):
    value: InstanceOf[str] = Field(repr=False)  # pydantic's own str refuses a lone surrogate, and words never are


class _Values(_Sent):
    values: dict[str, dict[str, _Words]]


class _Form(_Sent):
    callback_id: str = Field(pattern=f"^{WRITING}$")
    private_metadata: str = Field(max_length=_LONGEST_PRIVATE)
    state: _Values


def read_writing(view: Mapping[str, Any]) -> tuple[Press, str] | None:
    """The press and the words of a form that was sent, or None when it is not one of ours."""
    try:
        form = _Form.model_validate(view)
        press = presses.read_value(form.private_metadata)
        return (press, form.state.values[WRITING][WORDS].value) if press else None
    except (ValueError, KeyError):
        return None


def _modal(title: str, blocks: list[Json], say: Say) -> Json:
    close = plain(trimmed(say("slack.close"), NAME))
    return {"type": "modal", "title": plain(trimmed(title, NAME)), "close": close, "blocks": blocks}
