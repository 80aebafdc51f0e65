"""The manifest asks for the least that the code uses, never for a file, and is one that Slack takes (I5)."""

from __future__ import annotations

import ast
import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from adapters.slack import bolt
from adapters.slack.manifest import EVENTS, METHODS, SCOPES, manifest, printed, reads_files
from bot import composition
from bot.errors import ConfigError
from bot.settings import Settings
from tests.slack.pictures import pages
from tests.slack.preview import drawn
from tests.slack_reception import Desk
from tests.sources import python_files, tree_of

ADDRESS = "https://handrail.example.org"
PAGE = composition.ROOT / "docs" / "slack.md"
_METHOD = re.compile(
    r"(admin|api|apps|auth|bookmarks|bots|calls|canvases|chat|conversations|dnd|emoji|files|lists|oauth|pins|reactions"
    r"|reminders|search|stars|team|usergroups|users|views)(\.[a-zA-Z]+)+"
)


def methods_called(tree: ast.AST) -> Iterator[str]:
    """Every method of Slack's that stands as an argument of a call."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        said = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        yield from (value for value in said if isinstance(value, str) and _METHOD.fullmatch(value))


class Listening:
    """Stands for the Bolt app, and writes down what is listened to."""

    def __init__(self) -> None:
        self.heard: dict[str, set[str]] = {}

    def __getattr__(self, kind: str) -> Callable[[object], Callable[[object], None]]:
        def listen(what: object) -> Callable[[object], None]:
            self.heard.setdefault(kind, set()).add(str(what))
            return lambda listener: None

        return listen


@pytest.fixture
def heard() -> dict[str, set[str]]:
    app = Listening()
    bolt._listen(cast(Any, app), Desk().reception)
    return app.heard


@pytest.fixture(params=["", ADDRESS], ids=["socket", "http"])
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(printed(request.param)))


# --- least ---


def test_every_method_that_the_code_calls_has_its_scope_and_no_other_method_is_named() -> None:
    files = [path for path in python_files("adapters") if "slack" in path.parts]
    called = {method for path in files for method in methods_called(tree_of(path))}
    assert called == set(METHODS)


def test_a_call_of_another_method_would_be_seen() -> None:
    made = ast.parse('async def f(api):\n    await api.call("files.info", file="F1")\n    say("slack.gone")')
    assert list(methods_called(made)) == ["files.info"]


def test_no_scope_is_asked_for_that_nothing_needs_and_none_is_missing() -> None:
    needed = {scope for scopes in (*METHODS.values(), *EVENTS.values()) for scope in scopes} | {"commands"}
    assert needed == set(SCOPES)


def test_the_manifest_asks_for_these_scopes_only_and_for_none_of_a_person(made: dict[str, Any]) -> None:
    assert made["oauth_config"] == {"scopes": {"bot": sorted(SCOPES)}}


def test_no_scope_could_reach_a_file() -> None:
    assert [scope for scope in SCOPES if reads_files(scope)] == []


@pytest.mark.parametrize(
    "scope", ["files:read", "files:write", "remote_files:read", "links:read", "links:write", "links.embed:write"]
)
def test_a_scope_that_reaches_files_would_be_seen(scope: str) -> None:
    assert reads_files(scope)


def test_no_message_of_a_channel_is_ever_listened_to() -> None:
    assert [event for event in EVENTS if event.startswith("message")] == ["message.im"]
    assert not {"channels:history", "groups:history", "mpim:history"} & set(SCOPES)


# --- the same as the code ---


def test_the_events_are_those_that_the_app_listens_to(heard: dict[str, set[str]], made: dict[str, Any]) -> None:
    listened = {"message.im" if event == "message" else event for event in heard["event"]}
    assert set(made["settings"]["event_subscriptions"]["bot_events"]) == listened == set(EVENTS)


def test_the_commands_and_shortcuts_are_those_that_the_app_listens_to(
    heard: dict[str, set[str]], made: dict[str, Any]
) -> None:
    features = made["features"]
    assert {command["command"] for command in features["slash_commands"]} == heard["command"]
    assert {shortcut["callback_id"] for shortcut in features["shortcuts"]} == heard["shortcut"]


# --- the two ways in ---


def test_socket_mode_needs_no_address() -> None:
    made = printed()
    assert json.loads(made)["settings"]["socket_mode_enabled"] is True
    assert "http" not in made
    assert "url" not in made


@pytest.mark.parametrize("given", [ADDRESS, f"{ADDRESS}/", f"{ADDRESS}/slack/events"])
def test_over_http_everything_comes_to_the_one_address(given: str) -> None:
    made = manifest(given)
    settings = made["settings"]
    assert settings["socket_mode_enabled"] is False
    addresses = [command["url"] for command in made["features"]["slash_commands"]]
    addresses += [settings["event_subscriptions"]["request_url"], settings["interactivity"]["request_url"]]
    assert addresses == [f"{ADDRESS}/slack/events"] * 4


@pytest.mark.parametrize(
    "given", ["http://handrail.example.org", "handrail.example.org", "https://", f"{ADDRESS}/?a=b", "https://a:b@c.org"]
)
def test_an_address_that_slack_cannot_call_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="--url"):
        manifest(given)


# --- what Slack takes ---


def test_slack_takes_it(made: dict[str, Any]) -> None:
    """The limits of Slack's own manifest reference; its refusals name 24 letters for a shortcut's name."""
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    assert re.fullmatch(r"[\w\-.]{1,80}", made["features"]["bot_user"]["display_name"])
    shortcuts = made["features"]["shortcuts"]
    assert len({shortcut["callback_id"] for shortcut in shortcuts}) == len(shortcuts)
    assert all(len(each["name"]) <= 24 and len(each["description"]) <= 150 for each in shortcuts)
    assert all(re.fullmatch(r"/[a-z]{1,31}", each["command"]) for each in made["features"]["slash_commands"])
    home = {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}
    assert made["features"]["app_home"] == home
    assert made["settings"]["interactivity"]["is_enabled"] is True
    assert made["settings"]["org_deploy_enabled"] is made["settings"]["token_rotation_enabled"] is False


def test_nothing_secret_and_nobodys_machine_stands_in_it() -> None:
    assert not re.search(r"xox|xapp|secret|localhost|127\.0", printed(ADDRESS))


# --- the page for the IT lead ---


def rows(heading: str) -> dict[str, str]:
    """The table below a heading of docs/slack.md: what stands in backticks, and the cell beside it."""
    page = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", page, re.MULTILINE))


def test_the_page_names_every_permission_with_its_reason() -> None:
    assert rows("What it can read, and what not") == SCOPES


def test_the_page_names_every_variable() -> None:
    names = {str(field.alias) for field in Settings.model_fields.values()}
    assert set(rows("The variables")) == {name for name in names if name.startswith("SLACK_")}


def test_the_page_names_the_commands_and_the_shortcut_as_slack_shows_them() -> None:
    page, features = PAGE.read_text(encoding="utf-8"), manifest()["features"]
    assert all(f"`{command['command']}`" in page for command in features["slash_commands"])
    assert all(f"“{shortcut['name']}”" in page for shortcut in features["shortcuts"])


def test_every_picture_of_the_page_is_there_and_can_be_drawn_again() -> None:
    names = set(re.findall(r"\(pictures/([a-z-]+)\.png\)", PAGE.read_text(encoding="utf-8")))
    made = asyncio.run(pages())
    assert names == set(made)
    assert all((PAGE.parent / "pictures" / f"{name}.png").stat().st_size > 10_000 for name in names)
    assert "Is anyone in danger right now?" in made["slack-question"]
    assert "Jade Example" in made["slack-case"]
    assert "Jade Example" not in made["slack-post"]


def test_a_picture_shows_no_markup_as_alive() -> None:
    block = {"type": "section", "text": {"type": "plain_text", "text": "<script>alert(1)</script> & more"}}
    assert drawn([block]) == "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</p>"
