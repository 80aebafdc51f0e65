"""Presses, dialogs and forms: what is answered at once, and only to whoever pressed.

What a private view shows is for a dialog alone: never for a message, nor for the sentence below a card.
"""

from __future__ import annotations

from uuid import uuid4

from adapters.teams.acts import Act, read_act, read_data
from adapters.teams.answers import CLOSED, Answer, dialog, sentence
from adapters.teams.dialogs import case_dialog, form_dialog, notice_dialog
from adapters.teams.front import Front, Outcome
from adapters.teams.presses import HANDRAIL, Sent, read_press
from adapters.teams.us import Json
from bot.message import OPENS, Action, Card, Writing

CHECK = "check"
"""What the doctor's own button carries: no bot hears of it."""

LONGEST_SENTENCE = 1000

_GONE, _CHECKED, _USE_TEAMS = "teams.gone", "teams.checked", "teams.use_teams"


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
            return self._sentence(_CHECKED if _is_check(activity) else _GONE)
        if _needs_dialog(sent):
            return self._sentence(_USE_TEAMS)
        shown = self._front.told(await self._press(activity, act, sent))
        return sentence(words_of(shown)) if shown else self._sentence("teams.saved")

    async def submitted(self, activity: Json, act: Act) -> None:
        """The same from an app that knows no other way: it comes as a message. Raises StoreUnavailable."""
        sent = read_press(read_data(activity))
        if sent is None:
            self._front.tell(act, self._front.notice(_CHECKED if _is_check(activity) else _GONE))
        elif _needs_dialog(sent):
            self._front.tell(act, self._front.notice(_USE_TEAMS))
        else:
            incoming = act.incoming(self._front.clock.now(), act.press_key, sent.pressed.press, sent.words)
            self._front.tell(act, await self._front.hear(act, incoming))

    # --- in a dialog ---

    async def asked(self, activity: Json) -> Answer:
        """A press that opens a dialog: a form, of which nobody hears yet, or a private view."""
        act, sent = self._read(activity)
        if act is None or sent is None:
            return self._notice(_CHECKED if _is_check(activity) else _GONE)
        if sent.pressed.writes:
            return self._form(sent, sent.pressed.writes, uuid4().hex)
        outcome = await self._press(activity, act, sent)
        return self._shown(outcome, sent) or self._notice("teams.saved")

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
        """A form has one effect however often it comes: a client that tries again gives the same form a new id (F5)."""
        key = f"form:{sent.nonce}" if sent.nonce else act.press_key
        incoming = act.incoming(self._front.clock.now(), key, sent.pressed.press, sent.words)
        return await self._front.in_time(activity, act, incoming)

    def _shown(self, outcome: Outcome, sent: Sent) -> Answer | None:
        card = self._front.told(outcome)
        press = sent.pressed
        return dialog(case_dialog(card, self._front.say, press.press, press.page)) if card else None

    def _form(self, sent: Sent, writing: Writing, nonce: str, fault: str = "") -> Answer:
        """The form. After a fault it stands there once more, with its words, and says what became of them."""
        said = (lambda _: self._front.say(fault)) if fault else self._front.say
        return dialog(form_dialog(writing, sent.pressed.press, said, nonce, sent.words if fault else ""))

    def _sentence(self, key: str) -> Answer:
        return sentence(self._front.say(key))

    def _notice(self, key: str) -> Answer:
        return dialog(notice_dialog(self._front.say(key)))


def _is_check(activity: Json) -> bool:
    return read_data(activity).get(HANDRAIL) == CHECK


def _needs_dialog(sent: Sent) -> bool:
    """Whether it can only be answered in a dialog, or asks for words first."""
    writes = sent.pressed.writes is not None and sent.pressed.press.action is not Action.WRITE
    return sent.pressed.press.action in OPENS or writes
