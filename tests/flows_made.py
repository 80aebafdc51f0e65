"""A small flow that is right, for tests to spoil."""

from __future__ import annotations

RIGHT = """\
name = "small"
start = "first"

[steps.first]
kind = "pick_one"
fact = "earlier"
short = "First"
ask = "Has it happened before?"
[[steps.first.options]]
value = "yes"
label = "Yes"
[[steps.first.options]]
value = "no"
label = "No"
to = "third"

[steps.second]
kind = "pick_many"
fact = "apps"
short = "Second"
ask = "Which apps were mentioned?"
[[steps.second.options]]
value = "game"
label = "A game"

[steps.third]
kind = "write"
hand_off = true
short = "Third"
ask = "Is there anything else?"

[steps.done]
kind = "end"
"""


def spoilt(old: str, new: str, text: str = RIGHT) -> str:
    """The flow with one place changed. The place must be there."""
    assert old in text, f"not in the flow: {old}"
    return text.replace(old, new, 1)
