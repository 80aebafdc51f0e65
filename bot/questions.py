"""A lead's question to the member of staff who reported, carried by the bot, and its answer. Pure.

In a message stands only that there is a question: its words are shown to the one person it was put to, when they ask
for them, and the answer is written in a form (T59). Neither ever enters a channel or a notification.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot import asking
from bot.case import Case, Entry, Kind
from bot.conversation import Conversation
from bot.handoff import at_start, whom
from bot.message import Action, Button, Card, Lane, Passage, Post, Press, Style, Tone, Writing
from bot.moment import Moment
from bot.receipt import to_reporter


def slot(ref: str, number: int) -> str:
    return f"asked:{ref}:{number}"


def about(slot: str) -> str:
    """The reference of the case that a question in this place is about; '' of any other place."""
    kind, _, rest = slot.partition(":")
    return rest.rpartition(":")[0] if kind == "asked" else ""


def count(entries: Sequence[Entry]) -> int:
    """How many questions have been put about this case."""
    return sum(entry.kind is Kind.QUESTION for entry in entries)


def asked(case: Case, conversation: Conversation, number: int, moment: Moment, role: str) -> Post:
    """To the reporter: that somebody, by role, has a question. Not a word of it."""
    line = moment.say("question.line", Whom=at_start(whom(moment, case, role)))
    read = Button(moment.say("question.read"), _press(Action.READ_QUESTION, conversation, number), Style.PRIMARY)
    card = Card(
        moment.say("notification.question"),
        moment.say("question.title", ref=case.ref),
        (Passage((line, moment.say("question.how"))),),
        buttons=(read,),
    )
    return Post(to_reporter(conversation), slot(case.ref, number), card, Lane.RECEIPT)


def shown(conversation: Conversation, case: Case | None, entries: Sequence[Entry], number: int, moment: Moment) -> Card:
    """The question itself, with the button that opens the form for the answer."""
    put = [entry for entry in entries if entry.kind is Kind.QUESTION]
    if case is None or not 0 < number <= len(put):
        return asking.card(moment, asking.say(moment, "press.no_question"))
    form = Writing(moment.say("form.reply_title"), moment.say("form.reply"), moment.say("form.ask_send"))
    write = Button(moment.say("question.write"), _press(Action.REPLY, conversation, number), Style.PRIMARY, form)
    role = at_start(whom(moment, case, put[number - 1].values[0]))
    return asking.card(
        moment,
        Passage((put[number - 1].words,), moment.say("question.asks", Whom=role), Tone.VERBATIM),
        asking.say(moment, "question.guide", Tone.QUIET),
        title=moment.say("question.title", ref=case.ref),
        buttons=(write,),
    )


def answered(ref: str, moment: Moment) -> Card:
    """What is left of the message once the question has been answered."""
    return asking.card(moment, asking.say(moment, "question.answered", Tone.QUIET, ref=ref))


def _press(action: Action, conversation: Conversation, number: int) -> Press:
    return Press(action, conversation.id, number)
