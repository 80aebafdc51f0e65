"""Whom our sentences name: the part of whoever the case goes to, never one it is about (N-18). Pure."""

from __future__ import annotations

from bot import routing
from bot.case import Case
from bot.conversation import Conversation, academy_of, is_asked_again, is_screened, staff_of
from bot.moment import Moment

_WHOM, _WHOM_FIRST = "{whom}", "{Whom}"
"""Filled in with a role, in the middle and at the beginning of a sentence."""


def with_whom(conversation: Conversation, moment: Moment, text: str) -> str:
    """A text with {whom} and {Whom} filled in: the part of whoever the case goes to, never one it is about (N-18)."""
    if _WHOM not in text and _WHOM_FIRST not in text:
        return text
    whom = whom_of(conversation, moment)
    return text.replace(_WHOM, whom).replace(_WHOM_FIRST, whom[0].upper() + whom[1:])


def whom_of(conversation: Conversation, moment: Moment) -> str:
    """In words that fit into a sentence, also while it is not known, or while there is nobody at all."""
    if not is_screened(conversation) or is_asked_again(conversation):
        return moment.say("asking.whom_unknown")
    academy, staff = academy_of(conversation), frozenset(staff_of(conversation))
    case = Case(conversation.ref, conversation.sender, conversation.started_at, academy=academy, staff=staff)
    role = routing.route(moment.directory, case, (conversation.sender.door,), moment.now).whom
    if role == routing.NOBODY:
        return moment.say("asking.whom_nobody")
    known = moment.directory.academy(academy)
    return moment.say(f"roles.{role}", academy=known.name if known else moment.directory.trust.name)
