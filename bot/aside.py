"""What is answered without a report: somebody who may not start one, somebody who spoke where others read, and whoever
asks for nothing but numbers. Nothing of what was written is kept.
"""

from __future__ import annotations

from bot import asking, home
from bot.message import Action, Button, Card, Destination, Incoming, Lane, Passage, Post, Press, Reach, Style
from bot.moment import Moment
from bot.ports import Audited, Tx
from bot.understanding import is_command


def turn_away(tx: Tx, incoming: Incoming, moment: Moment) -> Card | None:
    """Whoever is not of the trust gets the numbers; whoever spoke where others read it is asked to come here."""
    detail = "outside" if incoming.outside else "brought" if incoming.brought else "overheard"
    tx.audit(Audited(moment.now, incoming.sender.key, "turned_away", detail=detail))
    if incoming.outside:
        return asking.outside(moment)
    said = moment.say("away.brought") if incoming.brought else moment.say("away.overheard")
    _tell(tx, incoming, moment, Passage((said,)))
    return None


def asks_for_numbers(incoming: Incoming, moment: Moment) -> bool:
    """Whether it is a command and nothing else ("contacts", "help"): that is no disclosure, and nobody is called."""
    plain = not (incoming.press or incoming.change or incoming.attachments)
    return plain and is_command(incoming.text, moment.script.words)


def give_numbers(tx: Tx, incoming: Incoming, moment: Moment) -> None:
    """Whom to ring at this minute, and how to begin."""
    _tell(tx, incoming, moment, asking.say(moment, "home.begin"))


def _tell(tx: Tx, incoming: Incoming, moment: Moment, said: Passage) -> None:
    to = Destination(incoming.sender.door, Reach.PERSON, incoming.sender.id)
    start = Button(moment.say("home.start"), Press(Action.START, ""), Style.PRIMARY)
    card = asking.card(moment, said, *home.numbers(moment).passages, buttons=(start,))
    tx.post(Post(to, f"beside:{incoming.key}", card, Lane.RECEIPT), moment.now)
