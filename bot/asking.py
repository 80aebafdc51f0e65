"""The cards that a member of staff is asked on. No decision and no sentence of its own may enter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot import contacts, routing
from bot.case import Case
from bot.conversation import Answer, Conversation, academy_of, home_of, is_asked_again, is_screened, staff_of, walk
from bot.message import Action, Button, Card, Field, Option, Passage, Press, Style, Tone, Writing
from bot.moment import Moment
from bot.whom import whom_of, with_whom
from flows.flow import LONGEST_LABEL, UNKNOWN, Step, StepKind

_LEAD_TOLD, _LONGEST_PART = "lead_told", 2000


def question_slot(conversation: Conversation, revision: int) -> str:
    """The place on the screen of one question card."""
    return f"question:{conversation.id}:{revision}"


def card(moment: Moment, *passages: Passage, title: str = "", buttons: Sequence[Button] = ()) -> Card:
    """A card for the member of staff, with the notification that says nothing."""
    return Card(moment.say("notification.reply"), title, passages, buttons=tuple(buttons))


def outside(moment: Moment) -> Card:
    """For somebody who is not staff of the trust, perhaps a pupil: whom to ring, and that nothing was kept (T19)."""
    line = next((it for it in moment.directory.contacts if it.audience == "child" and it.phone), None)
    young = (say(moment, "away.young", name=line.name, phone=line.phone),) if line else ()
    numbers = Passage(contacts.emergency_lines(moment.directory, None), tone=Tone.NUMBERS)
    return card(moment, say(moment, "away.outside", trust=moment.directory.trust.name), numbers, *young)


def say(moment: Moment, key: str, tone: Tone = Tone.PLAIN, **filled: object) -> Passage:
    return Passage((moment.say(key, **filled),), tone=tone)


def question(conversation: Conversation, moment: Moment, lead: Sequence[Passage] = ()) -> Card:
    """The question that now stands, under what is to be said first."""
    step = moment.flow.steps[conversation.step]
    steps = moment.flow.on_card(step.id)
    in_fields = len(steps) > 1 or step.kind is StepKind.PICK_MANY
    asked = _said_before(conversation, moment, steps) if in_fields else _asked(conversation, moment, step)
    return Card(
        notification=moment.say("notification.reply"),
        passages=(*lead, *asked),
        fields=_fields(conversation, moment, steps) if in_fields else (),
        buttons=_buttons(conversation, moment, steps),
        footer=_footer(conversation, moment),
        typed=step.kind is StepKind.WRITE,
    )


def opening(moment: Moment) -> Card:
    """The do's and don'ts that matter in the first ninety seconds, and whom to ring (D-01..D-30, N-28).

    A card of its own, above the first question: it stays when that one is answered.
    """
    return card(
        moment,
        Passage(moment.lines("opening.intro")),
        say(moment, "contacts.choose"),
        Passage(contacts.emergency_lines(moment.directory, None), moment.say("opening.numbers_heading"), Tone.NUMBERS),
        Passage(moment.lines("opening.do"), moment.say("opening.do_heading"), Tone.DO),
        Passage(moment.lines("opening.dont"), moment.say("opening.dont_heading"), Tone.DONT),
        title=moment.say("opening.title"),
    )


def collapsed(conversation: Conversation, moment: Moment, steps: Sequence[str]) -> Card:
    """What is left of an answered card: a picked label may stand, typed words only show that they were saved (T59)."""
    lines = tuple(shown(moment, moment.flow.steps[step], conversation.answers[step]) for step in steps)
    return card(moment, Passage(lines or (moment.say("asking.superseded"),), tone=Tone.QUIET))


def shown(moment: Moment, step: Step, answer: Answer) -> str:
    """An answered step on one line, without a word that anybody typed."""
    if not answer.values:
        return moment.say("asking.saved_collapsed", short=step.short)
    return moment.say("asking.picked_collapsed", short=step.short, answer=labels(moment, step, answer))


def labels(moment: Moment, step: Step, answer: Answer) -> str:
    return "; ".join(moment.label(step, value) for value in answer.values)


def confirm(conversation: Conversation, moment: Moment, lead: Sequence[Passage] = ()) -> Card:
    """Which of these did you mean? A typed answer that could be read in more than one way, or only guessed."""
    step = moment.flow.steps[conversation.step]
    key = "asking.confirm_one" if len(conversation.candidates) == 1 else "asking.confirm_many"
    picks = [
        _answer_button(conversation, step, values, _joined(moment, step, values)) for values in _offers(conversation)
    ]
    ask = with_whom(conversation, moment, step.ask)
    other = Button(moment.say("asking.neither"), _press(conversation, Action.GO_ON))
    read = tuple(moment.label(step, value) for values in conversation.candidates if len(values) > 1 for value in values)
    passages = (*lead, Passage((ask,), tone=Tone.QUIET), Passage((moment.say(key), *read)))
    return Card(
        moment.say("notification.reply"), "", passages, buttons=(*picks, other), footer=_footer(conversation, moment)
    )


def numbers(conversation: Conversation, moment: Moment) -> Card:
    """Whom to ring now: the academy's own people first, then the services of the child's home council.

    Nobody the concern is about is among them; while that is not known, the member of staff is told to choose (N-18).
    """
    away = _not_to_ring(conversation, moment)
    here = contacts.lead_numbers(moment.directory, academy_of(conversation) or None, moment.now, away)
    if not is_screened(conversation) or is_asked_again(conversation):
        here = (*here, moment.say("contacts.choose"))
    outside = contacts.lines(contacts.numbers(moment.directory, moment.now, authority=home_of(conversation) or None))
    return card(
        moment,
        Passage(here, moment.say("contacts.here"), Tone.NUMBERS),
        *_in_parts(outside, moment.say("contacts.note")),
        title=moment.say("contacts.title"),
    )


def _in_parts(lines: Sequence[str], heading: str) -> Iterator[Passage]:
    """A long list in passages that no platform cuts off."""
    part: list[str] = []
    for line in lines:
        if part and sum(map(len, part)) + len(line) > _LONGEST_PART:
            yield Passage(tuple(part), heading, Tone.NUMBERS)
            part, heading = [], ""
        part.append(line)
    yield Passage(tuple(part), heading, Tone.NUMBERS)


def _not_to_ring(conversation: Conversation, moment: Moment) -> frozenset[str]:
    """The roster ids of those the concern is about, and of the usual team where the case goes past it."""
    if not is_screened(conversation):
        return frozenset()
    staff, academy = frozenset(staff_of(conversation)), academy_of(conversation)
    case = Case(conversation.ref, conversation.sender, conversation.started_at, academy=academy, staff=staff)
    about = routing.implicated(moment.directory, case)
    if not routing.concerns_staff(case):
        return about
    away = about | _holders(moment, academy, "dsl", "deputy")
    duty = moment.directory.on_call(academy, moment.now)
    left = _holders(moment, academy, "head", "chair") - away
    return away | {duty.id} if duty and left and duty.id not in left else away


def _holders(moment: Moment, academy: str, *roles: str) -> frozenset[str]:
    return frozenset(person.id for role in roles for person in moment.directory.holders(academy, role))


def stopping(conversation: Conversation, moment: Moment, lead: Sequence[Passage] = ()) -> Card:
    key = "stopping.ask" if is_screened(conversation) else "stopping.ask_unscreened"
    return card(
        moment,
        *lead,
        say(moment, key),
        buttons=(
            Button(moment.say("stopping.send"), _press(conversation, Action.SEND_NOW), Style.PRIMARY),
            Button(moment.say("stopping.go_on"), _press(conversation, Action.GO_ON)),
            Button(moment.say("stopping.mistake"), _press(conversation, Action.MISTAKE)),
        ),
    )


def pause_buttons(conversation: Conversation, moment: Moment) -> tuple[Button, ...]:
    """Go on, change, and send or, once it is out, stop: under a nudge and for somebody who comes back."""
    is_out = conversation.handed_off and not is_asked_again(conversation)
    key, last = ("silence.stop", Action.STOP) if is_out else ("silence.send", Action.SEND_NOW)
    return (
        Button(moment.say("silence.go_on"), _press(conversation, Action.GO_ON), Style.PRIMARY),
        Button(moment.say("silence.change"), _press(conversation, Action.CHANGE)),
        Button(moment.say(key), _press(conversation, last)),
    )


def returned(conversation: Conversation, moment: Moment, *passages: Passage) -> Card:
    """For somebody who comes back: go on, change, send, or, once it is out, stop or start on something else."""
    new = (Button(moment.say("finished.new"), _press(conversation, Action.NEW)),) if conversation.handed_off else ()
    buttons = (*pause_buttons(conversation, moment), *new)
    footer = _footer(conversation, moment)
    return Card(moment.say("notification.reply"), passages=passages, buttons=buttons, footer=footer)


def choosing(conversation: Conversation, moment: Moment, lead: Sequence[Passage] = ()) -> Card:
    """Pick the answer to change."""
    steps = (moment.flow.steps[i] for i in walk(moment.flow, conversation).answered)
    options = tuple(Option(step.id, step.short) for step in steps)
    field = Field("step", moment.say("silence.which"), options)
    change = Button(moment.say("asking.go_on"), _press(conversation, Action.CHANGE), Style.PRIMARY)
    back = Button(moment.say("silence.go_on"), _press(conversation, Action.GO_ON))
    footer = _footer(conversation, moment)
    return Card(moment.say("notification.reply"), "", tuple(lead), (field,), (change, back), footer)


def finished(conversation: Conversation, moment: Moment, *lead: Passage) -> Card:
    """Nothing more is asked; more may be added."""
    return card(
        moment,
        *lead,
        say(moment, "finished.add", Tone.QUIET),
        buttons=(
            Button(moment.say("finished.change"), _press(conversation, Action.CHANGE)),
            Button(moment.say("finished.new"), _press(conversation, Action.NEW)),
        ),
    )


def join_button(conversation: Conversation, moment: Moment, earlier: str) -> Button:
    """Offered with a new conversation when the same person has an older case."""
    return Button(moment.say("finished.join", ref=earlier), _press(conversation, Action.JOIN))


def _asked(conversation: Conversation, moment: Moment, step: Step) -> tuple[Passage, ...]:
    before = conversation.answers.get(step.id)
    lines = [with_whom(conversation, moment, step.help)] if step.help else []
    if before is not None:
        answer = labels(moment, step, before) or moment.say("asking.typed_answer")
        lines.append(moment.say("asking.you_said", answer=answer))
    hint = "asking.write_here" if step.kind is StepKind.WRITE else "asking.pick_or_type"
    return (Passage((*lines, moment.say(hint)), heading=with_whom(conversation, moment, step.ask)),)


def _said_before(conversation: Conversation, moment: Moment, steps: Sequence[Step]) -> tuple[Passage, ...]:
    """On a card with several questions: what was answered to them so far."""
    before = [(step, conversation.answers[step.id]) for step in steps if step.id in conversation.answers]
    lines = tuple(moment.say("asking.you_said", answer=labels(moment, step, answer)) for step, answer in before)
    return (Passage(lines, tone=Tone.QUIET),) if lines else ()


def _fields(conversation: Conversation, moment: Moment, steps: Sequence[Step]) -> tuple[Field, ...]:
    return tuple(
        Field(
            step=step.id,
            ask=with_whom(conversation, moment, step.ask),
            options=moment.options(step),
            many=step.kind is StepKind.PICK_MANY,
            exclusive=(*(o.value for o in step.options if o.exclusive), UNKNOWN),
            help=with_whom(conversation, moment, step.help),
        )
        for step in steps
    )


def _buttons(conversation: Conversation, moment: Moment, steps: Sequence[Step]) -> tuple[Button, ...]:
    step = steps[0]
    if len(steps) > 1 or step.kind is StepKind.PICK_MANY:
        return (Button(moment.say("asking.go_on"), _press(conversation, Action.ANSWER), Style.PRIMARY),)
    if step.picks:
        return tuple(_answer_button(conversation, step, (o.value,), o.label) for o in moment.options(step))
    unknown = _answer_button(conversation, step, (UNKNOWN,), step.unknown_label)
    return (_private_button(conversation, moment, step), unknown)


def _private_button(conversation: Conversation, moment: Moment, step: Step) -> Button:
    """A form for the words, so that they stand in nobody's message history."""
    send = moment.say("form.send")
    ask, hint = with_whom(conversation, moment, step.ask), moment.say("form.box", send=send)
    form = Writing(moment.say("form.private_title"), ask, send, hint)
    press = Press(Action.WRITE, conversation.id, conversation.revision, {step.id: ()})
    return Button(moment.say("form.private"), press, writes=form)


def _answer_button(conversation: Conversation, step: Step, values: tuple[str, ...], label: str) -> Button:
    return Button(label, Press(Action.ANSWER, conversation.id, conversation.revision, {step.id: values}))


def _offers(conversation: Conversation) -> tuple[tuple[str, ...], ...]:
    offers = conversation.candidates
    return offers if (UNKNOWN,) in offers else (*offers, (UNKNOWN,))


def still_to_tell(conversation: Conversation, moment: Moment) -> tuple[Passage, ...]:
    """At the end: the lead is still to be told by voice, where it was said that nobody has been (N-19)."""
    step = moment.flow.steps.get(_LEAD_TOLD)
    values = conversation.answers.get(_LEAD_TOLD, Answer()).values
    options = (step.option(value) for value in values) if step else ()
    said = (with_whom(conversation, moment, option.say) for option in options if option and option.say)
    return tuple(Passage((text,), tone=Tone.URGENT) for text in said)


def answer(conversation: Conversation, moment: Moment, topic: str) -> Passage:
    """The answer to a question that is often asked."""
    whom = whom_of(conversation, moment)
    return Passage((moment.say(f"answers.{topic}", whom=whom, Whom=whom[0].upper() + whom[1:]),))


def _joined(moment: Moment, step: Step, values: tuple[str, ...]) -> str:
    labels = "; ".join(moment.label(step, value) for value in values)
    return labels if len(labels) <= LONGEST_LABEL else moment.say("asking.all_of", count=len(values))


def _footer(conversation: Conversation, moment: Moment) -> tuple[Button, ...]:
    actions = (Action.SEND_NOW, Action.BACK, Action.CONTACTS, Action.STOP)
    return tuple(Button(moment.say(f"asking.{action}"), _press(conversation, action)) for action in actions)


def _press(conversation: Conversation, action: Action) -> Press:
    return Press(action, conversation.id, conversation.revision)
