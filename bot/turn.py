"""One decision about a conversation while it is being made: what is kept, answered, sent and said.

`bot.hearing` decides which of these happen. No chat platform, no store and no route may enter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot import asking, questions
from bot.case import Entry, Kind
from bot.conversation import (
    DANGER,
    STAFF,
    Answer,
    Conversation,
    Held,
    Mode,
    goes_to_the_team,
    is_asked_again,
    is_screened,
    is_urgent,
    walk,
)
from bot.facts import Tri
from bot.meaning import is_courtesy
from bot.message import Change, Incoming, Passage, Tone
from bot.moment import Moment
from bot.naming import names_staff
from bot.showing import Reply, Showing
from bot.understanding import speaks_of_danger
from bot.whom import with_whom
from flows.flow import UNKNOWN


class Deed(StrEnum):
    """What the shell is to do with the case, in the same transaction."""

    HAND_OFF = "hand_off"
    BLIND_NOTICE = "blind_notice"
    UPDATE = "update"
    NEXT_STEPS = "next_steps"
    DANGER_SAID = "danger_said"
    MISTAKE = "mistake"
    JOIN = "join"
    BEGIN_ANEW = "begin_anew"
    REPLIED = "replied"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Decision:
    conversation: Conversation
    entries: tuple[Entry, ...] = ()
    replies: tuple[Reply, ...] = ()
    deeds: tuple[Deed, ...] = ()


class Turn(Showing):
    """One decision while it is being made."""

    def __init__(self, conversation: Conversation, incoming: Incoming | None, moment: Moment) -> None:
        super().__init__(conversation, incoming, moment)
        self.entries: list[Entry] = []
        self.deeds: list[Deed] = []

    def decision(self) -> Decision:
        """A new danger is told last, to those who have the case after all else that was decided.

        Whatever else is told takes the place of that there is more, or an answer to a lead's question.
        """
        order = {Deed.ADDED: 0, Deed.REPLIED: 0, Deed.DANGER_SAID: 2}
        deeds = sorted(dict.fromkeys(self.deeds), key=lambda deed: order.get(deed, 1))
        return Decision(self.conversation, tuple(self.entries), tuple(self.replies), tuple(deeds))

    # --- what is kept ---

    def keep(self, kind: Kind, step: str = "") -> None:
        """What was written, as it was written."""
        words = self.incoming.text if self.incoming else ""
        if not words:
            return
        self.entries.append(self._entry(kind, step, words, ()))
        courtesy = is_courtesy(words, self.moment.script.words)
        self.conversation = replace(self.conversation, wordless=self.conversation.wordless and courtesy)
        self._mark(words)
        if kind is not Kind.COMMAND and not courtesy:
            self.conversation = replace(self.conversation, told=True)

    def hold(self, held: Held) -> None:
        """Words that may be about an adult of the academy wait outside the case (N-18)."""
        self.conversation = replace(self.conversation, held=(*self.conversation.held, held), told=True)

    def _mark(self, words: str) -> None:
        """Words from before the staff question that name an adult there: a "no" to it will be asked again."""
        it = self.conversation
        if STAFF not in it.answers and not it.held and names_staff(words, self.moment):
            self.hold(Held())

    def release(self) -> None:
        """It has been asked again: what waited is kept now, as what it was."""
        held, self.conversation = self.conversation.held, replace(self.conversation, held=())
        for one in held:
            if one.words:
                self._release(one)

    def _release(self, held: Held) -> None:
        if held.kind is Kind.ANSWER:
            self.answer(held.step, Answer(held.values, held.words))
        else:
            self.entries.append(self._entry(held.kind, held.step, held.words, held.values))
        if held.kind is Kind.REPLY:
            self.answered_question(held.question)
        if held.kind is Kind.ADDITION:
            self.deeds.append(Deed.ADDED)
            self.lead.append(asking.say(self.moment, "finished.added", ref=self.conversation.ref))
        if self.conversation.handed_off:
            self.warn_of_danger(held.words)

    def note_change(self, change: Change) -> None:
        kind = Kind(change)
        words = self.incoming.text if self.incoming else ""
        self.entries.append(self._entry(kind, "", words, ()))
        self._mark(words)
        self.change_case()

    def refuse_files(self) -> bool:
        """Files are refused unopened, whatever else is said (N-28); the text beside them is still taken."""
        count = self.incoming.attachments if self.incoming else 0
        if not count:
            return False
        self.conversation = replace(self.conversation, wordless=False)
        words = self.moment.say("files.noted", count=count)
        self.entries.append(self._entry(Kind.ATTACHMENT, self.conversation.step, words, ()))
        self.lead.append(asking.say(self.moment, "files.refused", Tone.URGENT))
        self.change_case()
        return True

    def _entry(self, kind: Kind, step: str, words: str, values: tuple[str, ...]) -> Entry:
        by = self.conversation.sender.key
        return Entry(self.conversation.ref, self.moment.now, kind, by, step, words, values)

    def answered_question(self, number: int) -> None:
        """A lead's question has its answer: they are told, and the message that asked says so."""
        it = self.conversation
        self.deeds.append(Deed.REPLIED)
        if number:
            self.replies.append(Reply(questions.slot(it.ref, number), questions.answered(it.ref, self.moment)))
        if number == it.asked:
            self.conversation = replace(it, asked=0)

    # --- what is answered ---

    def reply(self, answers: Mapping[str, tuple[str, ...]]) -> None:
        """What was answered, with the words it was answered in, and on to the next question."""
        words = self.incoming.text if self.incoming else ""
        if answers.get(DANGER) != (Tri.NO,):
            self.warn_of_danger(words, pressing=DANGER not in answers)
        for step, values in answers.items():
            self.answer(step, Answer(values, words))
        if STAFF in answers:
            self._screened()
        else:
            self._mark(words)
        self.advance()

    def _screened(self) -> None:
        """The staff question is answered: at the first "no", words that name an adult there still wait."""
        if STAFF in self.before.answers or not goes_to_the_team(self.conversation):
            self.release()

    def answer(self, step: str, answer: Answer) -> None:
        before = self.conversation.answers.get(step)
        if step == DANGER and before is None and answer.values == (Tri.NO,):
            self.conversation = replace(self.conversation, danger_said=False)
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
            filled = with_whom(self.conversation, self.moment, text)
            self.lead.append(Passage((filled,), tone=Tone.URGENT))

    def advance(self) -> None:
        """On to the first question without an answer, handing off whatever has become due."""
        way = walk(self.moment.flow, self.conversation)
        essentials = any(self.moment.flow.steps[step].hand_off for step in way.answered)
        if essentials and not self.conversation.complete:
            self.conversation = replace(self.conversation, complete=True)
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
        if is_asked_again(it):
            return False
        return is_screened(it) and not it.handed_off and (it.complete or is_urgent(it) or it.blind)

    def go_to(self, step: str) -> None:
        """To a question; to the staff question first, while words wait for its answer."""
        if is_asked_again(self.conversation) and STAFF not in {one.id for one in self.moment.flow.on_card(step)}:
            step = STAFF
        self.conversation = replace(self.conversation, step=step, repeated=False)
        self.resume()

    def resume(self) -> None:
        """Ask the question that stands, or end where none is left."""
        if is_asked_again(self.conversation):
            self.lead.append(asking.say(self.moment, "asking.staff_again", Tone.URGENT))
        if self.step.asks:
            self.ask()
        else:
            self.finish()

    # --- what is sent ---

    def send(self) -> None:
        """Send what there is: the case when it is known where it may go, otherwise a notice without a word."""
        if is_asked_again(self.conversation):
            self._past_the_team()
        if is_screened(self.conversation):
            if not self.conversation.handed_off:
                self._hand_off()
            self._give_steps()
            self.change_case()
        elif not self.conversation.blind:
            self.conversation = replace(self.conversation, blind=True, wordless=False)
            self.deeds.append(Deed.BLIND_NOTICE)

    def _past_the_team(self) -> None:
        """Nobody said whether the words that wait point to an adult there: they go, and past the usual team."""
        self.entries.append(self._entry(Kind.CORRECTION, STAFF, "", (UNKNOWN,)))
        self.conversation = self.conversation.with_answer(STAFF, Answer((UNKNOWN,)))
        self.release()

    def _hand_off(self) -> None:
        self.conversation = replace(self.conversation, handed_off=True)
        self.deeds.append(Deed.HAND_OFF)

    def _give_steps(self) -> None:
        if not self.conversation.steps_given:
            self.conversation = replace(self.conversation, steps_given=True)
            self.deeds.append(Deed.NEXT_STEPS)

    def change_case(self) -> None:
        """The case that is out has something new in it."""
        if self.conversation.handed_off or self.before.blind:
            self.deeds.append(Deed.UPDATE)
        elif self._owed():
            self._hand_off()

    # --- what is said ---

    def finish(self, *said: Passage) -> None:
        """Nothing more is asked: said with thanks, or with what is given to be said."""
        self.conversation = replace(self.conversation, mode=Mode.FINISHED)
        thanks = asking.say(self.moment, "finished.thanks")
        last = said or (*asking.still_to_tell(self.conversation, self.moment), thanks)
        self.put(lambda: asking.finished(self.conversation, self.moment, *self.lead, *last))
        self.change_case()

    def warn_of_danger(self, text: str, *, pressing: bool = True) -> None:
        """Words that speak of danger bring 999 with them, whatever they were an answer to (D-11).

        `pressing`: whoever has the case is told of it too; a picked answer tells them by itself.
        """
        if not speaks_of_danger(text, self.moment.script.words, asked=self.step.id == DANGER):
            return
        told = pressing and (self.conversation.handed_off or self.conversation.blind)
        self.conversation = replace(self.conversation, danger_said=True)
        if told:
            self.deeds.append(Deed.DANGER_SAID)
        key = "asking.danger_told" if told else "asking.danger_words"
        self.lead.append(asking.say(self.moment, key, Tone.URGENT))
