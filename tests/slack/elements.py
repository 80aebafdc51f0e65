"""What Slack refuses in the elements that people press, pick from and write in. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.slack.shapes import (
    BOTH,
    PLAIN,
    TextRule,
    length,
    list_faults,
    long_faults,
    name_faults,
    part_faults,
    text_faults,
)

BUTTON_TEXT, BUTTON_VALUE = 75, 2000
OPTION_TEXT, OPTION_VALUE, OPTIONS, OPTIONS_IN_SIGHT = 75, 150, 100, 10
PLACEHOLDER, ACTION_ID, WRITTEN = 150, 255, 3000

_Check = Callable[[Mapping[str, Any], str], Iterator[str]]
_ALWAYS = frozenset({"type", "action_id", "focus_on_load", "confirm"})
_BUTTON = _ALWAYS | {"text", "value", "style", "url", "accessibility_label"}
_CHOICE = _ALWAYS | {
    "options",
    "option_groups",
    "placeholder",
    "initial_option",
    "initial_options",
    "max_selected_items",
}
_INPUT = _ALWAYS | {"placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"}


def element_faults(element: object, where: str, allowed: frozenset[str]) -> Iterator[str]:
    """What is wrong with one element, which must be of an allowed type."""
    kind = element.get("type") if isinstance(element, Mapping) else None
    if not isinstance(element, Mapping) or kind not in allowed:
        yield f"unsupported type: {kind} [json-pointer:{where}/type]"
        return
    yield from name_faults(element.get("action_id", ""), f"{where}/action_id", ACTION_ID)
    if "placeholder" in element:
        yield from text_faults(element["placeholder"], f"{where}/placeholder", TextRule(PLACEHOLDER, PLAIN))
    yield from _CHECKS[kind](element, where)


def _button(button: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from part_faults(button, _BUTTON - {"focus_on_load"}, where)
    yield from text_faults(button.get("text"), f"{where}/text", TextRule(BUTTON_TEXT, PLAIN))
    if "value" in button:
        yield from long_faults(button["value"], f"{where}/value", BUTTON_VALUE)
    if "accessibility_label" in button:
        yield from long_faults(button["accessibility_label"], f"{where}/accessibility_label", 75)
    if button.get("style", "primary") not in ("primary", "danger"):
        yield f"must be primary or danger [json-pointer:{where}/style]"


def _in_sight(choice: Mapping[str, Any], where: str) -> Iterator[str]:
    """Radio buttons and checkboxes: at most ten options, all in sight, with marked-up labels if wished."""
    if "placeholder" in choice:
        yield f"invalid additional property: placeholder [json-pointer:{where}]"
    yield from _choice(choice, where, OPTIONS_IN_SIGHT, BOTH)


def _menu(choice: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _choice(choice, where, OPTIONS, PLAIN)


def _choice(choice: Mapping[str, Any], where: str, most: int, kinds: tuple[str, ...]) -> Iterator[str]:
    yield from part_faults(choice, _CHOICE, where)
    options = choice.get("options")
    yield from list_faults(options, f"{where}/options", most)
    if not isinstance(options, list):
        return
    for number, option in enumerate(options):
        yield from _option(option, f"{where}/options/{number}", kinds)
    values = Counter(str(option.get("value")) for option in options if isinstance(option, Mapping))
    yield from (f"value {v!r} already exists [json-pointer:{where}/options]" for v, n in values.items() if n > 1)
    yield from _initial(choice, options, where)


def _initial(choice: Mapping[str, Any], options: list[Any], where: str) -> Iterator[str]:
    picked = [*choice.get("initial_options", ()), *([choice["initial_option"]] if "initial_option" in choice else ())]
    if any(option not in options for option in picked):
        yield f"initial option is not one of the options [json-pointer:{where}]"
    if "initial_options" in choice and not choice["initial_options"]:
        yield f"no less than 1 items allowed [json-pointer:{where}/initial_options]"


def _option(option: object, where: str, kinds: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(option, Mapping):
        yield f"must be an object [json-pointer:{where}]"
        return
    yield from part_faults(option, frozenset({"text", "value", "description", "url"}), where)
    yield from text_faults(option.get("text"), f"{where}/text", TextRule(OPTION_TEXT, kinds))
    yield from long_faults(option.get("value"), f"{where}/value", OPTION_VALUE)
    if "description" in option:
        yield from text_faults(option["description"], f"{where}/description", TextRule(OPTION_TEXT, kinds))


def _written(field: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from part_faults(field, _INPUT, where)
    most = field.get("max_length", WRITTEN)
    if not isinstance(most, int) or not 1 <= most <= WRITTEN:
        yield f"must be less than {WRITTEN + 1} [json-pointer:{where}/max_length]"
        return
    if not 0 <= field.get("min_length", 0) <= most:
        yield f"min_length is more than max_length [json-pointer:{where}/min_length]"
    if length(field.get("initial_value", "")) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{where}/initial_value]"


def _overflow(menu: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _choice(menu, where, 5, PLAIN)


def _image(image: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from long_faults(image.get("alt_text"), f"{where}/alt_text", 2000)
    if "slack_file" not in image:
        yield from long_faults(image.get("image_url"), f"{where}/image_url", 3000)


_CHECKS: dict[str, _Check] = {
    "button": _button,
    "checkboxes": _in_sight,
    "image": _image,
    "multi_static_select": _menu,
    "overflow": _overflow,
    "plain_text_input": _written,
    "radio_buttons": _in_sight,
    "static_select": _menu,
}
