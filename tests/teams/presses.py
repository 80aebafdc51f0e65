"""What people press: buttons of cards and dialogs, as the Teams client sends them, and what it shows of the answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.teams import activities
from tests.teams.cards import attachment_faults, card_faults
from tests.teams.client import Client
from tests.teams.ledger import Delivery
from tests.teams.reading import NotOnTheScreen, Picks, action_of, filled
from tests.teams.world import CARD, Json, Message

_SENTENCE = "application/vnd.microsoft.activity.message"
TROUBLE = "Something went wrong. Please try again."
"""What Teams says when the bot did not answer, or not in a shape that it knows."""

_SIZES = frozenset({"small", "medium", "large"})


@dataclass(slots=True)
class Dialog:
    """A dialog on somebody's screen. `earlier` holds the cards it showed before; `said` what it says instead of one."""

    teams: Presses
    person: str
    on: Message
    title: str = ""
    card: Json = field(default_factory=dict)
    said: str = ""
    closed: bool = False
    earlier: list[Json] = field(default_factory=list)

    async def press(self, label: str, picks: Picks | None = None, words: str = "") -> Pressed:
        """Press a button of it. Raises NotOnTheScreen."""
        return await self.teams.submit(self, label, picks, words)

    def close(self) -> None:
        """With the cross: the bot is not told."""
        self.closed = True


@dataclass(frozen=True, slots=True)
class Pressed:
    """What became of a press: a sentence below the card, a card in its place, a dialog; or Teams' own trouble."""

    delivery: Delivery
    said: str = ""
    card: Json = field(default_factory=dict)
    dialog: Dialog | None = None

    @property
    def trouble(self) -> bool:
        return self.said == TROUBLE


class Presses(Client):
    """`old_client`: without Action.Execute and dialogs. `empty_inputs`: what is left empty is sent as ''."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.old_client, self.empty_inputs = False, True
        self.dialogs: list[Dialog] = []
        self.asides: list[tuple[str, str]] = []

    async def press(self, person: str, on: Message, label: str, picks: Picks | None = None, words: str = "") -> Pressed:
        """Press a button on a message as it was seen, after filling in its fields. Raises NotOnTheScreen."""
        if self.world.who(person) not in self.world.members(self.world.place(on.room)):
            raise NotOnTheScreen(f"{person} does not see that message")
        card = on.card_for(self.world.who(person).key)
        action = action_of(card, label, old=self.old_client)
        inputs = filled(card, label, picks or {}, words, empty=self.empty_inputs)
        data = {**(action.get("data") or {}), **inputs}
        if action["type"] == "Action.Execute":
            return await self._execute(person, on, action, data)
        if (data.get("msteams") or {}).get("type") == "task/fetch" and not self.old_client:
            return await self._fetch(person, on, data)
        data = data if self.old_client else {name: value for name, value in data.items() if name != "msteams"}
        scene = self.scene(person, on.room, on.root)
        return Pressed(await self.deliver(activities.submitted(scene, data, (self.world.stamp(), on.id))))

    # --- Action.Execute ---

    async def _execute(self, person: str, on: Message, action: Json, data: Json) -> Pressed:
        kept = {name: action[name] for name in ("type", "id", "title", "verb") if name in action}
        delivery = await self.invoke(person, on, "adaptiveCard/action", {"action": {**kept, "data": data}})
        answer = _answer(delivery)
        if answer.get("type") == CARD and answer.get("statusCode") == 200:
            return self._card_back(person, on, delivery, answer.get("value"))
        if answer.get("type") == _SENTENCE and answer.get("statusCode") == 200 and isinstance(answer["value"], str):
            self.asides.append((person, answer["value"]))
            return Pressed(delivery, answer["value"])
        return self._puzzled(delivery, f"an answer to a press that Teams does not know: {sorted(answer)}")

    def _card_back(self, person: str, on: Message, delivery: Delivery, card: Any) -> Pressed:
        """A card in the place of the one that was pressed, for this person alone."""
        if faults := card_faults(card):
            return self._puzzled(delivery, *faults)
        standing = self.world.message(on.room, on.id)
        if standing is not None:
            standing.replaced[self.world.who(person).key] = card
        return Pressed(delivery, card=card)

    async def invoke(self, person: str, on: Message, name: str, value: Json) -> Delivery:
        """Any invoke at all, about a message."""
        if name == "adaptiveCard/action":
            value = {**value, "trigger": "manual"}
        scene, ids = self.scene(person, on.room, on.root), (f"f:{self.world.fresh()}", on.id)
        return await self.deliver(activities.invoked(scene, name, value, ids))

    def _puzzled(self, delivery: Delivery, *faults: str) -> Pressed:
        """Teams shows its own trouble; what it was stands in `complaints`, unless the bot did not answer at all."""
        if delivery.taken:
            self.complaints += faults
        return Pressed(delivery, TROUBLE)

    # --- dialogs ---

    async def _fetch(self, person: str, on: Message, data: Json) -> Pressed:
        delivery = await self.invoke(person, on, "task/fetch", {"data": data, "context": {"theme": "default"}})
        task = _answer(delivery).get("task")
        if not isinstance(task, dict):
            return self._puzzled(delivery, "task/fetch was answered without a task")
        dialog = Dialog(self, person, on)
        return self._shown(dialog, delivery, task)

    async def submit(self, dialog: Dialog, label: str, picks: Picks | None = None, words: str = "") -> Pressed:
        """Press a button of a dialog: it then closes, or shows what the bot answers. Raises NotOnTheScreen."""
        if dialog.closed:
            raise NotOnTheScreen("the dialog is closed")
        action = action_of(dialog.card, label)
        data = {**(action.get("data") or {}), **filled(dialog.card, label, picks or {}, words, empty=self.empty_inputs)}
        if action["type"] != "Action.Submit":
            raise NotOnTheScreen("only Action.Submit is sent from a dialog")
        value = {"data": data, "context": {"theme": "default"}}
        delivery = await self.invoke(dialog.person, dialog.on, "task/submit", value)
        task = _answer(delivery).get("task")
        if delivery.taken and task is None:
            dialog.closed = True
            return Pressed(delivery)
        return self._shown(dialog, delivery, task) if delivery.taken else self._puzzled(delivery)

    def _shown(self, dialog: Dialog, delivery: Delivery, task: Any) -> Pressed:
        """The dialog shows what was answered: a card, or a message."""
        if faults := _task_faults(task):
            return self._puzzled(delivery, *faults)
        if dialog.card:
            dialog.earlier.append(dialog.card)
        if task["type"] == "message":
            dialog.said, dialog.card = task["value"], {}
        else:
            dialog.title, dialog.card = task["value"]["title"], task["value"]["card"]["content"]
        if dialog not in self.dialogs:
            self.dialogs.append(dialog)
        return Pressed(delivery, dialog.said, dialog=dialog)

    def dialogs_of(self, person: str) -> list[Dialog]:
        """Somebody's open dialogs, the newest last."""
        return [each for each in self.dialogs if each.person == person and not each.closed]


def _answer(delivery: Delivery) -> Json:
    """What an invoke was answered with, where it is a JSON object."""
    try:
        answer = json.loads(delivery.attempts[-1].body or "{}") if delivery.taken else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _task_faults(task: Any) -> list[str]:
    """What is wrong with a task: `{"type": "continue", "value": …}` or `{"type": "message", "value": "…"}`."""
    if not isinstance(task, dict) or task.get("type") not in ("continue", "message"):
        return ["a task that is neither continue nor message"]
    value = task.get("value")
    if task["type"] == "message":
        return [] if isinstance(value, str) else ["a task message that is no text"]
    if not isinstance(value, dict) or not isinstance(value.get("title"), str):
        return ["a dialog without a title"]
    sizes = [value.get(name) for name in ("height", "width")]
    odd = [size for size in sizes if size is not None and not isinstance(size, int) and size not in _SIZES]
    return attachment_faults(value.get("card")) + [f"a dialog of size {size}" for size in odd]
