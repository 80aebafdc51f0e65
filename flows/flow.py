"""A flow as its TOML file describes it: steps, each with its wording and its edges together.

A safeguarding lead reads and changes the file; whatever is wrong with it is refused, by step and by line
(`flows.faults`). No rule about what an answer means may enter: an answer leads to one step, and that is all a flow
knows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows import faults, lines
from flows.faults import UNKNOWN, FlowError
from flows.machine import Moves

__all__ = [
    "LONGEST_LABEL",
    "UNKNOWN",
    "Flow",
    "FlowError",
    "Option",
    "Step",
    "StepKind",
    "parse_flow",
    "read_flow",
    "read_text",
]

LONGEST_LABEL = 75
"""Characters. Slack's limit for the text of a button or an option; Teams takes more."""

LONGEST_ASK = 300
"""Characters. A question that is longer than this is two questions."""

WRITTEN = "written"
PICKED = "picked"


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
    say: str = Field(default="", max_length=LONGEST_ASK)
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
    unknown_label: str = Field(default="I don’t know", min_length=1, max_length=LONGEST_LABEL)
    unknown_words: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    options_from: str = ""
    hand_off: bool = False

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


class _File(_Read):
    """The top of a flow's file; each step is read by itself, so that what is wrong with it is said by its name."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    start: str
    steps: dict[str, object]


@dataclass(frozen=True)
class Flow:
    """A whole flow, checked: every step is reachable, every way ends, and passes one hand-off."""

    name: str
    start: str
    steps: dict[str, Step]
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

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

    def fault(self, step: str, wrong: str) -> FlowError:
        """What is wrong with a step of this flow, with its file and line."""
        return FlowError(self.file, step, self.lines.get(step, 1), wrong)

    def _following(self, step_id: str) -> str:
        ids = list(self.steps)
        place = ids.index(step_id) + 1
        return ids[place] if place < len(ids) else ""


def read_flow(path: Path) -> Flow:
    """Read and check a flow file. Raises FlowError, which names the file, the step and the line."""
    return parse_flow(read_text(path), path.name)


def read_text(path: Path) -> str:
    """The text of a file of this room. Raises FlowError when there is none, or it is not UTF-8."""
    try:
        # Notepad writes a byte-order mark; TOML allows none.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FlowError(path.name, "", 1, "is not saved as UTF-8: save it again with the encoding UTF-8") from None
    except OSError as gone:
        raise FlowError(path.name, "", 1, f"cannot be read ({gone.strerror}): write the path of a file") from None


def parse_flow(text: str, file: str) -> Flow:
    """As `read_flow`, from text. Raises FlowError."""
    top = _top(text, file)
    steps = {name: _step(file, text, name, body) for name, body in top.steps.items()}
    where = {"": lines.line_of(text, "", ("start",))} | {name: lines.line_of(text, name) for name in steps}
    flow = Flow(top.name, top.start, steps, file, where)
    for step, wrong in faults.flow_faults(flow):
        raise flow.fault(step, wrong)
    return flow


def toml_error(text: str, file: str, bad: tomllib.TOMLDecodeError) -> FlowError:
    """A file that is not TOML: the line, and the step above it."""
    found = re.search(r"line (\d+)", str(bad))
    line = int(found[1]) if found else len(text.splitlines())
    return FlowError(file, lines.step_above(text, line), line, f"is not TOML ({bad}); quotes or brackets?")


def _top(text: str, file: str) -> _File:
    try:
        return _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as bad:
        raise toml_error(text, file, bad) from None
    except ValidationError as bad:
        first = bad.errors()[0]
        line = lines.line_of(text, "", first["loc"])
        raise FlowError(file, "", line, faults.said(first, tuple(_File.model_fields))) from None


def _step(file: str, text: str, name: str, body: object) -> Step:
    if not isinstance(body, dict):
        raise FlowError(file, name, lines.line_of(text, "", (name,)), "is no table: write [steps.NAME] above its lines")
    if "id" in body:
        raise FlowError(file, name, lines.line_of(text, name, ("id",)), "`id` is no key: [steps.NAME] names the step")
    try:
        step = Step.model_validate({"id": name} | body)
    except ValidationError as bad:
        first = bad.errors()[0]
        keys = tuple(Option.model_fields) if first["loc"][:1] == ("options",) else tuple(Step.model_fields)[1:]
        raise FlowError(file, name, lines.line_of(text, name, first["loc"]), faults.said(first, keys)) from None
    for path, wrong in faults.step_faults(step):
        raise FlowError(file, name, lines.line_of(text, name, path), wrong)
    return step
