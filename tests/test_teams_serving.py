"""Serving a school's Teams: what is refused at the start, Slack beside it, and what `/health` tells to whom."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from adapters.clock import PracticeClock
from adapters.pace import Pace
from adapters.seal import Keyring, new_key
from adapters.server import build_app
from adapters.slack.api import Home, open_api
from adapters.slack.workspace import Way as SlackWay
from adapters.slack.workspace import Workspace
from adapters.store import migrate, open_store
from adapters.teams.connector import open_session
from adapters.teams.credentials import Identity
from adapters.teams.tenant import Tenant, registered
from adapters.trust_file import TrustFile
from bot import composition
from bot.bot import Bot
from bot.errors import ConfigError
from bot.platforms import Books, of_tenant, of_workspace, school_of
from bot.settings import settings_from
from tests.commands import REFUSED, handrail, refusal, serving
from tests.on_the_way import FIRST
from tests.school import FRIDAY_MORNING
from tests.slack.fake import FakeSlack
from tests.slack.fake import text_of as text_in_slack
from tests.slack.signing import SECRET as SLACK_SECRET
from tests.slack.wire import BOT_TOKEN
from tests.slack.world import APP as SLACK_APP
from tests.slack.world import BOT as SLACK_BOT
from tests.slack.world import BOT_ID
from tests.slack.world import TEAM as SLACK_TEAM
from tests.slack_school import TEACHER as SLACK_TEACHER
from tests.slack_school import slack_trust
from tests.slack_school import town as slack_town
from tests.teams.fake import APP, TENANT, FakeTeams, text_of
from tests.teams_delivering import DANGER
from tests.teams_school import TEACHER, by_practice_clock, served, teams_school, teams_trust, town, way_to

CANARY = "canary~Secret"
RIGHT = {"MicrosoftAppId": APP, "MicrosoftAppPassword": CANARY, "MicrosoftAppTenantId": TENANT}

# --- what is refused at the start ---


WRONG: list[tuple[dict[str, str | None], str]] = [
    ({"MicrosoftAppId": ""}, "MicrosoftAppId"),
    ({"MicrosoftAppId": "  "}, "MicrosoftAppId"),
    ({"MicrosoftAppId": None}, "MicrosoftAppId"),
    ({"MicrosoftAppId": f"{CANARY}-id"}, "MicrosoftAppId"),
    ({"MicrosoftAppTenantId": None}, "MicrosoftAppTenantId"),
    ({"MicrosoftAppTenantId": ""}, "MicrosoftAppTenantId"),
    ({"MicrosoftAppTenantId": f"{CANARY}.onmicrosoft.com"}, "MicrosoftAppTenantId"),
    ({"MicrosoftAppTenantId": "common"}, "MicrosoftAppTenantId"),
    ({"MicrosoftAppPassword": None}, "MicrosoftAppPassword"),
    ({"MicrosoftAppPassword": ""}, "MicrosoftAppPassword"),
    ({"MicrosoftAppPassword": " "}, "MicrosoftAppPassword"),
    ({"MicrosoftAppType": "MultiTenant"}, "MicrosoftAppType"),
    ({"MicrosoftAppType": CANARY}, "MicrosoftAppType"),
]


def changed(changes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**RIGHT, **changes}.items() if value is not None}


@pytest.mark.parametrize(("changes", "named"), WRONG)
def test_what_is_half_set_is_refused_by_name_and_never_printed(changes: dict[str, str | None], named: str) -> None:
    with pytest.raises(ConfigError, match=f"environment: {named}: ") as refused:
        settings_from(changed(changes)).teams()
    assert refused.value.exit_code == REFUSED
    assert CANARY not in str(refused.value)


def test_any_one_of_the_variables_alone_is_not_taken_for_none() -> None:
    assert settings_from({}).teams() is None
    for name in (*RIGHT, "MicrosoftAppType"):
        with pytest.raises(ConfigError, match="MicrosoftAppId"):
            settings_from({name: ""}).teams()


@pytest.mark.parametrize("changes", [WRONG[0][0], WRONG[8][0], WRONG[11][0]])
def test_the_command_ends_with_78_and_one_line_that_says_no_value(
    changes: dict[str, str | None], tmp_path: Path
) -> None:
    setting = books_of(tmp_path) | changed(changes)
    said = refusal(handrail("serve", setting=setting, at=tmp_path), REFUSED)
    assert "MicrosoftApp" in said
    assert CANARY not in said


def books_of(folder: Path) -> dict[str, str]:
    key, url = new_key(), f"sqlite:///{folder}/handrail.db"
    migrate(url, Keyring.from_setting(key))
    return {"HANDRAIL_TRUST": str(teams_trust(folder)), "HANDRAIL_DATABASE_URL": url, "HANDRAIL_KEY": key}


def test_a_managed_identity_needs_no_password() -> None:
    chosen = settings_from(changed({"MicrosoftAppPassword": None, "MicrosoftAppType": "UserAssignedMSI"})).teams()
    assert chosen is not None
    assert (chosen.kind, chosen.password) == ("UserAssignedMSI", None)


def test_a_way_into_teams_never_shows_its_secret() -> None:
    way = registered(Identity(APP, CANARY, TENANT), frozenset())
    assert CANARY not in repr(way)
    assert CANARY not in repr(settings_from(RIGHT))


# --- serving ---


def status_of(url: str, body: object = None, headers: Mapping[str, str] | None = None) -> int:
    """The status of a GET, or of a POST of this as JSON."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_the_real_server_lets_nobody_in_without_a_token_and_is_well_before_anybody_spoke(tmp_path: Path) -> None:
    with serving("serve", setting=books_of(tmp_path) | RIGHT, folder=tmp_path) as server:
        assert server.get("/health")["teams"] == {"trouble": None, "unknown_errors": {}}
        assert status_of(f"{server.url}/api/messages", {"type": "message"}) == 401
        assert status_of(f"{server.url}/api/messages") == 405
        assert status_of(f"{server.url}/slack/events", {}) == 404
        code, said = server.stop()
    assert code == 0
    assert CANARY not in said


@contextmanager
def played_slack() -> Iterator[str]:
    """A Slack in a process of its own, since this one waits for the server; gives the address of its API."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.slack.serve"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=composition.ROOT) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield f"{process.stdout.readline().strip()}/api/"
        finally:
            process.stdin.close()


def trust_of_both(folder: Path) -> TrustFile:
    """The example trust with ids in Slack and in Teams for everybody, and a channel of each for every academy."""
    of_slack, of_teams = (made(folder).read_text(encoding="utf-8") for made in (slack_trust, teams_trust))
    for name in ("ids", "channel"):
        inside = re.compile(rf"\b{name} = \{{ (.+?) \}}")
        others = iter(inside.findall(of_slack))
        of_teams = inside.sub(lambda found: f"{name} = {{ {found[1]}, {next(others)} }}", of_teams)  # noqa: B023
    file = folder / "trust.toml"
    file.write_text(of_teams, encoding="utf-8")
    return TrustFile(file)


async def test_slack_and_teams_are_served_by_one_bot_and_each_answers_its_own(tmp_path: Path) -> None:
    clock, key = PracticeClock(), new_key()
    clock.set(FRIDAY_MORNING)
    people, rooms = slack_town(slack_trust(tmp_path))
    others, places = town(teams_trust(tmp_path))
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(FakeSlack(people, rooms, now=lambda: clock.now().timestamp()))
        teams = await stack.enter_async_context(FakeTeams(others, places, now=lambda: clock.now().timestamp()))
        store = open_store(f"sqlite:///{tmp_path}/handrail.db", Keyring.from_setting(key), create=True)
        stack.callback(store.close)
        books = Books(store, trust_of_both(tmp_path), composition.script().phrases.say, clock)
        api = await stack.enter_async_context(open_api(BOT_TOKEN, slack.api_url))
        home = Home(SLACK_TEAM, SLACK_BOT, BOT_ID, SLACK_APP)
        workspace = Workspace(api, home, SlackWay("", (SLACK_SECRET,)), Pace.open())
        tenant = Tenant(await stack.enter_async_context(open_session()), way_to(teams), school_of(books), Pace.open())
        platforms = [of_tenant(tenant, books), of_workspace(workspace, books)]
        bot = Bot(composition.script(), books.trust, store, {it.door.name: it.door for it in platforms}, clock)
        parts = [part for platform in platforms for part in platform.open(bot)]
        url = await stack.enter_async_context(served(build_app(parts, bot.health)))
        teams.deliver_to(url)
        slack.deliver_to(f"{url}/slack/events")
        await teams.say(TEACHER, FIRST)
        await slack.says(SLACK_TEACHER, FIRST)
        while await bot.deliver():
            pass
        assert any(DANGER in text_of(message) for message in teams.from_bot(TEACHER))
        assert any(DANGER in text_in_slack(message) for message in slack.from_bot(SLACK_TEACHER))
        await tenant.settled()
        await workspace.settled()


def test_the_real_server_serves_both_from_the_environment(tmp_path: Path) -> None:
    with played_slack() as api_url:
        of_slack = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SLACK_SECRET, "SLACK_API_URL": api_url}
        setting = books_of(tmp_path) | RIGHT | of_slack
        with serving("serve", setting=setting, folder=tmp_path) as server:
            assert status_of(f"{server.url}/api/messages", {"type": "message"}) == 401
            assert status_of(f"{server.url}/slack/events", {"type": "url_verification"}) == 401
            health = server.get("/health")
            assert (health["status"], "teams" in health, "slack" in health) == ("ok", True, True)


# --- what health tells ---


async def told_to(app: web.Application, remote: str) -> tuple[int, str]:
    asked = make_mocked_request("GET", "/health").clone(remote=remote)
    answer = await (await app.router.resolve(asked)).handler(asked)
    assert isinstance(answer, web.Response)
    return answer.status, answer.text or ""


async def test_this_computer_is_told_what_is_wrong_with_teams_and_all_others_that_something_is(tmp_path: Path) -> None:
    async with teams_school(tmp_path) as here:
        platform = of_tenant(by_practice_clock(here).tenant, None)  # type: ignore[arg-type]
        trust = TrustFile(tmp_path / "trust.toml")
        app = build_app([], lambda: composition._health(here.bot, trust, [platform]))
        assert (await told_to(app, "127.0.0.1"))[0] == 200
        here.teams.set_up(secret="another")
        here.teams.login.revoke()
        await here.says(FIRST)
        status, text = await told_to(app, "127.0.0.1")
        assert (status, json.loads(text)["teams"]["trouble"]) == (503, "app_refused")
        assert json.loads(text)["status"] == "teams needs somebody"
        assert await told_to(app, "192.0.2.7") == (503, json.dumps({"status": "not ok"}))
