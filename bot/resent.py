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
    return before.last_said if incoming.press or incoming.change else _known_by(incoming) or before.last_said


def is_resent(before: Conversation, incoming: Incoming, moment: Moment) -> bool:
    """Whether it is what was heard last, come again."""
    may_be = incoming.resent or (incoming.prompt_at is not None and before.heard_at > incoming.prompt_at)
    said = _known_by(incoming) if may_be and not incoming.press and not incoming.change else ""
    return bool(said) and said == before.last_said and moment.now - before.heard_at <= SOON


def _known_by(incoming: Incoming) -> str:
    """The same for the same words with as many files, whatever their case and spacing, and '' for nothing."""
    said = " ".join(incoming.text.casefold().split()) + "\n" * incoming.attachments
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16] if said else ""
