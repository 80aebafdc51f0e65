"""Serving a school's Slack: whom a request must be for, what is refused at the start, and what `/health` may tell."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack.api import find_home, open_api
from adapters.slack.workspace import Way, open_workspace
from bot.errors import ConfigError
from bot.message import Destination, Reach
from bot.settings import settings_from
from tests.slack.fake import FakeSlack
from tests.slack.signing import SECRET, signed_headers
from tests.slack.wire import APP_TOKEN, BOT_TOKEN
from tests.slack.world import APP, BOT, TEAM
from tests.slack_school import NORTH, TEACHER, slack_school

URL = "https://slack.com/api/"


async def test_a_request_that_is_signed_but_for_another_app_or_workspace_is_refused(tmp_path: Path) -> None:
    async with slack_school(tmp_path) as here:
        for team, app, status in ((TEAM, APP, 200), (TEAM, "A0ANOTHER1", 403), ("T0ANOTHER1", APP, 403)):
            event = {
                "type": "message",
                "channel": "D1",
                "channel_type": "im",
                "user": TEACHER,
                "ts": "1.1",
                "text": "x",
            }
            body = json.dumps({"type": "event_callback", "team_id": team, "api_app_id": app, "event": event}).encode()
            headers = signed_headers(SECRET, here.clock.now().timestamp(), body) | {"Content-Type": "application/json"}
            assert (await here.slack.raw(body, headers)).status == status


async def test_the_apps_own_id_is_learnt_from_slack_at_the_start() -> None:
    async with FakeSlack() as slack, open_api(BOT_TOKEN, slack.api_url) as api:
        home = await find_home(api)
        assert (home.team, home.person, home.app) == (TEAM, BOT, APP)


@pytest.mark.parametrize(
    ("bot", "app", "named"), [("xoxb-wrong", "", "BOT_TOKEN"), (BOT_TOKEN, "xapp-wrong", "APP_TOKEN")]
)
async def test_a_token_that_slack_refuses_stops_the_start_and_is_named_but_not_printed(
    bot: str, app: str, named: str
) -> None:
    async with FakeSlack() as slack:
        with pytest.raises(ConfigError, match=named) as refused:
            async with open_workspace(bot, Way(app, ("secret-of-today",)), slack.api_url):
                pass
        assert "wrong" not in str(refused.value)


async def test_a_right_app_token_is_no_hindrance() -> None:
    async with FakeSlack() as slack, open_workspace(BOT_TOKEN, Way(APP_TOKEN), slack.api_url) as workspace:
        assert workspace.is_well()


async def test_a_slack_that_cannot_be_reached_for_a_minute_is_not_well(tmp_path: Path) -> None:
    async with slack_school(tmp_path) as here:
        assert here.workspace.is_well()
        await here.slack.down()
        await here.workspace.places.doubt(Destination("slack", Reach.CHANNEL, NORTH), frozenset())
        assert here.workspace.is_well()
        here.clock.advance(timedelta(minutes=2))
        assert not here.workspace.is_well()
        await here.slack.up()


def test_a_way_into_slack_never_shows_its_secrets() -> None:
    assert "xapp-1" not in repr(Way("xapp-1", ("of-today",)))
    assert "of-today" not in repr(Way("xapp-1", ("of-today",)))


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1\nx", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "notaurl"}, "SLACK_API_URL"),
    ],
)
def test_what_is_half_set_is_refused_by_name_and_never_printed(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=f"environment: {named}") as refused:
        settings_from(environment).slack()
    assert "-1" not in str(refused.value)


def test_without_any_of_it_there_is_no_slack_and_with_it_both_secrets_count() -> None:
    assert settings_from({}).slack() is None
    rotating = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "new", "SLACK_SIGNING_SECRET_OLD": "old"}
    chosen = settings_from(rotating).slack()
    assert chosen is not None
    assert (chosen.secrets(), chosen.api_url) == (("new", "old"), URL)
