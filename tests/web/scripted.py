"""A bot by rote, with a ledger: it sends every kind of card through a door, so that a door can be tested alone.

No rule of the real bot is here, and no sentence of its flows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.message import (
    Action,
    Button,
    Card,
    Destination,
    Field,
    Incoming,
    Option,
    Passage,
    Press,
    Reach,
    Style,
    Tone,
    Writing,
)

NOTIFICATION = "Safeguarding: there is a message for you."
CHANNEL = "north-channel"
ACADEMIES = (("north", "Example Academy North"), ("south", "Example Academy South"))
WORRIES = (("self_harm", "Hurting themselves"), ("home", "Afraid to go home"), ("none", "None of these"))


class SendingDoor(Protocol):
    name: str

    async def post(self, destination: Destination, card: Card) -> str: ...
    async def update(self, destination: Destination, message_id: str, card: Card) -> None: ...


def press(action: Action, revision: int = 0, **answers: str) -> Press:
    return Press(action, "c-1", revision, {step: (value,) for step, value in answers.items()})


FOOTER = (
    Button("Send now", press(Action.SEND_NOW)),
    Button("Back", press(Action.BACK)),
    Button("Contacts", press(Action.CONTACTS)),
    Button("Stop", press(Action.STOP), Style.DANGER),
)
DO = ("Stay with the child and listen.", "Use their own words.", "Say: you were right to tell me.")
DONT = ("Look at the picture, or ask to see it.", "Copy it, send it on or delete it.", "Ask why.")
NUMBERS = (
    "Danger now: 999, always",
    "Example First Response: 01632 960111, open until 16:30 today",
    "NSPCC 0808 800 5000",
)


def opening() -> Card:
    danger = [("Yes", "yes", Style.DANGER), ("No", "no", Style.PLAIN), ("I don't know", "unknown", Style.PLAIN)]
    buttons = [Button(label, press(Action.ANSWER, 1, danger=value), style) for label, value, style in danger]
    passages = (
        Passage(("You have done the right thing by telling somebody.",)),
        Passage(("If the child is hurt or may be hurt today, ring 999 first.",), tone=Tone.URGENT),
        Passage(DO, "Do", Tone.DO),
        Passage(DONT, "Do not", Tone.DONT),
        Passage(("Is the child in danger right now?",), tone=Tone.PLAIN),
    )
    return Card(NOTIFICATION, "You are not on your own with this", passages, (), tuple(buttons), FOOTER)


def two_questions() -> Card:
    fields = (
        Field("academy", "Which academy?", tuple(Option(*pair) for pair in (*ACADEMIES, ("unknown", "I don't know")))),
        Field("staff", "Is it about an adult who works there?", (Option("no", "No"), Option("yes", "Yes"))),
    )
    go_on = Button("Continue", press(Action.ANSWER, 2), Style.PRIMARY)
    return Card(NOTIFICATION, "Where, and about whom?", (), fields, (go_on,), FOOTER)


def worries() -> Card:
    options = tuple(Option(*pair) for pair in (*WORRIES, ("unknown", "I don't know")))
    field = Field("worries", "Pick all that apply", options, many=True, exclusive=("none", "unknown"))
    go_on = Button("Continue", press(Action.ANSWER, 3), Style.PRIMARY)
    return Card(NOTIFICATION, "Is any of this so?", (), (field,), (go_on,), FOOTER)


def write() -> Card:
    hint = Passage(("Only what they have already said, in their words.",), tone=Tone.QUIET)
    form = Writing("Privately", "What did the child say?", "Save")
    privately = Button("Write it privately", press(Action.WRITE, 4), writes=form)
    return Card(NOTIFICATION, "What did the child say?", (hint,), (), (privately,), FOOTER, typed=True)


def settled(title: str, said: str) -> Card:
    return Card(NOTIFICATION, title, (Passage((said,)),))


def receipt(state: str) -> Card:
    passages = (Passage((state,)), Passage(NUMBERS, "Numbers for now", Tone.NUMBERS))
    return Card(NOTIFICATION, "Case 7F3K-9QWX-2M", passages)


def channel_post(state: str, buttons: bool = True) -> Card:
    both = (
        Button("Open case", Press(Action.OPEN_CASE, "7F3K-9QWX-2M"), Style.PRIMARY),
        Button("Acknowledge", Press(Action.ACKNOWLEDGE, "7F3K-9QWX-2M")),
    )
    lines = Passage(("Example Academy North", state))
    return Card(NOTIFICATION, "Case 7F3K-9QWX-2M needs a lead today", (lines,), (), both if buttons else both[:1])


def opened(words: str) -> Card:
    passages = (
        Passage((words,), "What the child said", Tone.VERBATIM),
        Passage(("Danger: no",), "What is known"),
        Passage(("Opening this case was written down.",), tone=Tone.QUIET),
    )
    return Card(NOTIFICATION, "Case 7F3K-9QWX-2M", passages, (), (channel_post("").buttons[1], note_button()))


def note_button() -> Button:
    form = Writing("Your note", "What should the other leads know?", "Keep it")
    return Button("Add a note", Press(Action.ADD_NOTE, "7F3K-9QWX-2M"), writes=form)


def noted(words: str) -> Card:
    return Card(NOTIFICATION, "Noted", (Passage((words,), tone=Tone.VERBATIM),), (), (note_button(),))


class Scripted:
    """`hear` it; `heard` is its ledger of everything that came, duplicates too; `keys` what it acted on."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self.keys: set[str] = set()
        self.words = ""
        self.ids: dict[str, str] = {}
        self.failing = False
        self.door: SendingDoor | None = None

    async def hear(self, incoming: Incoming) -> Card | None:
        if self.failing:
            raise RuntimeError("the books cannot be written")
        self.heard.append(incoming)
        if incoming.key in self.keys:
            return None
        self.keys.add(incoming.key)
        if incoming.press is None:
            await self._said(incoming)
            return None
        return await self._pressed(incoming, incoming.press)

    def person(self, id: str) -> Destination:
        return Destination(self._door.name, Reach.PERSON, id)

    @property
    def channel(self) -> Destination:
        return Destination(self._door.name, Reach.CHANNEL, CHANNEL)

    @property
    def _door(self) -> SendingDoor:
        assert self.door is not None
        return self.door

    async def _show(self, slot: str, destination: Destination, card: Card) -> None:
        if slot in self.ids:
            await self._door.update(destination, self.ids[slot], card)
        else:
            self.ids[slot] = await self._door.post(destination, card)

    async def _said(self, incoming: Incoming) -> None:
        me = Destination(incoming.sender.door, Reach.PERSON, incoming.sender.id)
        if incoming.attachments:
            refusal = Passage(("Handrail takes no pictures. Nothing was opened or kept.",))
            await self._door.post(me, Card(NOTIFICATION, "No pictures, please", (refusal,)))
        if "opening" not in self.ids:
            await self._show("opening", me, opening())
        elif incoming.text:
            self.words = incoming.text
            await self._show("write", me, settled("What did the child say?", "Saved."))
            await self._show("receipt", me, receipt("Recorded. Sent to the safeguarding team."))
            await self._show("post", self.channel, channel_post("Waiting 0 minutes"))

    async def _pressed(self, incoming: Incoming, pressed: Press) -> Card | None:
        ways: dict[Action, Callable[[Incoming, Press], Awaitable[Card | None]]] = {
            Action.ANSWER: self._answered,
            Action.ACKNOWLEDGE: self._acknowledged,
            Action.CONTACTS: self._contacts,
        }
        if pressed.action is Action.OPEN_CASE:
            return opened(self.words)
        if pressed.action is Action.ADD_NOTE:
            return noted(incoming.text)
        way = ways.get(pressed.action)
        return await way(incoming, pressed) if way else None

    async def _answered(self, incoming: Incoming, pressed: Press) -> None:
        me = Destination(incoming.sender.door, Reach.PERSON, incoming.sender.id)
        picked = "; ".join(f"{step}: {', '.join(values)}" for step, values in pressed.answers.items())
        slots = {1: ("opening", "two", two_questions), 2: ("two", "worries", worries), 3: ("worries", "write", write)}
        old, new, make = slots[pressed.revision]
        await self._show(old, me, settled("Answered", picked))
        await self._show(new, me, make())

    async def _acknowledged(self, _: Incoming, __: Press) -> None:
        await self._show("post", self.channel, channel_post("Acknowledged by the DSL at 10:52", buttons=False))
        await self._show("receipt", self.person("teacher"), receipt("Acknowledged by the DSL at 10:52."))

    async def _contacts(self, incoming: Incoming, _: Press) -> None:
        me = Destination(incoming.sender.door, Reach.PERSON, incoming.sender.id)
        await self._door.post(me, Card(NOTIFICATION, "Whom to ring", (Passage(NUMBERS, "Now", Tone.NUMBERS),)))
