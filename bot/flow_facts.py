"""Whether a flow fits what the bot knows: its facts, their values, and the steps that say where a case may go.

The shape of a flow is `flows.faults`. What an answer leads to, and what it means, may not enter.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args, get_origin

from bot.conversation import ACADEMY, DANGER, HOME, STAFF
from bot.facts import Facts, Tri
from flows.faults import UNKNOWN, reach
from flows.flow import Flow, Step, StepKind

_LISTS = ("academies", "authorities")
"""What `options_from` can name: lists of the trust's own file."""

_ROUTED = {
    DANGER: (StepKind.PICK_ONE, "immediate_danger", ""),
    ACADEMY: (StepKind.PICK_ONE, "academy", "academies"),
    STAFF: (StepKind.PICK_MANY, "staff_concerned", ""),
    HOME: (StepKind.PICK_ONE, "home_authority", "authorities"),
}


def check_flow(flow: Flow) -> None:
    """Raises FlowError for the first step whose fact, values or place the bot cannot use."""
    for step, wrong in (*_routing_faults(flow), *_fact_faults(flow)):
        raise flow.fault(step, wrong)


def _routing_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    for id, (kind, fact, listed) in _ROUTED.items():
        step = flow.steps.get(id)
        if step is None:
            yield "", f"the step {id!r} is missing, and without it no case can be sent: write [steps.{id}]"
        elif (step.kind, step.fact, step.options_from) != (kind, fact, listed):
            source = f', options_from = "{listed}"' if listed else ", and options of its own"
            yield id, f'says where a case may go: write kind = "{kind}", fact = "{fact}"{source}'
    yield from _value_faults(flow)
    yield from _order_faults(flow)


def _value_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    danger = flow.steps.get(DANGER)
    if danger and danger.option(Tri.YES) is None:
        yield DANGER, f'has no option with value = "{Tri.YES}", which sends the alert: write one'


def _order_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    """Nothing may be handed off before it is known where it may go (N-18)."""
    for id in (ACADEMY, STAFF):
        early = [step for step in reach(flow, flow.start, stop_at={id}) - {id} if flow.steps[step].hand_off]
        for step in early:
            yield step, f"hands off before {id!r} is asked: write [steps.{id}] above it, on every way"


def _fact_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    for step in flow.steps.values():
        if step.options_from and step.options_from not in _LISTS:
            yield step.id, f"`options_from` names no list of the trust's file: write one of {', '.join(_LISTS)}"
        if step.picks and step.id != ACADEMY:
            yield from ((step.id, wrong) for wrong in _faults_of(step))


def _faults_of(step: Step) -> Iterator[str]:
    field = Facts.model_fields.get(step.fact)
    if field is None:
        yield f"fills {step.fact!r}, which is no fact: write one of {', '.join(Facts.model_fields)}"
        return
    if step.kind is StepKind.PICK_MANY and get_origin(field.annotation) is not frozenset:
        yield f'picks many, and the fact {step.fact!r} holds one value: write kind = "pick_one"'
    known = _values(field.annotation)
    for option in step.options:
        if option.value not in known:
            yield f"the value {option.value!r} is none of {step.fact!r}: write one of {', '.join(known)}"


def _values(annotation: Any) -> tuple[str, ...]:
    """What a fact can be picked as; a name of the trust's own file has no list here."""
    kind = get_args(annotation)[0] if get_origin(annotation) is frozenset else annotation
    return tuple(value for value in kind if value != UNKNOWN) if issubclass(kind, StrEnum) else ()
