"""Every state that the conversation can reach, and what is true in each of them.

Two walks: over the flow's own edges, and over the engine itself (`bot.hearing`), driven by every answer, every button
and every silence until nothing new turns up. A state is what decides what happens next; who said what is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from adapters.trust_file import TrustFile
from bot import composition, hearing, unheard
from bot.conversation import Conversation, Mode, in_danger, is_screened
from bot.message import Action, Card, Incoming, Passage, Person, Press
from bot.moment import Moment
from bot.turn import Decision, Deed
from flows.flow import UNKNOWN, Flow, Step, StepKind
from tests.sources import phrases, python_files, strings_of

NOW = datetime(2026, 11, 20, 10, 40, tzinfo=UTC)
SENDER = Person("web", "teacher")
FLOW = composition.script().flow
MOMENT = Moment(composition.script(), TrustFile(composition.EXAMPLE).current(), NOW)

SLACK_LABEL, SLACK_TEXT, SLACK_TITLE, SLACK_BUTTONS, SLACK_OPTIONS = 75, 3000, 150, 25, 100
TEAMS_CARD = 25_000

FREE = (Action.SEND_NOW, Action.BACK, Action.CONTACTS, Action.STOP, Action.GO_ON, Action.CHANGE, Action.MISTAKE)


# --- the flow's own edges ---


def ways(flow: Flow, step: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every way from a step to an end, by the steps on it; answers that lead to the same step are one."""
    here = (*seen, step)
    following = sorted(set(flow.edges(flow.steps[step]).values()))
    if not following:
        yield here
    for to in following:
        yield from ways(flow, to, here)


def test_every_answer_of_every_step_leads_where_its_edge_says() -> None:
    for step in FLOW.steps.values():
        for event, to in FLOW.edges(step).items():
            assert FLOW.after(step.id, _values(step, event)) == to


def test_every_way_passes_exactly_one_handoff_and_ends() -> None:
    found = list(ways(FLOW, FLOW.start))
    assert len(found) >= 4
    for way in found:
        assert sum(FLOW.steps[step].hand_off for step in way) == 1
        assert FLOW.steps[way[-1]].kind is StepKind.END
    assert {step for way in found for step in way} == set(FLOW.steps)


def test_the_essentials_are_at_most_eight_taps_and_two_sentences_on_every_way() -> None:
    for way in ways(FLOW, FLOW.start):
        last = next(place for place, step in enumerate(way) if FLOW.steps[step].hand_off)
        essentials = [FLOW.steps[step] for step in way[: last + 1]]
        cards = {step.card or step.id for step in essentials if step.card or step.kind is StepKind.PICK_MANY}
        assert sum(step.picks for step in essentials) + len(cards) <= 8
        assert sum(step.kind is StepKind.WRITE for step in essentials) <= 2


def test_danger_comes_first_and_then_at_once_what_says_where_the_case_may_go() -> None:
    assert list(FLOW.steps)[:3] == ["danger", "academy", "staff_concerned"]
    assert [step.id for step in FLOW.on_card("academy")] == ["academy", "staff_concerned"]


@pytest.mark.parametrize("step", [step for step in FLOW.steps.values() if step.picks], ids=lambda step: step.id)
def test_every_question_offers_i_dont_know_last(step: Step) -> None:
    assert [option.value for option in MOMENT.options(step)].index(UNKNOWN) == len(MOMENT.options(step)) - 1


# --- the engine, driven over every edge ---

State = tuple[object, ...]


@dataclass(frozen=True)
class Edge:
    """One thing that happened in a state: what was decided, and the state after it."""

    before: State
    done: str
    decision: Decision
    after: State


def state_of(it: Conversation) -> State:
    """All that decides what happens next, and nothing of what was said."""
    waits = (it.blind and not it.steps_given, in_danger(it) and not it.handed_off, is_screened(it), bool(it.held))
    return (it.step, it.mode, it.handed_off, it.complete, it.steps_given, it.told, it.closed, *waits)


@cache
def explored() -> tuple[dict[State, Conversation], tuple[Edge, ...]]:
    """Every state that can be reached from the first message, one conversation that is in it, and every edge."""
    first = _begun().conversation
    found, edges, waiting = {state_of(first): first}, list[Edge](), [first]
    while waiting:
        conversation = waiting.pop()
        for done, decision in happenings(conversation):
            after = decision.conversation
            edges.append(Edge(state_of(conversation), done, decision, state_of(after)))
            if state_of(after) not in found and not after.closed:
                found[state_of(after)] = after
                waiting.append(after)
    return found, tuple(edges)


def happenings(it: Conversation) -> Iterator[tuple[str, Decision]]:
    """Everything that can happen in a state, and what is decided on it."""
    for action in FREE:
        yield action, _press(it, action)
    for answers in _answers(it):
        yield f"answer {answers}", _press(it, Action.ANSWER, answers)
    if it.mode is Mode.CHOOSING:
        for step in it.answers:
            yield f"change {step}", _press(it, Action.CHANGE, {"step": (step,)})
    for words in ("a sentence about what was said", "yes", "dunno", "it may have been the coach of the team"):
        yield f"say {words}", hearing.hear(it, _said(words), MOMENT)
    yield "say it late", hearing.hear(it, _said("are you there"), replace(MOMENT, now=NOW + timedelta(hours=1)))
    yield "silence", unheard.fall_silent(it, MOMENT)
    yield "nudge", unheard.nudge(it, MOMENT)


def test_every_step_is_reached_by_the_engine_and_every_mode() -> None:
    found, edges = explored()
    assert {state[0] for state in found} == set(FLOW.steps)
    assert {state[1] for state in found} == set(Mode)
    assert len(edges) > 1000


def test_from_every_state_send_now_hands_off_or_sends_a_blind_notice_while_nobody_knows_where_to() -> None:
    found, _ = explored()
    for conversation in found.values():
        sent = _press(conversation, Action.SEND_NOW)
        after = sent.conversation
        assert after.handed_off or (after.blind and not is_screened(after)), state_of(conversation)
        if not conversation.handed_off and not conversation.blind:
            assert set(sent.deeds) & {Deed.HAND_OFF, Deed.BLIND_NOTICE}


def test_a_silence_in_any_state_sends_what_there_is() -> None:
    found, _ = explored()
    for conversation in found.values():
        if conversation.mode is not Mode.FINISHED:
            after = unheard.fall_silent(conversation, MOMENT).conversation
            assert after.handed_off or after.blind, state_of(conversation)


def test_the_case_is_handed_off_once_and_never_taken_back() -> None:
    for edge in explored()[1]:
        was, now = edge.before[2], edge.decision.conversation.handed_off
        assert (Deed.HAND_OFF in edge.decision.deeds) is (now and not was), edge.done
        assert now or not was, edge.done


def test_nothing_is_handed_off_before_it_is_known_where_it_may_go() -> None:
    for edge in explored()[1]:
        assert Deed.HAND_OFF not in edge.decision.deeds or is_screened(edge.decision.conversation), edge.done


def test_who_answers_everything_has_handed_off_and_has_been_given_the_next_steps() -> None:
    for conversation in explored()[0].values():
        if not FLOW.steps[conversation.step].asks and conversation.complete and is_screened(conversation):
            assert conversation.handed_off
            assert conversation.steps_given


def test_from_every_state_the_end_can_be_reached() -> None:
    found, edges = explored()
    finishing = {edge.after for edge in edges if edge.after[1] is Mode.FINISHED}
    before: dict[State, set[State]] = {}
    for edge in edges:
        before.setdefault(edge.after, set()).add(edge.before)
    waiting, ending = list(finishing), set(finishing)
    while waiting:
        for state in before.get(waiting.pop(), set()) - ending:
            ending.add(state)
            waiting.append(state)
    assert set(found) <= ending


def test_from_every_question_the_end_is_reached_by_i_dont_know_alone() -> None:
    for conversation in explored()[0].values():
        it, presses = _press(conversation, Action.GO_ON).conversation, 0
        while it.mode is not Mode.FINISHED:
            answers = {step.id: (UNKNOWN,) for step in FLOW.on_card(it.step)}
            it, presses = _press(it, Action.ANSWER, answers).conversation, presses + 1
            assert presses <= len(FLOW.steps), state_of(conversation)
        assert it.handed_off


# --- what is shown ---


def cards() -> Iterator[Card]:
    """Every card that the engine puts on the screen of a member of staff, in every state."""
    for edge in explored()[1]:
        yield from (reply.card for reply in edge.decision.replies)
    yield from (reply.card for reply in _begun().replies)


def test_no_label_is_too_long_for_slack() -> None:
    for card in cards():
        for button in (*card.buttons, *card.footer):
            assert 0 < len(button.label) <= SLACK_LABEL
        for field in card.fields:
            assert all(0 < len(option.label) <= SLACK_LABEL for option in field.options)
            assert len(field.options) <= SLACK_OPTIONS
        assert len(card.buttons) <= SLACK_BUTTONS
        assert len(card.title) <= SLACK_TITLE


def test_no_text_is_too_long_for_slack_and_no_card_too_large_for_teams() -> None:
    for card in cards():
        assert all(len(_text(passage)) <= SLACK_TEXT for passage in card.passages)
        assert len(json.dumps(asdict(card), default=str).encode()) < TEAMS_CARD


def test_a_question_card_always_carries_the_four_ways_out_and_something_to_answer_with() -> None:
    ways_out = ["Send now", "Back", "Contacts", "Stop"]
    shown = [card for card in cards() if card.footer]
    assert len(shown) > 100
    for card in shown:
        assert [button.label for button in card.footer] == ways_out
        assert card.buttons


def test_every_question_card_offers_i_dont_know_last() -> None:
    for card in cards():
        asked = [field for field in card.fields if field.step in FLOW.steps]
        if asked:
            assert all(field.options[-1].value == UNKNOWN for field in asked)
        elif answers := [b.press.answers for b in card.buttons if b.press.action is Action.ANSWER]:
            assert [*answers[-1].values()] == [(UNKNOWN,)]


# --- where the sentences stand ---


def test_no_python_file_holds_a_sentence_of_the_flow_or_of_the_phrases() -> None:
    held = {(path.name, sentence) for path in python_files() for sentence in _held(path)}
    assert held == set()


def test_a_sentence_that_stood_in_python_would_be_found(tmp_path: Path) -> None:
    asked = FLOW.steps["danger"].ask
    file = tmp_path / "room.py"
    file.write_text(f'def say(name):\n    """{asked}"""\n    return f"{{name}}: {asked}"\n', encoding="utf-8")
    assert _held(file) == {_plain(asked)}
    file.write_text(f'def say(name):\n    """{asked}"""\n', encoding="utf-8")
    assert _held(file) == set()


@cache
def _sentences() -> frozenset[str]:
    """What is asked and said, where it is long enough to be known again."""
    return frozenset(_plain(text) for text in (*_flow_sentences(), *_phrase_sentences()) if len(text.split()) > 4)


def _held(path: Path) -> set[str]:
    return {sentence for text in strings_of(path) for sentence in _sentences() if sentence in _plain(text)}


def _flow_sentences() -> Iterator[str]:
    for step in FLOW.steps.values():
        yield from filter(None, (step.ask, step.help, step.unknown_label, step.short))
        for option in step.options:
            yield from filter(None, (option.label, option.say))


def _phrase_sentences() -> Iterator[str]:
    for key, sentence in phrases().items():
        if ".source" not in f".{key}":
            yield from sentence if isinstance(sentence, tuple) else (sentence,)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


# --- shorthand ---


def _fresh() -> Conversation:
    return Conversation("c1", SENDER, "2222-3333-44", NOW, NOW, FLOW.start)


def _begun() -> Decision:
    return hearing.begin(_fresh(), _said("A pupil has told me something"), MOMENT)


def _said(words: str) -> Incoming:
    return Incoming(SENDER, "k", NOW, words)


def _press(it: Conversation, action: Action, answers: Mapping[str, tuple[str, ...]] | None = None) -> Decision:
    press = Press(action, it.id, it.revision, answers or {})
    return hearing.hear(it, Incoming(SENDER, "k", NOW, press=press), MOMENT)


def _answers(it: Conversation) -> Iterator[Mapping[str, tuple[str, ...]]]:
    """Every answer of the step that stands; on a card of several, each pick alone and beside "I don't know"."""
    on_card = [step for step in FLOW.on_card(it.step) if step.asks]
    for step in on_card:
        for option in MOMENT.options(step):
            alone: dict[str, tuple[str, ...]] = {step.id: (option.value,)}
            yield {other.id: (UNKNOWN,) for other in on_card} | alone
            yield alone
        if step.kind is StepKind.PICK_MANY:
            yield {step.id: tuple(option.value for option in MOMENT.options(step))}


def _values(step: Step, event: str) -> tuple[str, ...]:
    if event == UNKNOWN or step.option(event):
        return (event,)
    return (MOMENT.options(step)[0].value,) if step.picks else ()


def _text(passage: Passage) -> str:
    return "\n".join((passage.heading, *passage.lines))
