"""What people do in Slack, handed to the bot, and what they are shown for it at once.

It decides nothing. Every method takes a projection (`adapters.slack.projection`), never Slack's own body, and returns
the body of the answer, if it has one. Words must never enter a log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from adapters.behind import Behind
from adapters.pressed import Pressed
from adapters.slack.acts import Act, read_command_act, read_form_act, read_press_act, read_shortcut_act
from adapters.slack.modal import WRITING, Say, case_view, notice_view, opening_view, read_writing, writing_view
from adapters.slack.presses import OPEN, read_press
from adapters.slack.projection import DOOR, Json, Us, as_typed, read_event
from adapters.slack.render import home_view, message_of
from bot.errors import HandrailError, StoreUnavailable, where_it_broke
from bot.message import Action, Card, Incoming, Passage, Person, Press, Tone
from bot.ports import Clock

log = structlog.get_logger()

CHECK = "check:"
"""How the `action_id` of the doctor's own button begins: no bot hears of it."""

RAISE = "raise_concern"
"""The `callback_id` of both shortcuts."""

DISCLOSURE, ON_CALL = "/disclosure", "/oncall"


class Hearing(Protocol):
    """What the door needs of the bot."""

    async def hear(self, incoming: Incoming) -> Card | None: ...
    async def home(self, who: Person) -> Card: ...
    def numbers(self) -> Card: ...


class Screens(Protocol):
    """What is shown past the outbox. Every one raises the errors of `bot.errors` that begin with `Send`."""

    async def open_view(self, trigger_id: str, view: Json) -> str: ...
    async def update_view(self, view_id: str, view: Json) -> None: ...
    async def publish_home(self, person_id: str, view: Json) -> None: ...
    async def tell(self, channel_id: str, person_id: str, card: Card) -> None: ...
    async def replace(self, channel_id: str, ts: str, text: str) -> None: ...


class Known(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def outside(self) -> bool: ...


class People(Protocol):
    """Who somebody is. A look-up that fails knows nobody and says nothing against anybody."""

    async def known(self, person_id: str) -> Known: ...


@dataclass(frozen=True)
class Reception:
    """One workspace's reception. `is_ours` says of a channel that the trust's own file names it, `forget` drops what is
    remembered of a channel's safety, `say` gives the sentences under `slack.`.
    """

    bot: Hearing
    screens: Screens
    people: People
    us: Us
    say: Say
    clock: Clock
    is_ours: Callable[[str], bool]
    forget: Callable[[str], None]
    behind: Behind = field(default_factory=Behind)

    # --- hear ---

    async def hear(self, incoming: Incoming) -> Card | None:
        """Hear it with what the workspace knows of its sender: their name, and whether they belong here (T50).

        Raises StoreUnavailable when nothing was kept.
        """
        known = await self.people.known(incoming.sender.id)
        outside = incoming.outside or known.outside
        return await self.bot.hear(replace(incoming, sender_name=known.name, outside=outside))

    async def _hear_act(self, incoming: Incoming) -> Card | None:
        """The same for what Slack never sends twice: when nothing was kept, the person is told so, with the numbers."""
        try:
            return await self.hear(incoming)
        except StoreUnavailable:
            return self._not_saved()

    def _not_saved(self) -> Card:
        numbers = self.bot.numbers()
        return replace(numbers, passages=(Passage((self.say("slack.not_saved"),), tone=Tone.URGENT), *numbers.passages))

    def _notice(self, key: str) -> Card:
        sentence = self.say(key)
        return Card(sentence, passages=(Passage((sentence,)),))

    # --- events: Slack sends them again until they are answered 200 ---

    async def event(self, body: Json) -> None:
        """A message, or the bot spoken of or brought in where others can read. Raises StoreUnavailable."""
        incoming = read_event(body, self.us)
        if incoming is None:
            return
        shown = await self.hear(incoming)
        if shown:
            self.behind.go(self.screens.tell(body["event"].get("channel", ""), incoming.sender.id, shown))

    async def channel_changed(self, body: Json) -> None:
        """What was known of a channel's safety is known no more (I4)."""
        if channel := body["event"].get("channel"):
            self.forget(channel)

    async def joined(self, body: Json) -> None:
        """Somebody, perhaps the bot, came into a channel. Raises StoreUnavailable."""
        await self.channel_changed(body)
        if not self.is_ours(body["event"].get("channel", "")):
            await self.event(body)

    async def home_opened(self, body: Json) -> None:
        event = body["event"]
        if event.get("tab") == "home" and event.get("user"):
            self.behind.go(self._publish_home(event["user"]))

    async def _publish_home(self, person_id: str) -> None:
        await self.screens.publish_home(person_id, home_view(await self._home(person_id)))

    async def _home(self, person_id: str) -> Card:
        known = await self.people.known(person_id)
        if known.outside:
            return self.bot.numbers()
        try:
            return await self.bot.home(Person(DOOR, person_id))
        except HandrailError:
            numbers, sentence = self.bot.numbers(), self.say("slack.home_unavailable")
            return replace(numbers, passages=(Passage((sentence,)), *numbers.passages))

    # --- commands and shortcuts ---

    async def on_call(self, _: Json) -> Json:
        """The numbers of this minute, from memory: true with no store at all (I12)."""
        return _to_asker(self.bot.numbers())

    async def disclosure(self, body: Json) -> Json:
        act, words = read_command_act(body), as_typed(body.get("text", ""))
        if act is None:
            return {}
        press = None if words.strip() else _START
        shown = await self._hear_act(act.incoming(self.clock.now(), press, words))
        return _to_asker(shown or self._notice("slack.see_messages"))

    async def shortcut(self, body: Json) -> None:
        """Begin. Of the message that a shortcut was used on, nothing is read."""
        act = read_shortcut_act(body, self.us.team)
        if act is not None:
            shown = await self._hear_act(act.incoming(self.clock.now(), _START))
            self.behind.go(self._show_view(act, shown or self._notice("slack.see_messages"), _START))

    # --- presses ---

    async def press(self, body: Json) -> None:
        """Something on a card was pressed. What is not exactly one of ours changes nothing (T20)."""
        act = read_press_act(body, self.us.team)
        if act is None:
            return
        action = body["actions"][0]
        if action["action_id"].startswith(CHECK):
            self.behind.go(self.screens.replace(act.place, act.message, self.say("slack.checked")))
            return
        state = body.get("state") or body.get("view", {}).get("state")
        pressed = read_press(action, state)
        if pressed is not None:
            await self._pressed(act, pressed, opens=action["action_id"].startswith(OPEN))

    async def _pressed(self, act: Act, pressed: Pressed, *, opens: bool) -> None:
        if pressed.writes:
            form = writing_view(pressed.writes, pressed.press, self.say)
            self.behind.go(self._open_form(act, form))
        elif opens:
            self.behind.go(self._open_case(act, pressed))
        else:
            shown = await self._hear_act(act.incoming(self.clock.now(), pressed.press))
            if shown or act.on_home:
                self.behind.go(self._show(act, shown or self._notice("slack.see_messages"), pressed.press))

    async def _show(self, act: Act, card: Card, press: Press) -> None:
        """Show what a press is answered with, to the one who pressed and where they pressed."""
        if act.view:
            await self._fill(act, act.view, case_view(card, self.say, press))
        elif act.on_home:
            await self._show_view(act, card, press)
        else:
            await self.screens.tell(act.place, act.who.id, card)

    async def _show_view(self, act: Act, card: Card, press: Press) -> None:
        """In a small view; where it is too late for one, in their direct messages."""
        try:
            await self.screens.open_view(act.trigger, case_view(card, self.say, press))
        except HandrailError:
            await self.screens.tell(act.who.id, act.who.id, card)

    # --- private views ---

    async def _open_form(self, act: Act, form: Json) -> None:
        """Open a form at once; one that is asked for in a view takes that view's place."""
        if act.view:
            await self._fill(act, act.view, form)
        else:
            await self._open(act, form)

    async def _open(self, act: Act, view: Json) -> str:
        """Open a view while the trigger lives. '' when it was too late, and then the person is told so."""
        try:
            return await self.screens.open_view(act.trigger, view)
        except HandrailError:
            await self._press_again(act)
            return ""

    async def _fill(self, act: Act, view_id: str, view: Json) -> None:
        """Fill a view, at the second try where the first fails; the person is told when that was in vain too."""
        try:
            await self.screens.update_view(view_id, view)
            return
        except HandrailError as fault:
            log.warning("slack_not_filled", error=where_it_broke(fault))
        try:
            await self.screens.update_view(view_id, view)
        except HandrailError:
            await self._press_again(act)

    async def _press_again(self, act: Act) -> None:
        await self.screens.tell(act.place or act.who.id, act.who.id, self._notice("slack.open_again"))

    async def _open_case(self, act: Act, pressed: Pressed) -> None:
        """A neutral view first, then the check and its audit row, then the content (T28)."""
        view = act.view or await self._open(act, opening_view(self.say))
        if view:
            await self._fill(act, view, await self._content(act, pressed))

    async def _content(self, act: Act, pressed: Pressed) -> Json:
        try:
            card = await self._hear_act(act.incoming(self.clock.now(), pressed.press))
            if card:
                return case_view(card, self.say, pressed.press, pressed.page)
        except Exception as fault:
            log.error("slack_not_opened", error=where_it_broke(fault))
        return notice_view(self.say("slack.gone"), self.say)

    # --- forms ---

    async def submit(self, body: Json) -> Json | None:
        """A form was sent. When nothing could be kept it stays open, with the words still in it."""
        act, written = read_form_act(body, self.us.team), read_writing(body.get("view", {}))
        if act is None or written is None:
            return {"response_action": "update", "view": notice_view(self.say("slack.gone"), self.say)}
        press, words = written
        try:
            shown = await self.hear(act.incoming(self.clock.now(), press, words))
        except Exception as fault:
            log.error("slack_not_kept", error=where_it_broke(fault))
            return {"response_action": "errors", "errors": {WRITING: self.say("slack.not_saved")}}
        return {"response_action": "update", "view": case_view(shown, self.say, press)} if shown else None


_START = Press(Action.START, "")


def _to_asker(card: Card) -> Json:
    """The answer to a command: only the one who gave it sees it."""
    message = message_of(card)
    return {"response_type": "ephemeral", "text": message["text"], "blocks": message["blocks"]}
