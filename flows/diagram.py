"""A flow drawn as a Mermaid flowchart, from the same file that is walked. No wording of its own may enter."""

from __future__ import annotations

from collections.abc import Iterator

from flows.flow import UNKNOWN, Flow, Step, StepKind

_SHAPES = {
    StepKind.PICK_ONE: ("[", "]"),
    StepKind.PICK_MANY: ("[[", "]]"),
    StepKind.WRITE: ("[/", "/]"),
    StepKind.END: ("([", "])"),
}


def mermaid(flow: Flow) -> str:
    """The flowchart: a step a node by its short name, an edge for each place its answers lead to."""
    lines = ["flowchart TD", *(f"    {line}" for line in _lines(flow))]
    return "\n".join(lines) + "\n"


def _lines(flow: Flow) -> Iterator[str]:
    for step in flow.steps.values():
        left, right = _SHAPES[step.kind]
        yield f'{step.id}{left}"{_quoted(step.short or step.id)}"{right}'
    for step in flow.steps.values():
        yield from _edges(flow, step)
    handing = ",".join(step.id for step in flow.steps.values() if step.hand_off)
    yield "classDef handoff stroke-width:4px"
    yield f"class {handing} handoff"


def _edges(flow: Flow, step: Step) -> Iterator[str]:
    by_target: dict[str, list[str]] = {}
    for answer, to in flow.edges(step).items():
        by_target.setdefault(to, []).append(answer)
    for to, answers in by_target.items():
        label = "" if len(by_target) == 1 else f'|"{_quoted(" or ".join(_label(step, a) for a in answers))}"|'
        yield f"{step.id} -->{label} {to}"


def _label(step: Step, answer: str) -> str:
    option = step.option(answer)
    return option.label if option else (step.unknown_label if answer == UNKNOWN else answer)


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")
