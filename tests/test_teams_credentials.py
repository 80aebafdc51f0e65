"""The tokens we show: asked for once an hour, never waited for while the old one holds, never in a log (P4)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
import requests

from adapters.teams import credentials
from adapters.teams.credentials import (
    APP_REFUSED,
    MANAGED,
    NO_TOKEN,
    TENANT_UNKNOWN,
    AppTokens,
    Identity,
    NoTokens,
    msal_acquire,
)
from adapters.teams.us import CONNECTOR, GRAPH
from bot.errors import SendFailed
from tests.slack_reception import Logged, everything_logged
from tests.teams_keys import APP, TENANT, Login, StillClock, calmest, open_login

SECRET = "CANARY-secret-7c1e"
LOGIN = "https://login.microsoftonline.com"
HOUR = 3600


@dataclass
class Asked:
    """Gives out numbered tokens, or does what it is told to; waits at `gate` in its thread."""

    said: list[str] = field(default_factory=list)
    answer: Mapping[str, object] | Exception | None = None
    life: object = HOUR
    gate: threading.Event | None = None

    def __call__(self, scope: str) -> Mapping[str, object]:
        self.said.append(scope)
        if self.gate:
            self.gate.wait(5)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        return {"access_token": f"TOKEN-{len(self.said)}", "expires_in": self.life}


@dataclass
class Desk:
    asked: Asked = field(default_factory=Asked)
    clock: StillClock = field(default_factory=StillClock)

    def __post_init__(self) -> None:
        self.tokens = AppTokens(self.asked, self.clock.seconds)

    async def renewed(self) -> None:
        """Until nothing is being asked for."""
        await asyncio.gather(*self.tokens._asking.values())

    async def refused(self) -> tuple[str, float]:
        with pytest.raises(SendFailed) as failed:
            await self.tokens.token(CONNECTOR)
        return failed.value.reason, failed.value.retry_after


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def logged() -> Iterator[Logged]:
    with everything_logged() as it:
        yield it


async def test_a_token_is_asked_for_once_for_each_purpose_whoever_asks(desk: Desk) -> None:
    shown = await asyncio.gather(*(desk.tokens.token(CONNECTOR) for _ in range(100)))
    assert set(shown) == {"TOKEN-1"}
    assert await desk.tokens.token(GRAPH) == "TOKEN-2"
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    assert desk.asked.said == [CONNECTOR, GRAPH]


async def test_five_minutes_before_its_end_it_is_renewed_and_nobody_waits(desk: Desk) -> None:
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    desk.clock.go_on(HOUR - 301)
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    assert len(desk.asked.said) == 1
    desk.clock.go_on(1)
    desk.asked.gate = threading.Event()
    assert [await desk.tokens.token(CONNECTOR) for _ in range(10)] == ["TOKEN-1"] * 10
    desk.asked.gate.set()
    await desk.renewed()
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-2"
    assert len(desk.asked.said) == 2


FAULTS: list[Mapping[str, object] | Exception] = [
    OSError(SECRET),
    requests.exceptions.ConnectTimeout(SECRET),
    ValueError(SECRET),
    {"error": "temporarily_unavailable", "error_description": SECRET},
    {},
    {"access_token": ""},
    {"access_token": 7, "expires_in": HOUR},
    {"access_token": SECRET},
    {"access_token": SECRET, "expires_in": "soon"},
    {"error": ["invalid_client"]},
]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_when_it_cannot_be_renewed_the_old_one_serves_to_its_end(
    desk: Desk, fault: Mapping[str, object] | Exception, logged: Logged
) -> None:
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    desk.asked.answer = fault
    for _ in range(27):
        desk.clock.go_on(128)
        assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
        await desk.renewed()
    desk.clock.go_on(144)
    reason, wait = await desk.refused()
    assert reason == NO_TOKEN
    assert 1 <= wait <= 60
    assert desk.tokens.trouble == ""
    desk.asked.answer = None
    desk.clock.go_on(wait)
    assert (await desk.tokens.token(CONNECTOR)).startswith("TOKEN-")
    assert SECRET not in logged.text


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "invalid_resource", "access_denied"])
async def test_a_wrong_secret_is_named_and_tried_once_a_minute(desk: Desk, error: str, logged: Logged) -> None:
    desk.asked.answer = {"error": error, "error_description": f"AADSTS7000215: {SECRET}"}
    for _ in range(20):
        reason, wait = await desk.refused()
        assert (reason, wait) == (APP_REFUSED, 60)
    assert len(desk.asked.said) == 1
    assert desk.tokens.trouble == APP_REFUSED
    desk.asked.answer = None
    desk.clock.go_on(60)
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-2"
    assert desk.tokens.trouble == ""
    assert SECRET not in logged.text


async def test_one_purpose_refused_is_no_trouble_of_the_other(desk: Desk) -> None:
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    desk.asked.answer = {"error": "invalid_client"}
    with pytest.raises(SendFailed):
        await desk.tokens.token(GRAPH)
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    assert desk.tokens.trouble == APP_REFUSED


async def test_a_login_that_hangs_holds_nobody_for_long_and_is_asked_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "WAIT_SECONDS", 0.1)
    desk.asked.gate = threading.Event()

    async def ask() -> None:
        for _ in range(3):
            assert (await desk.refused())[0] == NO_TOKEN

    assert await calmest(ask) < 0.05
    assert len(desk.asked.said) == 1
    desk.asked.gate.set()
    await desk.renewed()
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"


async def test_a_caller_that_goes_away_does_not_end_the_asking(desk: Desk) -> None:
    desk.asked.gate = threading.Event()
    asking = asyncio.create_task(desk.tokens.token(CONNECTOR))
    await asyncio.sleep(0)
    asking.cancel()
    desk.asked.gate.set()
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"


async def test_a_token_that_was_not_accepted_is_asked_for_anew_at_most_once_a_minute(desk: Desk) -> None:
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    for _ in range(10):
        desk.tokens.forget(CONNECTOR)
        assert await desk.tokens.token(CONNECTOR) == "TOKEN-2"
    desk.clock.go_on(60)
    desk.tokens.forget(CONNECTOR)
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-3"
    desk.tokens.forget(GRAPH)


@pytest.mark.parametrize("life", [1, 60, 299, 300, "600", 86400])
async def test_a_token_of_any_life_serves_and_is_renewed_before_its_end(desk: Desk, life: Any) -> None:
    desk.asked.life = life
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-1"
    desk.clock.go_on(float(life))
    assert await desk.tokens.token(CONNECTOR) == "TOKEN-2"


async def test_in_local_mode_there_is_none() -> None:
    tokens = NoTokens()
    tokens.forget(CONNECTOR)
    assert await tokens.token(CONNECTOR) == ""


# --- through MSAL ---


@pytest_asyncio.fixture
async def login() -> AsyncIterator[Login]:
    async with open_login(SECRET) as it:
        yield it


def _through(login: Login, secret: str = SECRET, tenant: str = TENANT) -> tuple[AppTokens, StillClock]:
    clock = StillClock()
    return AppTokens(msal_acquire(Identity(APP, secret, tenant), LOGIN, login.client()), clock.seconds), clock


async def test_the_schools_own_tenant_is_asked_with_the_apps_secret(login: Login, logged: Logged) -> None:
    tokens, _ = _through(login)
    assert await tokens.token(CONNECTOR) == "TOKEN-1"
    assert await tokens.token(GRAPH) == "TOKEN-2"
    assert login.asked == {"discovery": 1, "token": 2}
    said = [(form["client_id"], form["grant_type"], form["scope"]) for form in login.said]
    assert said == [(APP, "client_credentials", CONNECTOR), (APP, "client_credentials", GRAPH)]
    assert SECRET not in logged.text
    assert "TOKEN-1" not in logged.text


async def test_what_a_service_no_longer_accepts_is_not_given_out_again(login: Login) -> None:
    tokens, _ = _through(login)
    assert await tokens.token(CONNECTOR) == "TOKEN-1"
    tokens.forget(CONNECTOR)
    assert await tokens.token(CONNECTOR) == "TOKEN-2"


async def test_a_wrong_secret_and_a_wrong_tenant_are_told_apart(login: Login, logged: Logged) -> None:
    other = "88888888-8888-7777-6666-555555555555"
    for secret, tenant, reason in (("CANARY-wrong", TENANT, APP_REFUSED), (SECRET, other, TENANT_UNKNOWN)):
        tokens, _ = _through(login, secret, tenant)
        with pytest.raises(SendFailed) as failed:
            await tokens.token(CONNECTOR)
        assert failed.value.reason == tokens.trouble == reason
    assert "CANARY" not in logged.text


async def test_a_login_that_is_away_is_asked_again_and_its_return_is_noticed(login: Login) -> None:
    tokens, clock = _through(login)
    root, login.root = login.root, "http://127.0.0.1:1"
    session = login.client()
    tokens = AppTokens(msal_acquire(Identity(APP, SECRET, TENANT), LOGIN, session), clock.seconds)
    with pytest.raises(SendFailed, match=NO_TOKEN):
        await tokens.token(CONNECTOR)
    assert tokens.trouble == ""
    login.root = root
    session.mount("https://", login.client().adapters["https://"])
    clock.go_on(credentials.REST_SECONDS)
    assert await tokens.token(CONNECTOR) == "TOKEN-1"


async def test_nothing_is_called_until_a_token_is_wanted(login: Login) -> None:
    _through(login)
    await asyncio.sleep(0)
    assert login.asked == {}


@dataclass
class Machine:
    """The place on a virtual machine where its identities are asked for."""

    text: str = '{"access_token": "TOKEN-M", "expires_in": "3600", "token_type": "Bearer"}'
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def get(self, url: str, params: Any, headers: Any) -> Machine:
        self.asked.append((url, params))
        return self


@pytest.fixture
def on_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("on_a_machine")
async def test_a_managed_identity_is_asked_for_on_the_machine_itself_and_needs_no_secret() -> None:
    machine = Machine()
    tokens = AppTokens(msal_acquire(Identity(APP, "", TENANT, MANAGED), LOGIN, machine))
    assert await tokens.token(CONNECTOR) == "TOKEN-M"
    url, params = machine.asked[0]
    assert url.startswith("http://169.254.169.254/")
    assert (params["client_id"], params["resource"]) == (APP, "https://api.botframework.com")


@pytest.mark.usefixtures("on_a_machine")
async def test_an_identity_that_the_machine_does_not_have_is_named() -> None:
    machine = Machine('{"error": "invalid_request", "error_description": "Identity not found"}', 400)
    tokens = AppTokens(msal_acquire(Identity(APP, "", TENANT, MANAGED), LOGIN, machine))
    with pytest.raises(SendFailed, match=APP_REFUSED):
        await tokens.token(CONNECTOR)
    assert tokens.trouble == APP_REFUSED


def test_what_is_asked_on_the_machine_passes_no_proxy_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Mapping[str, Any]] = []

    def request(self: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
        given.append({"environment": self.trust_env, **more})
        return requests.Response()

    monkeypatch.setattr(requests.Session, "request", request)
    credentials._direct_session().get("http://169.254.169.254/")
    assert given[0]["timeout"] == credentials.CALL_SECONDS
    assert given[0]["environment"] is False


async def test_the_login_is_asked_past_every_proxy_as_teams_itself_is(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    timeouts: list[object] = []
    played = login.client().adapters["https://"]

    class Watched(requests.adapters.HTTPAdapter):
        def send(self, request: Any, *args: Any, **more: Any) -> requests.Response:
            timeouts.append(more.get("timeout"))
            return played.send(request, *args, **more)

    monkeypatch.setattr(requests.sessions, "HTTPAdapter", Watched)
    tokens = AppTokens(msal_acquire(Identity(APP, SECRET, TENANT), LOGIN))
    assert await tokens.token(CONNECTOR) == "TOKEN-1"
    assert timeouts == [credentials.CALL_SECONDS] * 2
    with pytest.raises(requests.exceptions.ProxyError):  # the control: another session takes the proxy
        await asyncio.to_thread(requests.get, f"{LOGIN}/{TENANT}", timeout=5)


SHOWN: list[Callable[[], object]] = [
    lambda: Identity(APP, SECRET, TENANT),
    lambda: credentials._Kept(SECRET, 1.0, 2.0),
    lambda: AppTokens(msal_acquire(Identity(APP, SECRET, TENANT), LOGIN)),
    lambda: msal_acquire(Identity(APP, SECRET, TENANT), LOGIN),
]


@pytest.mark.parametrize("made", SHOWN)
def test_a_secret_is_not_shown_by_what_holds_it(made: Callable[[], object]) -> None:
    assert SECRET not in repr(made())
