"""One decision about a conversation while it is being made: what is kept, answered, sent and said.

`bot.hearing` decides which of these happen. No chat platform, no store and no route may enter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot import asking
from bot.case import Entry, Kind
from bot.conversation import Answer, Conversation, Mode, in_danger, is_screened, walk
from bot.meaning import lists
from bot.message import Button, Card, Change, Incoming, Lane, Passage, Tone
from bot.moment import Moment
from bot.understanding import speaks_of_danger
from flows.flow import Step


class Deed(StrEnum):
    """What the shell is to do with the case, in the same transaction."""

    HAND_OFF = "hand_off"
    BLIND_NOTICE = "blind_notice"
    UPDATE = "update"
    NEXT_STEPS = "next_steps"
    MISTAKE = "mistake"
    JOIN = "join"
    BEGIN_ANEW = "begin_anew"


@dataclass(frozen=True, slots=True)
class Reply:
    """A card for the member of staff, and the place on the screen it takes."""

    slot: str
    card: Card
    lane: Lane = Lane.PROMPT


@dataclass(frozen=True, slots=True)
class Decision:
    conversation: Conversation
    entries: tuple[Entry, ...] = ()
    replies: tuple[Reply, ...] = ()
    deeds: tuple[Deed, ...] = ()


class Turn:
    """One decision while it is being made."""

    def __init__(self, conversation: Conversation, incoming: Incoming | None, moment: Moment) -> None:
        self.before, self.conversation, self.incoming, self.moment = conversation, conversation, incoming, moment
        self.entries: list[Entry] = []
        self.replies: list[Reply] = []
        self.deeds: list[Deed] = []
        self.lead: list[Passage] = []
        self.answered: list[str] = []
        if incoming:
            self.conversation = replace(conversation, heard_at=moment.now, nudged=False)

    def decision(self) -> Decision:
        return Decision(self.conversation, tuple(self.entries), tuple(self.replies), tuple(dict.fromkeys(self.deeds)))

    @property
    def step(self) -> Step:
        return self.moment.flow.steps[self.conversation.step]

    # --- what is kept ---

    def keep(self, kind: Kind, step: str = "") -> None:
        """What was written, as it was written."""
        words = self.incoming.text if self.incoming else ""
        if not words:
            return
        self.entries.append(self._entry(kind, step, words, ()))
        if kind is not Kind.COMMAND and self._says_something(words):
            self.conversation = replace(self.conversation, told=True)

    def _says_something(self, words: str) -> bool:
        """More than a greeting: whatever is not plainly one may be the concern itself."""
        known = self.moment.script.words
        heard = known.fold(words).words
        return sum(hit.end - hit.start for hit in lists(known).courtesy.find(heard)) < len(heard)

    def note_change(self, change: Change) -> None:
        kind = Kind.EDITED if change is Change.EDITED else Kind.DELETED
        words = self.incoming.text if self.incoming else ""
        self.entries.append(self._entry(kind, "", words, ()))
        self.change_case()

    def refuse_files(self) -> bool:
        """Files are refused unopened, whatever else is said (N-28); the text beside them is still taken."""
        count = self.incoming.attachments if self.incoming else 0
        if not count:
            return False
        words = self.moment.say("files.noted", count=count)
        self.entries.append(self._entry(Kind.ATTACHMENT, self.conversation.step, words, ()))
        self.lead.append(asking.say(self.moment, "files.refused", Tone.URGENT))
        self.change_case()
        return True

    def _entry(self, kind: Kind, step: str, words: str, values: tuple[str, ...]) -> Entry:
        by = self.conversation.sender.key
        return Entry(self.conversation.ref, self.moment.now, kind, by, step, words, values)

    # --- what is answered ---

    def reply(self, answers: Mapping[str, tuple[str, ...]]) -> None:
        """What was answered, with the words it was answered in, and on to the next question."""
        words = self.incoming.text if self.incoming else ""
        self.warn_of_danger()
        for step, values in answers.items():
            self.answer(step, Answer(values, words))
        self.advance()

    def answer(self, step: str, answer: Answer) -> None:
        before = self.conversation.answers.get(step)
        kind = Kind.ANSWER if before in (None, answer) else Kind.CORRECTION
        self.entries.append(self._entry(kind, step, answer.words, answer.values))
        if kind is Kind.CORRECTION:
            self.lead.append(asking.say(self.moment, "silence.corrected", Tone.QUIET))
        self.conversation = self.conversation.with_answer(step, answer)
        self.answered.append(step)
        self._say_at_once(step, answer)

    def _say_at_once(self, step: str, answer: Answer) -> None:
        options = (self.moment.flow.steps[step].option(value) for value in answer.values)
        for text in dict.fromkeys(option.say for option in options if option and option.say):
            self.lead.append(Passage((text,), tone=Tone.URGENT))

    def advance(self) -> None:
        """On to the first question without an answer, handing off whatever has become due."""
        way = walk(self.moment.flow, self.conversation)
        essentials = any(self.moment.flow.steps[step].hand_off for step in way.answered)
        self.conversation = replace(self.conversation, complete=self.conversation.complete or essentials)
        if self._owed():
            self._hand_off()
        else:
            self.change_case()
        if self.conversation.complete or (self.conversation.blind and self.conversation.handed_off):
            self._give_steps()
        self.go_to(way.next)

    def _owed(self) -> bool:
        """Whether the case must leave now: the essentials are in, a child is in danger, or a blind notice waits."""
        it = self.conversation
        return is_screened(it) and not it.handed_off and (it.complete or in_danger(it) or it.blind)

    def go_to(self, step: str) -> None:
        self.conversation = replace(self.conversation, step=step, repeated=False)
        self.resume()

    def resume(self) -> None:
        """Ask the question that stands, or end where none is left."""
        if self.step.asks:
            self.ask()
        else:
            self.finish()

    # --- what is sent ---

    def send(self) -> None:
        """Send what there is: the case when it is known where it may go, otherwise a notice without a word."""
        if is_screened(self.conversation):
            if not self.conversation.handed_off:
                self._hand_off()
            self._give_steps()
            self.change_case()
        elif not self.conversation.blind:
            self.conversation = replace(self.conversation, blind=True)
            self.deeds.append(Deed.BLIND_NOTICE)

    def _hand_off(self) -> None:
        self.conversation = replace(self.conversation, handed_off=True)
        self.deeds.append(Deed.HAND_OFF)

    def _give_steps(self) -> None:
        if not self.conversation.steps_given:
            self.conversation = replace(self.conversation, steps_given=True)
            self.deeds.append(Deed.NEXT_STEPS)

    def change_case(self) -> None:
        """The case that is out has something new in it."""
        if self.conversation.handed_off:
            self.deeds.append(Deed.UPDATE)

    # --- what is said ---

    def ask(self) -> None:
        """Ask the question that stands, on a new card; the card before it collapses."""
        self.conversation = replace(self.conversation, mode=Mode.ASKING, candidates=())
        self.put(lambda: asking.question(self.conversation, self.moment, self.lead))

    def confirm(self, candidates: tuple[tuple[str, ...], ...]) -> None:
        self.conversation = replace(self.conversation, mode=Mode.CONFIRMING, candidates=candidates)
        self.put(lambda: asking.confirm(self.conversation, self.moment, self.lead))

    def finish(self, *said: Passage) -> None:
        """Nothing more is asked: said with thanks, or with what is given to be said."""
        self.conversation = replace(self.conversation, mode=Mode.FINISHED)
        last = said or (asking.say(self.moment, "finished.thanks"),)
        self.put(lambda: asking.finished(self.conversation, self.moment, *self.lead, *last))
        self.change_case()

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

    def warn_of_danger(self) -> None:
        """Words that speak of danger bring 999 with them, whatever they were an answer to (D-11)."""
        if self.incoming and speaks_of_danger(self.incoming.text, self.moment.script.words):
            self.lead.append(asking.say(self.moment, "asking.danger_words", Tone.URGENT))

    def offer_earlier(self) -> None:
        earlier = self.conversation.earlier_ref
        offer = asking.say(self.moment, "finished.earlier", ref=earlier)
        self.tell(offer, buttons=(asking.join_button(self.conversation, self.moment, earlier),))

    def _aside(self) -> str:
        key = self.incoming.key if self.incoming else self.moment.now.isoformat()
        return f"aside:{self.conversation.id}:{key}:{len(self.replies)}"
