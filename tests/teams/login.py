"""Microsoft's login, played: tokens for the bot's own calls, by a secret or a managed identity."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jwt
import requests

from tests.teams.keys import key_number, kid_of
from tests.teams.ledger import Call
from tests.teams.wire import Refused, Reply, Route
from tests.teams.world import APP, TENANT, Json

SECRET = "example-secret-of-the-app"
CONNECTOR, GRAPH = "https://api.botframework.com/.default", "https://graph.microsoft.com/.default"
_CLOUD, _MACHINE = "https://login.microsoftonline.com", "http://169.254.169.254"
_KEY = 1000


class Login:
    """Gives tokens and knows them again. `seconds` is how long one lasts, in real time, since MSAL counts that too."""

    def __init__(self) -> None:
        self.secret, self.seconds = SECRET, 3599
        self.tenant, self.app = TENANT, APP
        self.asks_token = True
        self.expired = False
        self.issued: list[str] = []
        self._good: dict[str, tuple[str, float]] = {}

    def issue(self, scope: str) -> str:
        """A token as Microsoft makes them for an app itself."""
        now, number = int(time.time()), len(self.issued)
        claims: Json = {"aud": scope.removesuffix("/.default"), "iss": f"https://sts.windows.net/{self.tenant}/"}
        claims |= {"iat": now, "nbf": now, "exp": now + self.seconds, "appid": self.app, "tid": self.tenant}
        token = jwt.encode(
            {**claims, "uti": f"{number}", "ver": "1.0"}, key_number(_KEY), "RS256", headers={"kid": kid_of(_KEY)}
        )
        self.issued.append(token)
        self._good[token] = (scope, now + self.seconds)
        return token

    def revoke(self) -> None:
        """No token that was given is good any more."""
        self._good.clear()

    def check(self, call: Call, scope: str) -> None:
        """Whether a call may be made. Raises Refused 401."""
        held, until = self._good.get(call.token, ("", 0.0))
        if self.asks_token and (held != scope or until < time.time()):
            raise Refused(401, "BotUnauthorized", "Authorization has been denied for this request.")

    def routes(self) -> list[Route]:
        discovery = "/login/{tenant}/v2.0/.well-known/openid-configuration"
        return [
            Route("GET", discovery, "login.discovery", self._discovery),
            Route("GET", "/login/common/discovery/instance", "login.instance", self._instance),
            Route("POST", "/login/{tenant}/oauth2/v2.0/token", "login.token", self._token),
            Route("GET", "/machine/metadata/identity/oauth2/token", "login.identity", self._identity),
        ]

    def _discovery(self, call: Call) -> Reply:
        if call.path["tenant"] != self.tenant:
            return _wrong(400, "invalid_tenant", 90002)
        base = f"{_CLOUD}/{self.tenant}"
        shown = {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{base}/v2.0",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }
        return Reply(200, shown)

    def _instance(self, call: Call) -> Reply:
        discovery = f"{_CLOUD}/{self.tenant}/v2.0/.well-known/openid-configuration"
        return Reply(200, {"tenant_discovery_endpoint": discovery, "api-version": "1.1", "metadata": []})

    def _token(self, call: Call) -> Reply:
        form = call.body
        if call.path["tenant"] != self.tenant:
            return _wrong(400, "invalid_request", 90002)
        if form.get("grant_type") != "client_credentials":
            return _wrong(400, "unsupported_grant_type", 70003)
        if form.get("client_id") != self.app:
            return _wrong(400, "unauthorized_client", 700016)
        if self.expired:
            return _wrong(401, "invalid_client", 7000222)
        if form.get("client_secret") != self.secret:
            return _wrong(401, "invalid_client", 7000215)
        return Reply(200, self._given(_scope(str(form.get("scope", "")))))

    def _identity(self, call: Call) -> Reply:
        if call.query.get("client_id") != self.app:
            return Reply(400, {"error": "invalid_request", "error_description": "Identity not found"})
        scope = f"{call.query.get('resource', '').rstrip('/')}/.default"
        given = {"resource": call.query.get("resource", ""), "expires_on": str(int(time.time()) + self.seconds)}
        return Reply(200, {**self._given(scope), **given, "expires_in": str(self.seconds)})

    def _given(self, scope: str) -> Json:
        token = self.issue(scope)
        return {"token_type": "Bearer", "expires_in": self.seconds, "ext_expires_in": 3599, "access_token": token}


def _scope(asked: str) -> str:
    """The one that names what the token is for, of those that MSAL asks for together."""
    return next((each for each in asked.split() if each.endswith("/.default")), asked)


def _wrong(status: int, error: str, number: int) -> Reply:
    """As Entra refuses: a number, and many words around it."""
    said = f"AADSTS{number}: Refused. Trace ID: 0 Correlation ID: 0"
    shown = {"error": error, "error_description": said, "error_codes": [number], "trace_id": "0", "timestamp": "0"}
    return Reply(status, shown)


class LoginClient:
    """What MSAL may be given as `http_client`: Microsoft's own addresses lead to our server, all others nowhere."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, url: str, **given: Any) -> requests.Response:
        return self._session.get(self._here(url), **_kept(given))

    def post(self, url: str, **given: Any) -> requests.Response:
        return self._session.post(self._here(url), **_kept(given))

    def close(self) -> None:
        self._session.close()

    def _here(self, url: str) -> str:
        for known, path in ((_CLOUD, "/login"), (_MACHINE, "/machine"), (self._address, "")):
            if url.startswith(known):
                return self._address + path + url.removeprefix(known)
        raise requests.ConnectionError("no such address is played here")


def _kept(given: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: given[name] for name in ("params", "data", "headers") if name in given}
    return {**named, "timeout": given.get("timeout", 10), "allow_redirects": False}
