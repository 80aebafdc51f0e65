"""A flow that is wrong is refused by file, step and line, with what to write; the right one is walked as it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot import composition
from flows.flow import UNKNOWN, FlowError, StepKind, parse_flow, read_flow
from flows.machine import Moves, NoMove
from tests.flows_made import RIGHT, spoilt

_LONG = "x" * 76
_GAME = '[[steps.second.options]]\nvalue = "game"\nlabel = "A game"\n'
_STEPS = RIGHT[RIGHT.index("[steps.first]") :]

# What is changed into what; then the step that is named, what stands on the line that is named, and what is said.
_SPOILT = {
    "an answer to a step that is not there": (
        'to = "third"',
        'to = "thrid"',
        "first",
        "[steps.first]",
        "'thrid', which",
    ),
    "a step that nothing leads to": (
        "[steps.done]",
        '[steps.over]\nkind = "end"\n[steps.done]',
        "done",
        "[steps.done]",
        "cannot be reached",
    ),
    "no end": ('[steps.done]\nkind = "end"\n', "", "third", "[steps.third]", "leads to nothing"),
    "a way that leads back": ('to = "third"', 'to = "first"', "first", "[steps.first]", "asked twice on one way"),
    "a step that leads to itself": (
        "hand_off = true",
        'hand_off = true\nto = "third"',
        "third",
        "[steps.third]",
        "asked twice on one way",
    ),
    "two handoffs": (
        'short = "Second"',
        'short = "Second"\nhand_off = true',
        "second",
        "[steps.second]",
        "a later step hands off again",
    ),
    "no handoff": ("hand_off = true\n", "", "done", "[steps.done]", "can be reached without a handoff"),
    "a handoff on one of two ways only": (
        "hand_off = true\n",
        "",
        "done",
        "[steps.done]",
        "can be reached without a handoff",
    ),
    "a name beside the table's": ('short = "Third"', 'short = "Third"\nid = "fourth"', "third", "id", "`id` is no key"),
    "a handoff on the end": (
        'kind = "end"',
        'kind = "end"\nhand_off = true',
        "done",
        "hand_off = true",
        "take out its `hand_off`",
    ),
    "a value twice": ('value = "no"', 'value = "yes"', "first", 'value = "yes"', "twice"),
    "unknown among the options": ('value = "no"', 'value = "unknown"', "first", 'value = "unknown"', "unknown_label"),
    "a value with a space": (
        'value = "no"',
        'value = "not yet"',
        "first",
        'value = "not yet"',
        "digits and underscores",
    ),
    "a label that is too long": (
        'label = "A game"',
        f'label = "{_LONG}"',
        "second",
        "label = ",
        "at most 75 characters",
    ),
    "a short that is too long": (
        'short = "Second"',
        f'short = "{_LONG}"',
        "second",
        "short = ",
        "at most 75 characters",
    ),
    "an empty label": ('label = "A game"', 'label = ""', "second", 'label = ""', "at least one letter"),
    "an unknown key of a step": (
        'ask = "Is',
        'hlep = "x"\nask = "Is',
        "third",
        "hlep",
        "write one of kind, short, ask",
    ),
    "an unknown key of an option": (_GAME, _GAME + 'lable = "x"\n', "second", "lable", "write one of value, label, to"),
    "an option without a label": ('label = "A game"\n', "", "second", "[[steps.second.options]]", "`label` is missing"),
    "an unknown key at the top": ('start = "first"', 'start = "first"\nstrat = "x"', "", "strat", "name, start, steps"),
    "a missing ask": ('ask = "Is there anything else?"\n', "", "third", "[steps.third]", "has no `ask`"),
    "a missing short": ('short = "Third"\n', "", "third", "[steps.third]", "has no `short`"),
    "a missing fact": ('fact = "apps"\n', "", "second", "[steps.second]", "has no `fact`"),
    "a missing kind": ('kind = "write"\n', "", "third", "[steps.third]", "`kind` is missing"),
    "a kind that there is not": ('kind = "write"', 'kind = "ask"', "third", 'kind = "ask"', "'pick_one', 'pick_many'"),
    "a number for a sentence": ('short = "Third"', "short = 3", "third", "short = 3", '"quotation marks"'),
    "nothing to pick": (_GAME, "", "second", "[steps.second]", "nothing to pick"),
    "two lists to pick from": (
        'fact = "apps"',
        'fact = "apps"\noptions_from = "academies"',
        "second",
        "[steps.second]",
        "two lists",
    ),
    "an option of many that leads on": (_GAME, _GAME + 'to = "third"\n', "second", 'to = "third"', "`to` on the step"),
    "a fact that is written": (
        "hand_off = true",
        'hand_off = true\nfact = "earlier"',
        "third",
        'fact = "earlier"',
        "take out its `fact`",
    ),
    "steps on one card that do not follow each other": (
        'fact = "earlier"',
        'fact = "earlier"\ncard = "one"',
        "first",
        "[steps.first]",
        "straight after this one",
    ),
    "no name": ('name = "small"\n', "", "", "start", "`name` is missing"),
    "no start": ('start = "first"\n', "", "", "name", "`start` is missing"),
    "a start that is no step": ('start = "first"', 'start = "frist"', "", "start", "'frist', which is no step"),
    "a bracket left open": ("[steps.second]", "[steps.second", "first", "[steps.second", "is not TOML"),
    "a quotation mark left out": ('short = "Third"', 'short = "Third', "third", 'short = "Third', "is not TOML"),
    "a step twice": ("[steps.third]", "[steps.first]", "first", "[steps.first]", "twice"),
    "a file that breaks off": ('kind = "end"', "kind = [", "done", "kind = [", "is not TOML"),
    "a step that is no table": ("[steps.first]", "[steps]\nlost = 3\n[steps.first]", "lost", "", "is no table"),
    "steps that are no table": (_STEPS, "steps = 3\n", "", "steps = 3", "write a table"),
    "no steps": (_STEPS, "[steps]\n", "", "start", "which is no step"),
}


def _text_of(case: str) -> str:
    old, new, *_ = _SPOILT[case]
    text = spoilt(old, new)
    if case == "steps on one card that do not follow each other":
        return spoilt('fact = "apps"', 'fact = "apps"\ncard = "one"', text)
    if case == "a handoff on one of two ways only":
        return spoilt('short = "Second"', 'short = "Second"\nhand_off = true', text)
    return text


def _refusal(text: str) -> FlowError:
    with pytest.raises(FlowError) as refused:
        parse_flow(text, "small.toml")
    return refused.value


@pytest.mark.parametrize("case", _SPOILT)
def test_a_spoilt_flow_is_refused_by_file_step_and_line_with_what_to_write(case: str) -> None:
    _, _, step, on_line, said = _SPOILT[case]
    text = _text_of(case)
    refused = _refusal(text)
    assert said in refused.wrong
    assert (refused.file, refused.step) == ("small.toml", step)
    assert on_line in text.splitlines()[refused.line - 1]
    assert str(refused).startswith(
        f"small.toml, line {refused.line}, {f'step {step!r}' if step else 'the whole file'}: "
    )


def test_the_flow_that_is_spoilt_here_is_right_before() -> None:
    assert list(parse_flow(RIGHT, "small.toml").steps) == ["first", "second", "third", "done"]


def test_a_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="cannot be read"):
        read_flow(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(spoilt("Third", "Thürd").encode("latin-1"))
    with pytest.raises(FlowError, match="UTF-8"):
        read_flow(tmp_path / "latin.toml")


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").write_text(RIGHT, encoding="utf-8-sig")
    assert read_flow(tmp_path / "flow.toml").name == "small"


@given(st.text(max_size=300))
@example("\x00")
@example("[steps]\n[steps.a]\nid = 3")
@example("[steps.a]\nkind = 'end'\nid = 'b'")
def test_whatever_stands_in_a_flow_it_is_read_or_refused_and_never_breaks(text: str) -> None:
    for whole in (text, f'name = "x"\nstart = "a"\n{text}', f"{RIGHT}{text}"):
        try:
            parse_flow(whole, "any.toml")
        except FlowError as refused:
            assert 0 <= refused.line <= len(whole.splitlines()) + 1


# --- walking ---


def test_every_answer_leads_where_the_file_says() -> None:
    flow = parse_flow(RIGHT, "small.toml")
    assert flow.after("first", ("yes",)) == "second"
    assert flow.after("first", ("no",)) == "third"
    assert flow.after("first", (UNKNOWN,)) == "second"
    assert flow.after("second", ("game",)) == "third"
    assert flow.after("third", ()) == "done"


@pytest.mark.parametrize("answer", ["maybe", "third", "to_done", "picked", "", "trigger"])
def test_nothing_but_an_answer_of_the_step_moves_it(answer: str) -> None:
    with pytest.raises(NoMove):
        parse_flow(RIGHT, "small.toml").after("first", (answer,))


@pytest.mark.parametrize(
    "value", ["state", "trigger", "model", "events", "initial", "add_model", "to_done", "dispatch"]
)
def test_an_answer_may_be_called_like_anything_that_the_machine_has(value: str) -> None:
    flow = parse_flow(spoilt('value = "yes"', f'value = "{value}"'), "small.toml")
    assert flow.after("first", (value,)) == "second"


def test_a_move_that_is_not_in_the_table_changes_nothing_for_the_next() -> None:
    moves = Moves({"a": {"go": "b"}, "b": {}})
    with pytest.raises(NoMove):
        moves.after("b", "go")
    assert moves.after("a", "go") == "b"


def test_the_shipped_flow_asks_and_ends() -> None:
    flow = composition.flow_of()
    assert flow.name == "disclosure"
    assert {step.kind for step in flow.steps.values()} == set(StepKind)


# --- through the command ---


@pytest.mark.parametrize(
    "case", ["an answer to a step that is not there", "a label that is too long", "no handoff", "a step twice"]
)
def test_flow_check_ends_with_78_and_says_file_step_and_line_in_one_line(case: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(_text_of(case), encoding="utf-8")
    ended = _flow_check(tmp_path / "mine.toml")
    assert ended.returncode == os.EX_CONFIG
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("handrail: mine.toml, line ")
    assert f"step '{_SPOILT[case][2]}'" in ended.stderr


def test_flow_check_says_that_nothing_is_wrong_with_the_shipped_flow() -> None:
    ended = _flow_check(composition.FLOWS / "disclosure.toml")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Nothing is wrong" in ended.stdout


def _flow_check(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "flow", "check", str(file)]
    return subprocess.run(command, capture_output=True, text=True, cwd=composition.ROOT, timeout=30, check=False)
