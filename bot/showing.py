"""What one decision puts on the screen of the member of staff: questions, cards beside them, what is said first.

What is decided stands in `bot.turn`. Nothing is kept, sent or routed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from bot import asking
from bot.conversation import Conversation, Mode
from bot.message import Button, Card, Incoming, Lane, Passage
from bot.moment import Moment
from bot.resent import said_last
from flows.flow import Step


@dataclass(frozen=True, slots=True)
class Reply:
    """A card for the member of staff, and the place on the screen it takes."""

    slot: str
    card: Card
    lane: Lane = Lane.PROMPT


class Showing:
    """The cards of one decision while it is being made; `lead` is what the next of them says first."""

    def __init__(self, conversation: Conversation, incoming: Incoming | None, moment: Moment) -> None:
        self.before, self.conversation, self.incoming, self.moment = conversation, conversation, incoming, moment
        self.replies: list[Reply] = []
        self.lead: list[Passage] = []
        self.answered: list[str] = []
        if incoming:
            self.conversation = replace(
                conversation,
                heard_at=moment.now,
                nudged=False,
                last_said=said_last(conversation, incoming),
                unverified=conversation.unverified and incoming.unverified,
            )

    @property
    def step(self) -> Step:
        return self.moment.flow.steps[self.conversation.step]

    def ask(self) -> None:
        """Ask the question that stands, on a new card; the card before it collapses."""
        self.conversation = replace(self.conversation, mode=Mode.ASKING, candidates=())
        self.put(lambda: asking.question(self.conversation, self.moment, self.lead))

    def confirm(self, candidates: tuple[tuple[str, ...], ...]) -> None:
        self.conversation = replace(self.conversation, mode=Mode.CONFIRMING, candidates=candidates)
        self.put(lambda: asking.confirm(self.conversation, self.moment, self.lead))

    def tell(self, *passages: Passage, buttons: tuple[Button, ...] = ()) -> None:
        """Say something that leaves the question standing."""
        self.show(asking.card(self.moment, *self.lead, *passages, buttons=buttons))
        self.lead = []

    def say_the_rest(self) -> None:
        """What was to be said first, where no card came that could carry it."""
        if self.lead:
            self.tell()

    def show(self, card: Card) -> None:
        """Show a card beside the question."""
        self.replies.append(Reply(self._aside(), card, Lane.RECEIPT))

    def put(self, make: Callable[[], Card]) -> None:
        """Put a new card in the place of the one that stood; what was answered on that one collapses to a line."""
        before = self.conversation.revision
        if before:
            gone = asking.collapsed(self.conversation, self.moment, self.answered)
            self.replies.append(Reply(asking.question_slot(self.conversation, before), gone, Lane.COSMETIC))
        self.conversation = replace(self.conversation, revision=before + 1)
        self.replies.append(Reply(asking.question_slot(self.conversation, before + 1), make()))
        self.lead = []

    def offer_earlier(self) -> None:
        earlier = self.conversation.earlier_ref
        offer = asking.say(self.moment, "finished.earlier", ref=earlier)
        self.tell(offer, buttons=(asking.join_button(self.conversation, self.moment, earlier),))

    def _aside(self) -> str:
        return f"aside:{self.conversation.id}:{uuid4().hex}"
