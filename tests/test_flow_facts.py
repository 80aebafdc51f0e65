"""A flow that does not fit what the bot knows is refused: its facts, their values, and the steps that routing reads."""

from __future__ import annotations

import re

import pytest

from bot import composition
from bot.facts import Facts
from bot.flow_facts import check_flow
from flows.flow import FlowError, StepKind, parse_flow

TEXT = (composition.FLOWS / "disclosure.toml").read_text(encoding="utf-8")


def without(step: str, text: str = TEXT) -> str:
    """The flow without one step and its options."""
    found = re.search(rf"^\[steps\.{step}\]\n.*?(?=^\[steps\.|^# ---|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, step
    return text.replace(found[0], "")


def changed(step: str, old: str, new: str) -> str:
    """The flow with something changed below one step's heading."""
    head, heading, below = TEXT.partition(f"[steps.{step}]\n")
    assert old in below, (step, old)
    return head + heading + below.replace(old, new, 1)


_SPOILT = {
    "no step about danger": (without("danger").replace('start = "danger"', 'start = "academy"'), "", "[steps.danger]"),
    "no step about the academy": (without("academy"), "", "[steps.academy]"),
    "no step about staff": (without("staff_concerned"), "", "[steps.staff_concerned]"),
    "no step about the council": (without("home_authority"), "", "[steps.home_authority]"),
    "an academy that is written": (
        changed("academy", 'kind = "pick_one"', 'kind = "pick_many"'),
        "academy",
        'kind = "pick_one"',
    ),
    "an academy from another list": (changed("academy", '"academies"', '"authorities"'), "academy", '"academies"'),
    "staff picked once": (
        changed("staff_concerned", 'kind = "pick_many"', 'kind = "pick_one"'),
        "staff_concerned",
        'kind = "pick_many"',
    ),
    "danger that fills another fact": (
        changed("danger", 'fact = "immediate_danger"', 'fact = "earlier"'),
        "danger",
        'fact = "immediate_danger"',
    ),
    "danger without a yes": (changed("danger", 'value = "yes"', 'value = "perhaps"'), "danger", 'value = "yes"'),
    "a fact that there is not": (changed("extent", 'fact = "extent"', 'fact = "extend"'), "extent", "write one of"),
    "a value that its fact does not have": (changed("extent", 'value = "few"', 'value = "some"'), "extent", "'some'"),
    "many values for a fact that holds one": (
        changed("extent", 'kind = "pick_one"', 'kind = "pick_many"'),
        "extent",
        'kind = "pick_one"',
    ),
    "a list that the trust's file does not have": (
        re.sub(r"^\[\[steps\.ai_made\.options\]\]\n(?:\w+ = .*\n)+", "", TEXT, flags=re.MULTILINE).replace(
            'fact = "ai_made"', 'fact = "ai_made"\noptions_from = "schools"'
        ),
        "ai_made",
        "write one of academies, authorities",
    ),
    "a handoff before it is known where to": (
        changed("danger", "fact", "hand_off = true\nfact").replace(
            'hand_off = true\nfact = "pressure"', 'fact = "pressure"'
        ),
        "danger",
        "hands off before",
    ),
}


@pytest.mark.parametrize("case", _SPOILT)
def test_a_flow_that_the_bot_cannot_use_is_refused_by_step_and_line(case: str) -> None:
    text, step, said = _SPOILT[case]
    with pytest.raises(FlowError) as refused:
        check_flow(parse_flow(text, "mine.toml"))
    assert refused.value.step == step
    assert said in refused.value.wrong
    assert refused.value.file == "mine.toml"
    assert (f"[steps.{step}]" if step else "start =") in text.splitlines()[refused.value.line - 1]


def test_every_option_of_the_shipped_flow_is_a_value_of_its_fact_and_every_fact_is_asked_for() -> None:
    flow = composition.flow_of()
    filled = {step.fact for step in flow.steps.values() if step.fact}
    assert filled - {"academy"} == set(Facts.model_fields)


def test_every_value_that_a_fact_can_have_can_be_picked() -> None:
    flow = composition.flow_of()
    for name, field in Facts.model_json_schema()["properties"].items():
        step = next(step for step in flow.steps.values() if step.fact == name)
        if step.options_from:
            continue
        values = _enum_of(field) - {"unknown", "none"}
        assert values <= {option.value for option in step.options}, step.id


def test_every_question_names_the_policy_it_comes_from() -> None:
    for step in composition.flow_of().steps.values():
        if step.kind is not StepKind.END:
            assert step.source, step.id
            assert all(re.fullmatch(r"(S1|S2|N|C|D)-\d{2,3}", id) for id in step.source), step.id


def _enum_of(field: dict[str, object]) -> set[str]:
    text = str(field)
    named = re.findall(r"#/\$defs/(\w+)", text)
    definitions = Facts.model_json_schema()["$defs"]
    return {value for name in named for value in definitions[name]["enum"]}
