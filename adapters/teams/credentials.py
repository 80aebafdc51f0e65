"""The tokens that we ourselves show to Microsoft's services: asked for once, kept until they are nearly over.

A secret or a token must never enter a log, an error, or a repr: an error says only of which kind it is.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msal
import requests
import structlog

from bot.errors import SendFailed, where_it_broke

log = structlog.get_logger()

SINGLE_TENANT, MANAGED = "SingleTenant", "UserAssignedMSI"
"""What `MicrosoftAppType` may say."""

NO_TOKEN, APP_REFUSED, TENANT_UNKNOWN = "no_token", "app_refused", "tenant_unknown"
"""Why there is none: for the moment; because the app's id or secret is wrong; because the tenant is. A person has to
mend the last two.
"""

WAIT_SECONDS = 5.0
CALL_SECONDS = 5.0
AHEAD_SECONDS, SPARE_SECONDS = 300.0, 30.0
"""A token is renewed so long before its end, and no longer shown so shortly before it."""
REST_SECONDS, OPERATOR_SECONDS = 5.0, 60.0
FORGET_SECONDS = 60.0

_REFUSALS = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_request", "invalid_resource", "access_denied", APP_REFUSED}
)

Acquire = Callable[[str], Mapping[str, object]]
"""Asks for a token for a scope and waits for it (in a thread): OAuth's answer, `access_token` or `error`."""


class Tokens(Protocol):
    """`trouble` is what somebody with the app's settings has to mend, or ''."""

    @property
    def trouble(self) -> str: ...

    async def token(self, scope: str) -> str:
        """A token that holds now. Raises SendFailed (NO_TOKEN, APP_REFUSED, TENANT_UNKNOWN) with seconds to wait."""
        ...

    def forget(self, scope: str) -> None:
        """A service did not accept the token: the next one is asked for anew, at most once a minute."""
        ...


class NoTokens:
    """Local mode: there is nobody to show one to."""

    trouble = ""

    async def token(self, scope: str) -> str:
        return ""

    def forget(self, scope: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Identity:
    """The app as Entra knows it. A managed identity has no password."""

    app: str
    password: str = field(repr=False)
    tenant: str
    kind: str = SINGLE_TENANT


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str = field(repr=False)
    renew_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class _Rest:
    """Why there was no token, and until when none is asked for."""

    reason: str
    until: float


class AppTokens:
    """A token for each scope. One is asked for at a time; while the old one holds nobody waits for the new one, and
    when that cannot be had the old one serves on. `seconds` is a time that only goes forward.
    """

    def __init__(self, acquire: Acquire, seconds: Callable[[], float] = time.monotonic) -> None:
        self._acquire, self._seconds = acquire, seconds
        self._kept: dict[str, _Kept] = {}
        self._rests: dict[str, _Rest] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._forgotten: dict[str, float] = {}

    @property
    def trouble(self) -> str:
        """What somebody with the app's settings has to mend (APP_REFUSED, TENANT_UNKNOWN), or ''."""
        return next((rest.reason for rest in self._rests.values() if rest.reason != NO_TOKEN), "")

    async def token(self, scope: str) -> str:
        kept, now = self._kept.get(scope), self._seconds()
        if kept and now < kept.renew_at:
            return kept.text
        asking = self._ask(scope, now)
        if kept and now < kept.ends_at:
            return kept.text
        if asking:
            await asyncio.wait({asking}, timeout=WAIT_SECONDS)
        return self._had(scope)

    def forget(self, scope: str) -> None:
        now, before = self._seconds(), self._forgotten.get(scope)
        if before is None or now - before >= FORGET_SECONDS:
            self._forgotten[scope] = now
            self._kept.pop(scope, None)

    def _had(self, scope: str) -> str:
        kept, now = self._kept.get(scope), self._seconds()
        if kept and now < kept.ends_at:
            return kept.text
        rest = self._rests.get(scope, _Rest(NO_TOKEN, now + REST_SECONDS))
        raise SendFailed(rest.reason, max(1.0, rest.until - now))

    def _ask(self, scope: str, now: float) -> asyncio.Task[None] | None:
        """The one that is asking already, or a new one; None while nothing is asked for."""
        rest = self._rests.get(scope)
        if scope not in self._asking and rest and now < rest.until:
            return None
        if scope not in self._asking:
            self._asking[scope] = asyncio.create_task(self._renew(scope))
        return self._asking[scope]

    async def _renew(self, scope: str) -> None:
        began = self._seconds()
        try:
            self._note(scope, await asyncio.to_thread(self._acquire, scope), began)
        except Exception as fault:
            log.warning("teams_token_not_had", error=where_it_broke(fault))
            self._rests[scope] = _Rest(NO_TOKEN, self._seconds() + REST_SECONDS)
        finally:
            del self._asking[scope]

    def _note(self, scope: str, answer: Mapping[str, Any], began: float) -> None:
        text, error = answer.get("access_token"), str(answer.get("error", ""))
        if isinstance(text, str) and text:
            life = float(answer["expires_in"])
            ends = began + life
            self._kept[scope] = _Kept(text, ends - min(AHEAD_SECONDS, life / 2), ends - min(SPARE_SECONDS, life / 10))
            self._rests.pop(scope, None)
            return
        reason = error if error == TENANT_UNKNOWN else APP_REFUSED if error in _REFUSALS else NO_TOKEN
        log.warning("teams_token_refused", reason=reason)
        wait = REST_SECONDS if reason == NO_TOKEN else OPERATOR_SECONDS
        self._rests[scope] = _Rest(reason, self._seconds() + wait)


# --- MSAL ---


class _NothingKept(msal.TokenCache):  # type: ignore[misc]
    """We keep tokens ourselves: MSAL would go on giving out the one that a service no longer accepts."""

    def add(self, event: object, now: object = None) -> None:
        return None


def msal_acquire(identity: Identity, login: str, http_client: object = None) -> Acquire:
    """Asks through MSAL: with the app's secret at `login` for its own tenant, or as a managed identity of the machine
    it runs on. MSAL's client is made once, at the first call, as making it fetches where the tenant's tokens are.

    `http_client` is a `requests.Session` or the like; tests lead its calls to a played login. Left out, it takes no
    proxy from the environment, as the connector takes none.
    """
    make = _managed if identity.kind == MANAGED else _single_tenant
    return _Once(lambda: make(identity, login, http_client))


class _Once:
    """Makes what asks when it is first needed. Called from threads."""

    def __init__(self, make: Callable[[], Acquire]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._made: Acquire | None = None

    def __call__(self, scope: str) -> Mapping[str, object]:
        with self._lock:
            try:
                self._made = self._made or self._make()
            except ValueError:  # what MSAL says of a tenant that the login does not know
                return {"error": TENANT_UNKNOWN}
        return self._made(scope)


def _single_tenant(identity: Identity, login: str, http_client: object) -> Acquire:
    app = msal.ConfidentialClientApplication(
        identity.app,
        client_credential=identity.password,
        authority=f"{login.rstrip('/')}/{identity.tenant}",
        instance_discovery=False,
        token_cache=_NothingKept(),
        http_client=http_client or _direct_session(),
    )
    return lambda scope: app.acquire_token_for_client([scope])


def _managed(identity: Identity, login: str, http_client: object) -> Acquire:
    client = msal.ManagedIdentityClient(
        msal.UserAssignedManagedIdentity(client_id=identity.app),
        http_client=http_client or _direct_session(),
        token_cache=_NothingKept(),
    )
    return lambda scope: client.acquire_token_for_client(resource=scope.removesuffix("/.default"))


def _direct_session() -> requests.Session:
    """Past every proxy, and not for ever."""
    session = requests.Session()
    session.trust_env = False
    session.request = functools.partial(session.request, timeout=CALL_SECONDS)  # type: ignore[method-assign]
    return session
