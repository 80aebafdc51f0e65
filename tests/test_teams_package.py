"""The app for Teams asks for the least, never for a file, and is one that Teams takes; its page says so (I5)."""

from __future__ import annotations

import ast
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from jsonschema import Draft4Validator
from PIL import Image
from typer.main import get_command

from adapters.teams import gate, package, playground, receive, us
from adapters.teams.package import COMMANDS, OF_DIRECTORY, OF_TEAM, SCHEMA, SHOWN, Pages, manifest, package_zip
from bot import composition, settings
from bot.__main__ import app
from bot.directory import Directory, parse_trust
from bot.errors import ConfigError
from bot.settings import Settings
from bot.trust import StaffRule, StaffTable

APP = "11111111-2222-4333-8444-555555555555"
PAGES = Pages("https://www.example.org")
TEXT = composition.EXAMPLE.read_text(encoding="utf-8")
TRUST = parse_trust(TEXT, "trust.toml")

PAGE = composition.ROOT / "docs" / "teams.md"
BROWSER_TOOLS = composition.ROOT / "tests" / "web"
SCHEMAS = BROWSER_TOOLS / "node_modules" / "@microsoft" / "app-manifest" / "build" / "json-schemas" / "teams"

ASKED_OF_GRAPH = {
    "{}/teams/{}?$select=visibility,isArchived": {"TeamSettings.Read.Group"},
    "{}/users/{}/checkMemberGroups": {"User.Read.All", "GroupMember.Read.All"},
}
"""Every question that is put to Graph, with what Microsoft's reference names as its least permissions."""


def made(app: str = APP, directory: Directory = TRUST, pages: Pages = PAGES) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(files(package_zip(app, directory, pages))["manifest.json"]))


def files(zipped: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as it:
        assert it.testzip() is None
        return {name: it.read(name) for name in it.namelist()}


def called(name: str) -> Directory:
    return replace(TRUST, trust=replace(TRUST.trust, name=name))


# --- least ---


def addresses(tree: ast.AST) -> Iterator[str]:
    """The addresses that are put together in a file, with {} for what is set in."""
    for made in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in made.values]
        text = "".join(map(str, parts))
        if text.startswith("{}/"):
            yield text


def test_nothing_is_permitted_that_no_question_needs_and_every_question_is_permitted() -> None:
    graph = ast.parse((composition.ROOT / "adapters" / "teams" / "graph.py").read_text(encoding="utf-8"))
    assert set(addresses(graph)) == set(ASKED_OF_GRAPH)
    assert set().union(*ASKED_OF_GRAPH.values()) == {*OF_TEAM, *OF_DIRECTORY}


def test_another_question_would_be_seen() -> None:
    assert list(addresses(ast.parse('f"{self._base}/users/{id}/drive"\nf"team {group}"'))) == ["{}/users/{}/drive"]


def test_the_package_asks_for_exactly_this() -> None:
    asked = made()
    assert asked["permissions"] == ["identity", "messageTeamMembers"] == sorted(SHOWN)
    of_team = [{"name": "TeamSettings.Read.Group", "type": "Application"}]
    assert asked["authorization"] == {"permissions": {"resourceSpecific": of_team}}
    assert asked["webApplicationInfo"]["id"] == APP
    assert asked["validDomains"] == []


def test_no_file_no_call_and_no_channel_is_within_reach() -> None:
    bot = made()["bots"][0]
    assert (bot["supportsFiles"], bot["supportsCalling"], bot["supportsVideo"]) == (False, False, False)
    permitted = json.dumps([*SHOWN, *OF_TEAM, *OF_DIRECTORY])
    assert not re.search(r"File|Message\.|ChannelMessage|Chat|Mail|Sites|Write|Directory", permitted)


def test_the_app_is_a_bot_and_nothing_else() -> None:
    more = {"staticTabs", "configurableTabs", "composeExtensions", "connectors", "devicePermissions", "activities"}
    assert not more & set(made())
    assert made()["bots"][0]["scopes"] == ["personal", "team", "groupChat"]
    assert made()["defaultInstallScope"] == "personal"


def test_commands_are_offered_in_the_personal_chat_alone_and_are_understood_there() -> None:
    lists = made()["bots"][0]["commandLists"]
    assert [offered["scopes"] for offered in lists] == [["personal"]]
    assert {command["title"] for command in lists[0]["commands"]} == set(COMMANDS) == {"contacts", "oncall"}
    words = tomllib.loads((composition.ROOT / "flows" / "words.toml").read_text(encoding="utf-8"))
    assert "contacts" in words["commands"]["contacts"]
    assert receive._ON_CALL.fullmatch("oncall")


# --- what Teams takes ---


def test_microsofts_own_schema_takes_it() -> None:
    schema = json.loads((SCHEMAS / f"v{SCHEMA}" / "MicrosoftTeams.schema.json").read_text(encoding="utf-8"))
    check = Draft4Validator(schema)
    assert [fault.message for fault in check.iter_errors(made())] == []
    assert [fault.message for fault in check.iter_errors({**made(), "packageName": "org.example"})] != []


@pytest.mark.parametrize(
    "name",
    ["A Trust", "Staffordshire University Academies Trust", "A" * 33, "A" * 32, "Éx & “Ample” Trust of Ånywhere"],
)
def test_teams_limits_hold_for_a_trust_of_any_name(name: str) -> None:
    """The limits of Microsoft's manifest reference; some tenants want the long name, too."""
    about = made(directory=called(name))
    shown = about["developer"]["name"]
    assert 0 < len(shown) <= 32
    assert shown == name or (shown.endswith("…") and name.startswith(shown[:-1]))
    assert 0 < len(about["name"]["short"]) <= 30
    assert 0 < len(about["name"]["full"]) <= 100
    assert about["name"]["short"] != about["name"]["full"]
    assert 0 < len(about["description"]["short"]) <= 80 < len(about["description"]["full"]) <= 4000
    assert all(len(title) <= 32 and len(told) <= 128 for title, told in COMMANDS.items())


def test_the_version_is_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", made()["version"])


@pytest.mark.parametrize(
    ("said", "told"), [("0.1.0", "0.1.0"), ("2.3", "2.3.0"), ("1.4.0rc1", "1.4.0"), ("7", "7.0.0")]
)
def test_of_any_version_teams_is_told_three_numbers(monkeypatch: pytest.MonkeyPatch, said: str, told: str) -> None:
    monkeypatch.setattr(package, "version", lambda name: said)
    assert made()["version"] == told


def test_the_zip_holds_the_three_files_and_is_the_same_every_time() -> None:
    zipped = package_zip(APP, TRUST, PAGES)
    assert zipped == package_zip(APP.upper(), TRUST, PAGES)
    assert list(files(zipped)) == ["color.png", "manifest.json", "outline.png"]
    with zipfile.ZipFile(io.BytesIO(zipped)) as it:
        assert {entry.date_time for entry in it.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert set(made()["icons"].values()) < set(files(zipped))


def test_the_icons_are_as_teams_wants_them() -> None:
    icons = files(package_zip(APP, TRUST, PAGES))
    colour, outline = (Image.open(io.BytesIO(icons[name])) for name in ("color.png", "outline.png"))
    assert (colour.size, colour.mode) == ((192, 192), "RGB")
    assert (outline.size, outline.mode) == ((32, 32), "RGBA")
    *white, clear = outline.split()
    seen = [at for at, through in enumerate(clear.tobytes()) if through]
    assert all(band.tobytes()[at] == 255 for band in white for at in seen)
    assert clear.getextrema() == (0, 255)


# --- the trust's own ---


def test_the_trust_stands_for_the_app_with_its_own_pages() -> None:
    about = made(pages=Pages("https://www.example.org", terms="https://www.example.org/terms"))["developer"]
    assert (about["websiteUrl"], about["privacyUrl"]) == ("https://www.example.org", "https://www.example.org")
    assert about["termsOfUseUrl"] == "https://www.example.org/terms"


NO_PAGES = (
    *("", "http://www.example.org", "www.example.org", "https://", "https://["),
    *("https://a b.org", "https://a@b.org", "https://example.org/\n", "https://éx.org"),
)


@pytest.mark.parametrize("given", NO_PAGES)
def test_a_page_that_teams_cannot_show_is_refused_with_what_to_write(given: str) -> None:
    with pytest.raises(ConfigError, match=r"--website.*your trust's own"):
        manifest(APP, TRUST, Pages(given))


def test_of_each_page_it_is_said_which_is_wrong() -> None:
    with pytest.raises(ConfigError, match="--privacy"):
        manifest(APP, TRUST, Pages("https://www.example.org", privacy="ftp://example.org"))
    with pytest.raises(ConfigError, match="--terms"):
        manifest(APP, TRUST, Pages("https://www.example.org", terms=f"https://www.example.org/{'a' * 2048}"))


@pytest.mark.parametrize("given", ["", "  ", "handrail", APP[:-1], f"{APP}0", APP.replace("-", "")])
def test_an_app_without_an_id_of_entra_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="MicrosoftAppId"):
        manifest(given, TRUST, PAGES)


def test_nothing_secret_and_nobodys_machine_stands_in_it() -> None:
    said = json.dumps(made()).lower()
    assert not re.search(r"password|secret|localhost|127\.0|tenant", said)
    assert not any(person.name.lower() in said for person in TRUST.people)


# --- the page for the IT lead ---


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """The table below a heading of docs/teams.md: what stands in backticks, and the cell beside it."""
    below = page().split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", below, re.MULTILINE))


def test_the_page_names_every_permission_with_its_reason() -> None:
    assert rows("What it can read, and what not") == {**SHOWN, **OF_TEAM, **OF_DIRECTORY}


def test_the_page_names_every_variable_and_what_it_may_say() -> None:
    names = {str(field.alias) for field in Settings.model_fields.values()}
    told = rows("The variables")
    assert set(told) == {name for name in names if name.startswith("MicrosoftApp") or "TEAMS" in name}
    assert settings.SINGLE_TENANT in told["MicrosoftAppType"]
    assert settings.MANAGED_IDENTITY in told["MicrosoftAppType"]
    assert all(host in told["HANDRAIL_TEAMS_HOSTS"] for host in us.HOSTS)


def test_the_page_explains_every_key_of_the_rule_and_its_example_is_one() -> None:
    assert set(rows("Who is staff")) == set(StaffRule.model_fields)
    example = page().split("## Who is staff\n")[1].split("```toml\n")[1].split("```")[0]
    assert StaffTable.model_validate(tomllib.loads(example)["staff"]).teams.domains == ("staff.example.org",)


def test_the_ids_on_the_page_are_ones_that_the_file_takes() -> None:
    channels = dict.fromkeys(re.findall(r"`(19:EXAMPLE[^`]+)`", page()))
    person = re.search(r'ids = \{ teams = "([^"]+)" \}', page())
    assert person and len(channels) == 2
    for channel in channels:
        text = TEXT.replace('web = "dsl-north-channel"', f'teams = "{channel}"')
        text = text.replace('web = "dsl-north"', f'teams = "{person[1]}"')
        assert parse_trust(text, "trust.toml").channel("north", "teams") == channel


def test_the_page_says_what_a_lead_will_read_of_somebody_in_doubt() -> None:
    assert composition.script().phrases.say("post.unverified") in " ".join(page().split())


def test_the_page_names_the_address_and_the_port_that_are_served() -> None:
    port = Settings.model_fields["port"].default
    assert f"`https://HOST{gate.PATH}`" in page()
    assert f"to its port ({port})" in " ".join(page().split())
    assert f"http://127.0.0.1:{port}{gate.PATH}" in page()


def test_the_playground_is_started_as_it_was_tried() -> None:
    locked = json.loads((BROWSER_TOOLS / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    name, _, tried = playground.PACKAGE.rpartition("@")
    assert locked[name] == tried
    assert f"npx {playground.PACKAGE} start -e http://127.0.0.1:3978/api/messages -c msteams" in page()
    assert f"`playground/{playground.FILE}`" in page()


def test_every_command_of_the_page_is_one_with_its_options() -> None:
    asked = re.findall(r"(?:^ *|`)handrail ([a-z ]*[a-z])([^`\n]*)", page(), re.MULTILINE)
    assert {"teams package", "teams local", "doctor", "serve", "trust check"} <= {words for words, _ in asked}
    for words, more in asked:
        given = set(re.findall(r"--[a-z]+", more))
        assert given <= options_of(words.split()), f"{words}{more}"


def test_a_command_or_an_option_that_is_none_would_be_seen() -> None:
    assert options_of(["doctor"]) >= {"--press", "--json"}
    with pytest.raises(KeyError):
        options_of(["teams", "manifest"])


def options_of(words: list[str]) -> set[str]:
    """The options of a command. Raises KeyError when these words lead to none."""
    command: Any = get_command(app)
    for word in words:
        command = command.commands[word] if hasattr(command, "commands") else command
    return {option for given in command.params for option in given.opts}
