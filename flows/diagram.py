"""A flow drawn as a Mermaid flowchart, from the same file that is walked. No wording of its own may enter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.flow import UNKNOWN, Flow, Step, StepKind

_SHAPES = {
    StepKind.PICK_ONE: ("[", "]"),
    StepKind.PICK_MANY: ("[[", "]]"),
    StepKind.WRITE: ("[/", "/]"),
    StepKind.END: ("([", "])"),
}
_BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)
_SIGNS = {ord("#"): "#35;", ord('"'): "#quot;", ord("<"): "#lt;", ord(">"): "#gt;", ord("`"): "#96;"}


def mermaid(flow: Flow) -> str:
    """The flowchart: a step a node by its short name, an edge for each place its answers lead to."""
    lines = ["flowchart TD", *(f"    {line}" for line in _lines(flow))]
    return "\n".join(lines) + "\n"


def embedded(page: str, drawing: str) -> str:
    """A Markdown page with the drawing in its first Mermaid block; a page without one gets it at the end."""
    block = f"```mermaid\n{drawing}```"
    if not _BLOCK.search(page):
        return f"{page}\n{block}\n"
    return _BLOCK.sub(lambda _: block, page, count=1)


def _lines(flow: Flow) -> Iterator[str]:
    for step in flow.steps.values():
        left, right = _SHAPES[step.kind]
        yield f'{_node(step.id)}{left}"{_quoted(step.short or step.id)}"{right}'
    for step in flow.steps.values():
        yield from _edges(flow, step)
    handing = ",".join(_node(step.id) for step in flow.steps.values() if step.hand_off)
    yield "classDef handoff stroke-width:4px"
    yield f"class {handing} handoff"


def _edges(flow: Flow, step: Step) -> Iterator[str]:
    """One arrow to each place, with the answers that lead there; none where every answer leads to the same."""
    by_target: dict[str, list[str]] = {}
    for answer, to in flow.edges(step).items():
        by_target.setdefault(to, []).append(answer)
    for to, answers in by_target.items():
        text = "<br/>".join(_quoted(_label(step, answer)) for answer in answers)
        label = "" if len(by_target) == 1 else f'|"{text}"|'
        yield f"{_node(step.id)} -->{label} {_node(to)}"


def _node(step_id: str) -> str:
    """Mermaid keeps `end` and other plain words for itself."""
    return f"step_{step_id}"


def _label(step: Step, answer: str) -> str:
    option = step.option(answer)
    return option.label if option else (step.unknown_label if answer == UNKNOWN else answer)


def _quoted(text: str) -> str:
    return text.translate(_SIGNS)
