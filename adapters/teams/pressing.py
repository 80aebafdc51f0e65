"""Presses, dialogs and forms: what is answered at once, and only to whoever pressed.

What a private view shows is for a dialog alone: never for a message, nor for the sentence below a card.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from uuid import uuid4

from adapters.teams.acts import Act, read_act, read_data
from adapters.teams.answers import CLOSED, Answer, dialog, sentence
from adapters.teams.dialogs import case_dialog, form_dialog, notice_dialog
from adapters.teams.front import NOT_SAVED, Front, Outcome
from adapters.teams.presses import HANDRAIL, Sent, read_press
from adapters.teams.us import Json
from bot.errors import HandrailError
from bot.message import OPENS, Action, Card, Incoming, Writing

CHECK = "check:"
"""How what the doctor's own button carries begins, before its nonce: no bot hears of it."""

LONGEST_SENTENCE = 1000

_NONCE = re.compile(rf"{CHECK}([0-9a-f]{{32}})")
_GONE, _CHECKED, _USE_TEAMS, _BELOW = "teams.gone", "teams.checked", "teams.use_teams", "teams.below"


def words_of(card: Card) -> str:
    """A card as a sentence below another card, of at most LONGEST_SENTENCE letters."""
    lines = [card.title, *(line for passage in card.passages for line in (passage.heading, *passage.lines))]
    said = "\n".join(line for line in lines if line) or card.notification
    return said if len(said) <= LONGEST_SENTENCE else said[: LONGEST_SENTENCE - 1] + "…"


class Pressing:
    """What comes of a press, by the way it came."""

    def __init__(self, front: Front) -> None:
        self._front = front

    # --- on a card ---

    async def executed(self, activity: Json) -> Answer:
        """A press on a card in a conversation."""
        act, sent = self._read(activity)
        if act is None or sent is None or activity["value"].get("trigger") == "automatic":
            return self._sentence(await self._checked(activity))
        if _needs_dialog(sent):
            return self._sentence(_USE_TEAMS)
        shown = self._front.told(await self._press(activity, act, sent))
        return sentence(words_of(shown)) if shown else self._sentence(_BELOW)

    async def submitted(self, activity: Json, act: Act) -> None:
        """The same from an app that knows no other way: it comes as a message. Raises StoreUnavailable."""
        sent = read_press(read_data(activity))
        if sent is None:
            self._front.tell(act, self._front.notice(await self._checked(activity)))
        elif _needs_dialog(sent):
            self._front.tell(act, self._front.notice(_USE_TEAMS))
        else:
            self._front.tell(act, await self._front.hear(act, self._incoming(act, sent)))

    # --- in a dialog ---

    async def asked(self, activity: Json) -> Answer:
        """A press that opens a dialog: a form, of which nobody hears yet, or a private view."""
        act, sent = self._read(activity)
        if act is None or sent is None:
            return self._notice(await self._checked(activity))
        if sent.pressed.writes:
            return self._form(sent, sent.pressed.writes, uuid4().hex)
        outcome = await self._press(activity, act, sent)
        return self._shown(outcome, sent) or self._notice(_BELOW)

    async def sent(self, activity: Json) -> Answer:
        """A press inside a dialog: its form sent, another opened, a page turned, or any other."""
        act, sent = self._read(activity)
        if act is None or sent is None or not sent.nonce:
            return await self._pressed_inside(activity, act, sent)
        outcome = await self._press(activity, act, sent)
        if outcome.fault and sent.pressed.writes:
            return self._form(sent, sent.pressed.writes, sent.nonce, outcome.fault)
        return self._shown(outcome, sent) or CLOSED

    async def _pressed_inside(self, activity: Json, act: Act | None, sent: Sent | None) -> Answer:
        if act is None or sent is None:
            return self._notice(_GONE)
        if sent.pressed.writes:
            return self._form(sent, sent.pressed.writes, uuid4().hex)
        return self._shown(await self._press(activity, act, sent), sent) or CLOSED

    # --- both ---

    def _read(self, activity: Json) -> tuple[Act | None, Sent | None]:
        return read_act(activity, self._front.us), read_press(read_data(activity))

    async def _press(self, activity: Json, act: Act, sent: Sent) -> Outcome:
        return await self._front.in_time(activity, act, self._incoming(act, sent))

    def _incoming(self, act: Act, sent: Sent) -> Incoming:
        """With what was written for it, or begun in the box of the card that it takes away."""
        return act.incoming(self._front.clock.now(), _key_of(act, sent), sent.pressed.press, sent.words or sent.draft)

    def _shown(self, outcome: Outcome, sent: Sent) -> Answer | None:
        card = self._front.told(outcome)
        press = sent.pressed
        if card is None:
            return None
        return dialog(case_dialog(card, self._front.say, press.press, press.page, uuid4().hex))

    def _form(self, sent: Sent, writing: Writing, nonce: str, fault: str = "") -> Answer:
        """The form. After a fault it stands there once more, with its words, and says what became of them."""
        said = (lambda _: self._front.say(fault)) if fault else self._front.say
        return dialog(form_dialog(writing, sent.pressed.press, said, nonce, sent.words if fault else ""))

    async def _checked(self, activity: Json) -> str:
        """The sentence for what is no press on a card of the bot's. Of its own button the doctor reads in the books."""
        found = _NONCE.fullmatch(str(read_data(activity).get(HANDRAIL)))
        if not found:
            return _GONE
        try:
            async with asyncio.timeout(self._front.seconds):
                await self._front.addresses.checked(found[1])
        except (HandrailError, TimeoutError):
            return NOT_SAVED
        return _CHECKED

    def _sentence(self, key: str) -> Answer:
        return sentence(self._front.say(key))

    def _notice(self, key: str) -> Answer:
        return dialog(notice_dialog(self._front.say(key)))


def _key_of(act: Act, sent: Sent) -> str:
    """What is written has one effect however often it comes: a client that tries again gives the same form, or the same
    words from the box of the same card, a new id (F5). Other words in the same form are other words. To look is never
    the same look.
    """
    it, words = sent.pressed.press, sent.words or sent.draft
    if it.action in OPENS:
        return f"{act.press_key}:{uuid4().hex}"
    if not (sent.nonce or words.strip()):
        return act.press_key
    said = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()
    place = f"form:{sent.nonce}" if sent.nonce else f"box:{act.address.conversation}:{it.subject}:{it.revision}"
    return f"{place}:{it.action}:{said}"


def _needs_dialog(sent: Sent) -> bool:
    """Whether it can only be answered in a dialog, or asks for words first."""
    writes = sent.pressed.writes is not None and sent.pressed.press.action is not Action.WRITE
    return sent.pressed.press.action in OPENS or writes
