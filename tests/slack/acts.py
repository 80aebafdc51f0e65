"""What people do: say, edit, press, pick, submit, call a command. Each act reaches the bot in Slack's own shape."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from tests.slack import payloads
from tests.slack.answers import message_json, view_json
from tests.slack.ledger import Delivery
from tests.slack.limits import faults
from tests.slack.parts import Parts
from tests.slack.reading import NotOnTheScreen, Picks, action_of, state_of, unanswered
from tests.slack.world import BOT, Json, Message, Room, Somebody, View

Screen = Message | View


class Acts(Parts):
    """The people of the workspace at work. Every act returns its delivery, tried once; redeliveries follow."""

    # --- words ---

    async def says(self, person: str, text: str = "", files: int = 0, channel: str = "") -> Delivery:
        """Typed into the direct messages with the bot (or a channel), with so many pictures."""
        room = self._room(person, channel)
        message = self._typed(person, room, text)
        if files:
            message.subtype = "file_share"
            message.files = [payloads.picture(number, person) for number in range(1, files + 1)]
        return await self._event(payloads.said(message, room))

    async def edits(self, person: str, ts: str, text: str, channel: str = "") -> Delivery:
        """Change a message of one's own."""
        room = self._room(person, channel)
        message = self._own(person, room, ts)
        before = message_json(message)
        message.earlier.append({"text": message.text, "blocks": message.blocks})
        message.text, message.blocks, message.edited = _escaped(text), _rich(text), self.world.stamp()
        return await self._event(payloads.changed(message, before, room, self.world.stamp()))

    async def deletes(self, person: str, ts: str, channel: str = "") -> Delivery:
        """Take back a message of one's own."""
        room = self._room(person, channel)
        message = self._own(person, room, ts)
        before, message.deleted = message_json(message), True
        return await self._event(payloads.removed(before, room, self.world.stamp()))

    async def mentions(self, person: str, channel: str, text: str = "") -> Delivery:
        """Call the bot by name in a channel."""
        message = self._typed(person, self.world.rooms[channel], f"<@{BOT}> {_escaped(text)}", raw=True)
        return await self._event(payloads.mentioned(message))

    def _typed(self, person: str, room: Room, text: str, *, raw: bool = False) -> Message:
        kept = text if raw else _escaped(text)
        return self.world.add(Message(room.id, self.world.stamp(), person, kept, _rich(text) if text else []))

    def _room(self, person: str, channel: str) -> Room:
        return self.world.rooms[channel] if channel else self.world.direct(person)

    def _own(self, person: str, room: Room, ts: str) -> Message:
        message = self.world.message(room.id, ts)
        if message is None or message.author != person:
            raise NotOnTheScreen(f"{person} wrote no message {ts} in {room.id}")
        return message

    # --- the app ---

    async def opens_home(self, person: str) -> Delivery:
        """Go to the App Home."""
        moment, home = self.moment(), self.world.homes.get(person)
        event: Json = {"type": "app_home_opened", "user": person, "channel": self.world.direct(person).id}
        event |= {"tab": "home", "event_ts": moment.stamp} | ({"view": view_json(home)} if home else {})
        return await self._event(event)

    async def command(self, person: str, name: str, text: str = "", channel: str = "") -> Delivery:
        """A slash command. What is answered is shown to this person alone."""
        room = self._room(person, channel)
        answer = Message(room.id, "", BOT, ephemeral_to=person)
        moment = self.moment(person, about=answer)
        payload = {**payloads.command(self._who(person), name, room, moment), "text": text}
        delivery = await self.office.deliver("command", name, payload)
        if delivery.taken:
            self._answered_aside(_json_of(delivery), answer)
        return delivery

    async def shortcut(self, person: str, callback_id: str, message: Message | None = None) -> Delivery:
        """A shortcut, on a message or on none."""
        who, moment = self._who(person), self.moment(person, about=message)
        if message is None:
            payload = payloads.shortcut(who, callback_id, moment)
        else:
            payload = payloads.message_shortcut(who, callback_id, message, moment)
        return await self.office.deliver("interactive", payload["type"], payload)

    async def presses(self, person: str, on: Screen, what: str, picks: Picks | None = None) -> Delivery:
        """Press a button, or pick an option that dispatches at once, on a message or view as it was seen.

        `what` is a label or an action_id; `picks` fills the other fields by label. Raises NotOnTheScreen.
        """
        action, who, state = action_of(on, what), self._who(person), state_of(on, picks or {})
        _pick(state, action)
        if isinstance(on, Message):
            payload = payloads.pressed_in_message(who, on, action, self.moment(person, about=on))
            payload["state"] = {"values": state}
        else:
            payload = payloads.pressed_in_view(who, on, action, self.moment(person, on.id))
            payload["view"]["state"] = {"values": state}
        return await self.office.deliver("interactive", "block_actions", payload)

    async def submits(self, person: str, view: View, picks: Picks | None = None) -> Delivery:
        """Fill in a modal and send it; the modal then closes, changes or shows errors as the bot answers."""
        state = state_of(view, picks or {})
        if missing := unanswered(view, state):
            raise NotOnTheScreen(f"Slack's form is not sent without {missing}")
        payload = payloads.submitted(self._who(person), view, state, self.moment(person, view.id))
        delivery = await self.office.deliver("interactive", "view_submission", payload)
        self._after_submission(self.world.views[view.id], delivery)
        return delivery

    async def closes(self, person: str, view: View) -> Delivery | None:
        """Close a modal; the bot is told only if it wished to be."""
        self.world.views[view.id].closed = True
        if not view.view.get("notify_on_close"):
            return None
        payload = payloads.closed(self._who(person), view, self.moment())
        return await self.office.deliver("interactive", "view_closed", payload)

    # --- what is answered ---

    def _after_submission(self, view: View, delivery: Delivery) -> None:
        if not delivery.taken:
            view.errors = {"": "We had some trouble connecting. Try again?"}
            return
        answer = _json_of(delivery)
        act = answer.get("response_action")
        if act == "errors":
            self._errors(view, answer)
        elif act in ("update", "push"):
            self._renewed(view, answer)
        else:
            self._closed(view, everything=act == "clear")

    def _closed(self, view: View, *, everything: bool) -> None:
        for other in self.world.views.values():
            if other is view or (everything and other.person == view.person):
                other.closed = True

    def _errors(self, view: View, answer: Json) -> None:
        view.errors = dict(answer.get("errors") or {})
        inputs = {block["block_id"] for block in view.view["blocks"] if block["type"] == "input"}
        if not view.errors or set(view.errors) - inputs:
            self.complaints.append(f"errors for blocks that are no inputs: {sorted(set(view.errors) - inputs)}")

    def _renewed(self, view: View, answer: Json) -> None:
        given = answer.get("view") or {}
        if found := faults({"view": given}):
            self.complaints += found
            view.errors = {"": "We had some trouble connecting. Try again?"}
            return
        if answer["response_action"] == "push":
            id_ = self.world.fresh("V")
            self.world.views[id_] = View(id_, view.person, "1.pushed", given, view.root or view.id, view.id)
            return
        view.earlier.append(view.view)
        view.view, view.errors = {**given, "blocks": self.world.dress(given["blocks"])}, {}
        view.hash += "+"

    def _answered_aside(self, answer: Json, aside: Message) -> None:
        """An answer to a command: shown to who asked, unless it says `in_channel`."""
        if not answer:
            return
        if found := faults(answer):
            self.complaints += found
            return
        aside.ts, aside.text = self.world.stamp(), answer.get("text") or ""
        aside.blocks = self.world.dress(answer.get("blocks") or [])
        if answer.get("response_type") == "in_channel":
            aside.ephemeral_to = ""
            self.world.add(aside)
        else:
            self.world.ephemerals.append(aside)

    # --- delivering ---

    async def _event(self, event: Json) -> Delivery:
        payload = payloads.event_callback(event, self.moment())
        return await self.office.deliver("event", str(event["type"]), payload)

    async def event(self, event: Mapping[str, object]) -> Delivery:
        """Any event at all, in Slack's envelope."""
        return await self._event(dict(event))

    def _who(self, person: str) -> Somebody:
        return self.world.people[person]


def _pick(state: Json, action: Json) -> None:
    """An option that was just picked stands in the state too."""
    held = state.get(action["block_id"], {}).get(action["action_id"])
    if held is not None:
        held |= {key: value for key, value in action.items() if key.startswith("selected_")}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _rich(text: str) -> list[Json]:
    leaf = {"type": "text", "text": text}
    section = {"type": "rich_text_section", "elements": [leaf]}
    return [{"type": "rich_text", "block_id": uuid.uuid4().hex[:5], "elements": [section]}]


def _json_of(delivery: Delivery) -> Json:
    """What the bot answered, where it is a JSON object (or a bare text, which Slack shows)."""
    body = delivery.attempts[-1].body
    if not body:
        return {}
    try:
        answer = json.loads(body)
    except ValueError:
        return {"text": body}
    return answer if isinstance(answer, dict) else {}
