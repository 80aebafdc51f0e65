"""What a typed text can mean, and the question it is held against. Pure; no phrase and no sentence may enter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from bot.message import Action, Option
from flows.flow import UNKNOWN, Step, StepKind
from flows.folding import Folded, Phrase, Phrases
from flows.words import Words

Values = tuple[str, ...]

SHORT = 6
"""Words, fillers left out. In a longer sentence a picked option is confirmed."""

LONGEST_SHORT = 10
"""Words, fillers and all: beyond it nothing counts as short."""


@dataclass(frozen=True)
class Understood:
    """The values picked, or `("unknown",)`."""

    values: Values


@dataclass(frozen=True)
class Ambiguous:
    """Answers that may have been meant, each a tuple of values: confirmed with buttons, never guessed."""

    candidates: tuple[Values, ...]


@dataclass(frozen=True)
class Commanded:
    """One of the five commands, as the whole message."""

    action: Action


@dataclass(frozen=True)
class NotAnAnswer:
    """None of the options, and no command: the member of staff's own words. At a `write` step, the answer itself."""


Meaning = Understood | Ambiguous | Commanded | NotAnAnswer


@dataclass(frozen=True)
class Lists:
    """The file of words as phrases to look for. A lead is yes, no, a doubtful one of them, or "I don't know"."""

    leads: Phrases[str]
    alone: Phrases[str]
    commands: Phrases[Action]
    asking: Phrases[bool]
    danger: Phrases[bool]
    feared: Phrases[bool]
    calm: Phrases[bool]
    staff: Phrases[bool]
    classes: frozenset[str]
    before_staff: frozenset[str]
    thanks: Phrases[bool]
    questions: Phrases[str]
    fillers: Phrases[bool]
    courtesy: Phrases[bool]
    unknown: frozenset[Phrase]


@dataclass(frozen=True)
class Question:
    """The question that stands, with every phrase that names one of its options."""

    step: Step
    labels: tuple[tuple[str, Phrase], ...]
    phrases: Phrases[Values]
    words: Words

    @property
    def values(self) -> Values:
        return tuple(value for value, _ in self.labels)

    @property
    def many(self) -> bool:
        return self.step.kind is StepKind.PICK_MANY

    @property
    def careful(self) -> bool:
        """Whether every other word in an answer makes it one to confirm: a wrong one here would cost too much."""
        return self.step.id in self.words.file.careful

    def exclusive(self, value: str) -> bool:
        option = self.step.option(value)
        return option is not None and option.exclusive

    def ordered(self, values: Iterable[str]) -> Values:
        found = set(values)
        return tuple(value for value in self.values if value in found)

    def saying(self, kind: str) -> Values:
        """The options that a bare yes, or no, may mean here; none where the question is not of that sort."""
        plain = kind.removeprefix("hedged_")
        if self.step.options_from:
            return ()
        named = self._named(plain)
        if named or plain == "no":
            return named
        denied = self._named("no")
        return tuple(v for v in self.values if v not in denied and not self.exclusive(v))

    def _named(self, plain: str) -> Values:
        leads = (phrase for phrase, kind in lists(self.words).leads if kind == plain)
        return self.ordered(chain((plain,), *(self.phrases.whole(phrase) or () for phrase in leads)))


def meaning(question: Question, candidates: Sequence[Values], *, sure: bool, doubtful: bool = False) -> Meaning:
    """`doubtful` is a yes that was said, with doubt: where the step's label says "or maybe", that is a yes."""
    if not candidates:
        return NotAnAnswer()
    plain = doubtful and question.step.id in question.words.file.hedged_yes_is_yes
    if len(candidates) == 1 and (sure or (plain and candidates[0] == ("yes",))):
        return Understood(candidates[0])
    return Ambiguous(tuple(candidates))


def singly(values: Iterable[str]) -> list[Values]:
    return [(value,) for value in values]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A step as it is shown: the same step object with the same options reads typed text in the same way."""

    step_id: int
    options: tuple[Option, ...]
    step: Step = field(compare=False)
    words: Words = field(compare=False)


def question(step: Step, options: Sequence[Option], words: Words) -> Question:
    """The phrases of every option shown: its label and its words; and of "I don't know", where no option has it."""
    return _question(_Shown(id(step), tuple(options), step, words))


@lru_cache(maxsize=256)
def _question(shown: _Shown) -> Question:
    step, options, words = shown.step, shown.options, shown.words
    named: dict[Phrase, Values] = {}
    for value, text in _texts(step, options):
        phrase = words.phrase(text)
        named[phrase] = tuple(dict.fromkeys((*named.get(phrase, ()), value)))
    phrases = dict.fromkeys(lists(words).unknown | unknown_of(step, words), (UNKNOWN,)) | named
    labels = tuple((option.value, words.phrase(option.label)) for option in options if option.value != UNKNOWN)
    return Question(step, labels, Phrases(phrases.items()), words)


def _texts(step: Step, options: Sequence[Option]) -> Iterator[tuple[str, str]]:
    for shown in options:
        if shown.value != UNKNOWN:
            known = step.option(shown.value)
            yield from ((shown.value, text) for text in (shown.label, *(known.words if known else ())))


def unknown_of(step: Step, words: Words) -> frozenset[Phrase]:
    return words.phrases((step.unknown_label, *step.unknown_words))


def without_courtesy(heard: Folded, words: Words) -> Folded:
    """A "please" or an "um" at either end taken off, unless nothing would be left."""
    courtesy, start, end = lists(words).courtesy, 0, len(heard.words)
    while start < end and (hit := courtesy.at(heard.words, start)):
        start = hit.end
    while end > start and (hit := courtesy.ending(heard.words, end)):
        end = hit.start
    return heard.cut(start, end) if start < end else heard


def is_courtesy(text: str, words: Words) -> bool:
    """Whether it is no more than a greeting or thanks: whatever is not plainly one may be the concern itself."""
    heard, known = words.fold(text).words, lists(words)
    whole = sum(hit.end - hit.start for hit in known.courtesy.find(heard)) >= len(heard)
    return whole or known.thanks.whole(heard) is not None


@lru_cache(maxsize=4)
def lists(words: Words) -> Lists:
    """The phrases of the file, folded once."""
    file = words.file
    leads = {"yes": file.yes, "no": file.no, "hedged_yes": file.hedged_yes, "hedged_no": file.hedged_no}
    hedged_alone = {"hedged_yes": file.hedged_yes_alone, "hedged_no": file.hedged_no_alone}
    return Lists(
        leads=_meaning_of({**leads, UNKNOWN: file.unknown}, words),
        alone=_meaning_of({"yes": file.yes_alone, "no": file.no_alone, **hedged_alone}, words),
        commands=_commands(words),
        asking=_set_of(file.asking.begins, words),
        danger=_set_of(file.danger.phrases, words),
        feared=_set_of(file.danger.feared, words),
        calm=_set_of(file.danger.calm, words),
        staff=_set_of((*file.staff.phrases, *(f"{one}s" for one in file.staff.phrases)), words),
        classes=frozenset(phrase[0] for phrase in words.phrases(file.staff.classes)),
        before_staff=frozenset(phrase[0] for phrase in words.phrases(file.staff.before)),
        thanks=_set_of(file.staff.thanks, words),
        questions=_questions(words),
        fillers=_set_of(file.fillers, words),
        courtesy=_set_of(file.courtesy, words),
        unknown=words.phrases(file.unknown),
    )


def _commands(words: Words) -> Phrases[Action]:
    file = words.file
    begins, ends = words.phrases(file.asking.begins), words.phrases(file.asking.ends)
    begun = [(begin + end, Action.CONTACTS) for begin in begins for end in ends]
    listed = [(words.phrase(text), Action(name)) for name, texts in file.commands for text in texts]
    return Phrases([*begun, *listed])


def _questions(words: Words) -> Phrases[str]:
    file = words.file.questions
    begins = words.phrases(file.begins)
    begun = [(b + words.phrase(end), name) for name, ends in file.ends.items() for end in ends for b in begins]
    return Phrases([*begun, *((words.phrase(text), name) for name, texts in file.whole.items() for text in texts)])


def _meaning_of(kinds: dict[str, tuple[str, ...]], words: Words) -> Phrases[str]:
    return Phrases((words.phrase(text), kind) for kind, texts in kinds.items() for text in texts)


def _set_of(texts: Iterable[str], words: Words) -> Phrases[bool]:
    return Phrases((phrase, True) for phrase in words.phrases(texts))
