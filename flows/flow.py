"""A flow as its TOML file describes it: steps, each with its wording and its edges together.

A safeguarding lead reads and changes the file; whatever is wrong with it is refused here, by step and by line. No rule
about what an answer means may enter: an answer leads to one step, and that is all a flow knows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flows.machine import Moves

LONGEST_LABEL = 75
"""Characters. Slack's limit for the text of a button or an option; Teams takes more."""

LONGEST_ASK = 300
"""Characters. A question that is longer than this is two questions."""

UNKNOWN = "unknown"
WRITTEN = "written"
PICKED = "picked"


class FlowError(Exception):
    """A flow file is wrong: where, what, and what to write instead."""

    def __init__(self, file: str, step: str, line: int, wrong: str) -> None:
        self.file, self.step, self.line, self.wrong = file, step, line, wrong
        super().__init__(f"{file}, line {line}, step {step!r}: {wrong}")


class StepKind(StrEnum):
    PICK_ONE = "pick_one"
    PICK_MANY = "pick_many"
    WRITE = "write"
    END = "end"


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(_Read):
    """One answer to a step: its value (the fact's), its label, other words for it, and where it leads.

    `say` is said at once when it is picked; `exclusive` clears the others where several may be picked.
    """

    value: str = Field(pattern=r"^[a-z0-9_]+$")
    label: str = Field(min_length=1, max_length=LONGEST_LABEL)
    to: str = ""
    words: tuple[str, ...] = ()
    say: str = ""
    exclusive: bool = False


class Step(_Read):
    """One question. `to` is where an answer without its own `to` leads; left out, it is the next step of the file.

    `card` is shared by neighbouring steps that are shown on one card. `options_from` names a list of the trust's own
    (its academies, its councils) that is filled in when the question is shown.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    kind: StepKind
    short: str = Field(default="", max_length=LONGEST_LABEL)
    ask: str = Field(default="", max_length=LONGEST_ASK)
    help: str = Field(default="", max_length=600)
    fact: str = ""
    source: tuple[str, ...] = ()
    card: str = ""
    to: str = ""
    unknown_label: str = Field(default="I don’t know", max_length=LONGEST_LABEL)
    unknown_words: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    options_from: str = ""
    hand_off: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Step:
        for wrong in _step_faults(self):
            raise ValueError(wrong)
        return self

    @property
    def asks(self) -> bool:
        return self.kind is not StepKind.END

    @property
    def picks(self) -> bool:
        return self.kind in (StepKind.PICK_ONE, StepKind.PICK_MANY)

    def option(self, value: str) -> Option | None:
        return next((option for option in self.options if option.value == value), None)

    def event(self, values: tuple[str, ...]) -> str:
        """The machine's name for this answer: an option of a pick-one step, or that something was given."""
        if values == (UNKNOWN,):
            return UNKNOWN
        if self.kind is StepKind.PICK_ONE and not self.options_from:
            return values[0]
        return PICKED if self.picks else WRITTEN


def _step_faults(step: Step) -> Iterator[str]:
    if step.kind is StepKind.END:
        return
    if not step.ask or not step.short:
        yield "has no `ask` or no `short`: write the question, and its few-word name for the lead's view"
    if step.picks and not (step.options or step.options_from):
        yield "has nothing to pick: write [[steps.NAME.options]] with value and label"
    if step.picks and not step.fact:
        yield "has no `fact`: name the field of the assessment that it fills"
    if step.kind is StepKind.WRITE and step.options:
        yield "is a `write` step and cannot have options"
    values = [option.value for option in step.options]
    if len(set(values)) < len(values):
        yield "has the same option value twice"
    if UNKNOWN in values:
        yield "need not list `unknown`: every question has it; use unknown_label to word it"
    if step.kind is StepKind.PICK_MANY and any(option.to for option in step.options):
        yield "picks many, so its options cannot lead to different steps: put `to` on the step"


@dataclass(frozen=True)
class Flow:
    """A whole flow, checked: every step is reachable, every way ends, and passes one hand-off."""

    name: str
    start: str
    steps: dict[str, Step]

    @cached_property
    def moves(self) -> Moves:
        return Moves({step.id: self.edges(step) for step in self.steps.values()})

    def edges(self, step: Step) -> dict[str, str]:
        """Where each answer of a step leads, `I don't know` among them."""
        if not step.asks:
            return {}
        after = step.to or self._following(step.id)
        if step.kind is StepKind.PICK_ONE and not step.options_from:
            return {o.value: o.to or after for o in step.options} | {UNKNOWN: after}
        return {(PICKED if step.picks else WRITTEN): after, UNKNOWN: after}

    def after(self, step_id: str, values: tuple[str, ...]) -> str:
        """The step that an answer leads to. Raises NoMove for a value the step does not have."""
        return self.moves.after(step_id, self.steps[step_id].event(values))

    def on_card(self, step_id: str) -> tuple[Step, ...]:
        """The steps shown together with this one, from this one on."""
        ids = list(self.steps)
        step = self.steps[step_id]
        if not step.card:
            return (step,)
        rest = ids[ids.index(step_id) :]
        return tuple(self.steps[i] for i in rest if self.steps[i].card == step.card)

    def _following(self, step_id: str) -> str:
        ids = list(self.steps)
        place = ids.index(step_id) + 1
        return ids[place] if place < len(ids) else ""


def read_flow(path: Path) -> Flow:
    """Read and check a flow file. Raises FlowError, which names the file, the step and the line."""
    return parse_flow(path.read_text(encoding="utf-8"), path.name)


def parse_flow(text: str, file: str) -> Flow:
    """As `read_flow`, from text. Raises FlowError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as bad:
        line = int((re.search(r"line (\d+)", str(bad)) or [0, 1])[1])
        raise FlowError(file, _step_above(text, line), line, f"is not TOML ({bad}); quotes or brackets?") from None
    steps = {name: _step(file, text, name, body) for name, body in data.get("steps", {}).items()}
    flow = Flow(name=str(data.get("name", "")), start=str(data.get("start", "")), steps=steps)
    for step, wrong in _flow_faults(flow):
        raise FlowError(file, step, _line_of(text, step), wrong)
    return flow


def _step(file: str, text: str, name: str, body: object) -> Step:
    try:
        return Step.model_validate({"id": name} | body if isinstance(body, dict) else body)
    except ValidationError as bad:
        first = bad.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        wrong = f"{where}: {first['msg']}" if where else first["msg"].removeprefix("Value error, ")
        raise FlowError(file, name, _line_of(text, name), wrong) from None


def _flow_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    if flow.start not in flow.steps:
        yield flow.start, "`start` names no step of this file"
        return
    yield from _edge_faults(flow)
    yield from _way_faults(flow)


def _edge_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    for step in flow.steps.values():
        for answer, to in flow.edges(step).items():
            if to not in flow.steps:
                yield step.id, f"the answer {answer!r} leads to {to!r}, which is no step: write one of the steps' names"


def _way_faults(flow: Flow) -> Iterator[tuple[str, str]]:
    """Every step is reached; from every step the end is reached; every way to the end passes one hand-off."""
    reached = _reached(flow, flow.start)
    for step in flow.steps.values():
        if step.id not in reached:
            yield step.id, "cannot be reached from the start: lead an answer to it, or take it out"
        if not any(not flow.steps[i].asks for i in _reached(flow, step.id)):
            yield step.id, "never reaches an end: lead an answer on to a step of kind `end`"
    unsent = _reached(flow, flow.start, stop_at_hand_off=True)
    for step_id in sorted(unsent):
        if not flow.steps[step_id].asks:
            yield step_id, "can be reached without passing a step with `hand_off = true`"
    for step in flow.steps.values():
        if step.hand_off and any(flow.steps[i].hand_off for i in _reached(flow, step.id) - {step.id}):
            yield step.id, "hands off, and a later step hands off again: keep one"


def _reached(flow: Flow, start: str, *, stop_at_hand_off: bool = False) -> set[str]:
    seen, waiting = set[str](), [start]
    while waiting:
        step_id = waiting.pop()
        if step_id in seen or step_id not in flow.steps:
            continue
        seen.add(step_id)
        if not (stop_at_hand_off and flow.steps[step_id].hand_off):
            waiting += flow.edges(flow.steps[step_id]).values()
    return seen


def _line_of(text: str, step: str) -> int:
    found = re.search(rf"^\s*\[+steps\.{re.escape(step)}\]", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _step_above(text: str, line: int) -> str:
    names = re.findall(r"^\s*\[+steps\.([a-z0-9_]+)", "\n".join(text.splitlines()[:line]), re.MULTILINE)
    return names[-1] if names else ""
