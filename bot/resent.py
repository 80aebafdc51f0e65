"""Words that a platform may bring twice under different keys, and how they are known again. Pure.

Teams sends a message again, with a new id, when it has waited fifteen seconds for an answer (F5). A door that cannot
tell says so (`Incoming.resent`), and then the same words soon after are not the answer to the next question.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from bot.conversation import Conversation
from bot.message import Incoming
from bot.moment import Moment

SOON = timedelta(seconds=60)
"""How long after the first time (F5)."""


def said_last(before: Conversation, incoming: Incoming) -> str:
    """What the words heard last are known by, after this: a press between two of them is none."""
    return before.last_said if incoming.press or incoming.change else _known_by(incoming.text) or before.last_said


def is_resent(before: Conversation, incoming: Incoming, moment: Moment) -> bool:
    """Whether it is what was heard last, come again."""
    plain = incoming.resent and not incoming.press and not incoming.change
    said = _known_by(incoming.text) if plain else ""
    return bool(said) and said == before.last_said and moment.now - before.heard_at <= SOON


def _known_by(text: str) -> str:
    """The same for the same words, whatever their case and spacing, and '' for none."""
    said = " ".join(text.casefold().split())
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16] if said else ""
