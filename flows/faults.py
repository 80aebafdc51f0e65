"""What can be wrong with a flow, and how it is said: by file, line and step, with what to write instead.

Read by whoever changed the file. No meaning of an answer may enter: that is `bot.flow_facts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flows.lines import Path

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from flows.flow import Flow, Step

UNKNOWN = "unknown"

_WRITE = {
    "string_type": 'write text in "quotation marks"',
    "string_too_short": "write at least one letter",
    "string_pattern_mismatch": "write small letters, digits and underscores only, as in under_13",
    "bool_type": "write true or false, without quotation marks",
    "bool_parsing": "write true or false, without quotation marks",
    "tuple_type": 'write a list, as in ["S2-34", "S2-49"]',
    "dict_type": "write a table, as in [steps.NAME]",
}


class FlowError(Exception):
    """A flow file is wrong: where, what, and what to write instead."""

    def __init__(self, file: str, step: str, line: int, wrong: str) -> None:
        self.file, self.step, self.line, self.wrong = file, step, line, wrong
        place = f"step {step!r}" if step else "the whole file"
        super().__init__(f"{file}, line {line}, {place}: {wrong}")


def said(error: ErrorDetails, keys: tuple[str, ...]) -> str:
    """One of pydantic's findings in words a safeguarding lead can act on; `keys` are those that can stand there."""
    key, context = str(error["loc"][-1]) if error["loc"] else "", error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return error["msg"].removeprefix("Value error, ")
        case "extra_forbidden":
            return f"`{key}` is no key that can stand here: write one of {', '.join(keys)}"
        case "missing":
            return f"`{key}` is missing: write {key} = ..."
        case "string_too_long":
            return f"`{key}` is too long: write at most {context['max_length']} characters"
        case "enum":
            return f"`{key}` is none of the kinds: write {context['expected']}"
        case kind:
            return f"`{key}` cannot be read: {_WRITE.get(kind, error['msg'])}"


def step_faults(step: Step) -> Iterator[tuple[Path, str]]:
    """What is wrong with one step by itself: the key, and what to write."""
    if not step.asks:
        yield from _end_faults(step)
        return
    for key in ("ask", "short"):
        if not getattr(step, key):
            yield (), f"has no `{key}`: write the question as `ask`, and its few-word name for the lead as `short`"
    yield from _picking_faults(step) if step.picks else _writing_faults(step)


def _end_faults(step: Step) -> Iterator[tuple[Path, str]]:
    for key in ("ask", "fact", "to", "card", "options", "options_from", "hand_off"):
        if getattr(step, key):
            yield (key,), f"is an end and asks nothing: take out its `{key}`, or write another kind"


def _writing_faults(step: Step) -> Iterator[tuple[Path, str]]:
    for key in ("options", "options_from", "fact", "card"):
        if getattr(step, key):
            yield (key,), f'is a `write` step: take out its `{key}`, or write kind = "pick_one"'


def _picking_faults(step: Step) -> Iterator[tuple[Path, str]]:
    if bool(step.options) is bool(step.options_from):
        yield (), "has nothing to pick, or picks from two lists: write either [[steps.NAME.options]] or `options_from`"
    if not step.fact:
        yield (), "has no `fact`: name the field of the assessment that it fills"
    seen = {UNKNOWN}
    for place, option in enumerate(step.options):
        if option.value in seen:
            yield ("options", place, "value"), _again(option.value)
        if option.to and step.kind == "pick_many":
            yield ("options", place, "to"), "picks many, so no option can lead on by itself: write `to` on the step"
        seen.add(option.value)


def _again(value: str) -> str:
    if value == UNKNOWN:
        return "need not list `unknown`: every question has it; write unknown_label to word it"
    return f"has the option value {value!r} twice: write another one"


def flow_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    """What is wrong with the steps together: the step, and what to write. A later check may rely on an earlier one."""
    if flow.start not in flow.steps:
        yield "", f"`start` is {flow.start!r}, which is no step of this file: write one of the steps' names"
        return
    for check in (_edge_faults, _circle_faults, _reach_faults, _hand_off_faults, _card_faults):
        yield from check(flow)


def _edge_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    for step in flow.steps.values():
        for answer, to in flow.edges(step).items():
            if to not in flow.steps:
                yield step.id, f"the answer {answer!r} leads to {_named(to)}: write one of the steps' names as `to`"


def _named(to: str) -> str:
    return f"{to!r}, which is no step" if to else "nothing, for no step stands below it"


def _reach_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    reached = reach(flow, flow.start)
    for step in flow.steps.values():
        if step.id not in reached:
            yield step.id, "cannot be reached from the start: lead an answer to it, or take it out"
        if not any(not flow.steps[i].asks for i in reach(flow, step.id)):
            yield step.id, 'never reaches an end: lead an answer on to a step, and write one of kind "end"'


def _circle_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    for step in flow.steps.values():
        for to in flow.edges(step).values():
            if step.id in reach(flow, to):
                yield step.id, "can be asked twice on one way: lead its answers only to steps that do not lead back"


def _hand_off_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    handing = {step.id for step in flow.steps.values() if step.hand_off}
    for step_id in sorted(reach(flow, flow.start, stop_at=handing) - handing):
        if not flow.steps[step_id].asks:
            yield step_id, "can be reached without a handoff: write hand_off = true on one step of every way"
    for step_id in sorted(handing):
        if handing & reach(flow, step_id) - {step_id}:
            yield step_id, "hands off, and a later step hands off again: write hand_off = true on one of them only"


def _card_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    """Steps on one card are shown and answered together, so each leads to the next of them and nowhere else."""
    for step in flow.steps.values():
        on_it = [other.id for other in flow.steps.values() if step.card and other.card == step.card]
        after = on_it[on_it.index(step.id) + 1 :] if on_it else []
        if after and set(flow.edges(step).values()) != {after[0]}:
            yield step.id, f"shares the card {step.card!r} with {after[0]!r}: write that step straight after this one"


def reach(flow: Flow, start: str, stop_at: set[str] | frozenset[str] = frozenset()) -> set[str]:
    """Every step on the ways from `start`, itself among them; no way goes on from a step in `stop_at`."""
    seen, waiting = set[str](), [start]
    while waiting:
        step_id = waiting.pop()
        if step_id in seen or step_id not in flow.steps:
            continue
        seen.add(step_id)
        if step_id not in stop_at:
            waiting += flow.edges(flow.steps[step_id]).values()
    return seen
