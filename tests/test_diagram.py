"""The drawing of the conversation is the conversation: current, with every step and every arrow."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bot import composition
from flows.diagram import embedded, mermaid
from flows.flow import UNKNOWN, Flow, parse_flow
from tests.flows_made import RIGHT, spoilt

DOCS = composition.ROOT / "docs" / "flows"
_NODE = re.compile(r'^    step_(\w+)[\[(/]+"(.*?)"[\])/]+$', re.MULTILINE)
_ARROW = re.compile(r'^    step_(\w+) -->(?:\|"(.*?)"\|)? step_(\w+)$', re.MULTILINE)


def test_the_drawing_in_the_documentation_is_current() -> None:
    drawing = (DOCS / "disclosure.mmd").read_text(encoding="utf-8")
    assert drawing == _printed(), "run: make diagrams"
    assert f"```mermaid\n{drawing}```\n" in (DOCS / "disclosure.md").read_text(encoding="utf-8"), "run: make diagrams"


def test_every_step_is_drawn_by_its_short_name_and_every_edge_as_an_arrow() -> None:
    flow = composition.flow_of()
    drawn = mermaid(flow)
    assert dict(_NODE.findall(drawn)) == {step.id: step.short or step.id for step in flow.steps.values()}
    assert {(from_, to) for from_, _, to in _ARROW.findall(drawn)} == _edges(flow)


def test_where_a_question_branches_every_answer_stands_on_its_arrow() -> None:
    flow = composition.flow_of()
    arrows = _ARROW.findall(mermaid(flow))
    for step in flow.steps.values():
        if len(set(flow.edges(step).values())) > 1:
            labels = {label for from_, text, _ in arrows if from_ == step.id for label in text.split("<br/>")}
            assert labels == {o.label for o in step.options} | {step.unknown_label}


def test_nothing_is_drawn_twice_and_every_line_is_a_node_an_arrow_or_the_handoffs_border() -> None:
    lines = mermaid(composition.flow_of()).splitlines()
    assert len(set(lines)) == len(lines)
    known = (_NODE, _ARROW, re.compile(r"^    class(Def)? .*handoff"), re.compile(r"^flowchart TD$"))
    assert [line for line in lines if not any(kind.match(line) for kind in known)] == []


def test_an_edge_that_is_changed_changes_the_drawing() -> None:
    before, after = RIGHT, spoilt('label = "Yes"', 'label = "Yes"\nto = "third"')
    after = spoilt('label = "No"\nto = "third"', 'label = "No"', after)
    assert mermaid(parse_flow(before, "a")) != mermaid(parse_flow(after, "a"))


def test_signs_that_mermaid_reads_are_drawn_as_signs() -> None:
    text = spoilt('short = "First"', "short = '''A \"quoted\" <b> #1 `x`'''")
    assert '["A #quot;quoted#quot; #lt;b#gt; #35;1 #96;x#96;"]' in mermaid(parse_flow(text, "a"))


def test_a_page_keeps_its_words_when_the_drawing_is_renewed() -> None:
    page = "# Title\n\nWords \\1 before.\n\n```mermaid\nold\n```\n\nWords after.\n"
    assert embedded(page, "new\n") == page.replace("old", "new")
    assert embedded(embedded("# Title\n", "one\n"), "two\n") == "# Title\n\n```mermaid\ntwo\n```\n"


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    _command("flow", "diagram", "--write", str(tmp_path))
    assert (tmp_path / "disclosure.mmd").read_text(encoding="utf-8") == _printed()
    assert _printed() in (tmp_path / "disclosure.md").read_text(encoding="utf-8")


def _edges(flow: Flow) -> set[tuple[str, str]]:
    return {
        (step.id, flow.after(step.id, _answer(flow, step.id, event)))
        for step in flow.steps.values()
        for event in flow.edges(step)
    }


def _answer(flow: Flow, step: str, event: str) -> tuple[str, ...]:
    return (UNKNOWN,) if event == UNKNOWN else ((event,) if flow.steps[step].option(event) else ("anything",))


def _printed() -> str:
    return _command("flow", "diagram")


def _command(*words: str) -> str:
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(command, capture_output=True, cwd=composition.ROOT, timeout=30, check=True).stdout.decode()
