"""What the environment says, read once and frozen. A value is never printed: only the name of the variable is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot.errors import ConfigError

_HIGHEST_PORT = 65535
SLACK_API = "https://slack.com/api/"
SINGLE_TENANT, MANAGED_IDENTITY = "SingleTenant", "UserAssignedMSI"
_ENTRA_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class SlackSettings:
    """How to reach a school's Slack. `app_token` opens Socket Mode, `signing_secret` the way in over HTTP; both may.

    `old_signing_secret` is accepted beside the new one while it is being exchanged (T06).
    """

    bot_token: SecretStr
    app_token: SecretStr | None
    signing_secret: SecretStr | None
    old_signing_secret: SecretStr | None
    api_url: str

    def secrets(self) -> tuple[str, ...]:
        """Whatever may have signed a request."""
        given = (self.signing_secret, self.old_signing_secret) if self.signing_secret else ()
        return tuple(secret.get_secret_value() for secret in given if secret)


@dataclass(frozen=True)
class TeamsSettings:
    """The app's registration in the school's own Microsoft tenant. `password` is None where a managed identity stands
    for it. `hosts` are further ones that the app may speak to, beside Microsoft's public ones.
    """

    app: str
    password: SecretStr | None
    tenant: str
    kind: str
    hosts: frozenset[str]


class Settings(BaseModel):
    """`trust` is the path of the trust's file, or None when the environment names none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    trust: Path | None = Field(default=None, alias="HANDRAIL_TRUST")
    database_url: str = Field(default="sqlite:///handrail.db", alias="HANDRAIL_DATABASE_URL")
    key: SecretStr | None = Field(default=None, alias="HANDRAIL_KEY")
    port: int = Field(default=3978, alias="PORT", ge=0, le=_HIGHEST_PORT)

    slack_bot_token: SecretStr | None = Field(default=None, alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(default=None, alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(default=None, alias="SLACK_SIGNING_SECRET")
    slack_signing_secret_old: SecretStr | None = Field(default=None, alias="SLACK_SIGNING_SECRET_OLD")
    slack_api_url: str = Field(default=SLACK_API, alias="SLACK_API_URL")

    teams_app: str | None = Field(default=None, alias="MicrosoftAppId")
    teams_password: SecretStr | None = Field(default=None, alias="MicrosoftAppPassword")
    teams_tenant: str | None = Field(default=None, alias="MicrosoftAppTenantId")
    teams_kind: str | None = Field(default=None, alias="MicrosoftAppType")
    teams_hosts: str = Field(default="", alias="HANDRAIL_TEAMS_HOSTS")

    def teams(self) -> TeamsSettings | None:
        """What there is of Teams, or None when nothing of it is named. Raises ConfigError when it is only half there.

        An empty app id would open the door to everybody (T12): it is refused, and so is an app of several tenants.
        """
        named = (self.teams_app, self.teams_password, self.teams_tenant, self.teams_kind)
        if all(each is None for each in named):
            return None
        app, tenant = _entra_id("MicrosoftAppId", self.teams_app), _entra_id("MicrosoftAppTenantId", self.teams_tenant)
        kind = self.teams_kind or SINGLE_TENANT
        if kind not in (SINGLE_TENANT, MANAGED_IDENTITY):
            wrong, write = "is of no kind that a school can have", f"Write {SINGLE_TENANT}, or {MANAGED_IDENTITY}"
            raise ConfigError("environment", "MicrosoftAppType", wrong, write)
        password = self.teams_password if kind == SINGLE_TENANT else None
        if kind == SINGLE_TENANT and not (password and password.get_secret_value().strip()):
            write = "Write the client secret's value (not its id), or MicrosoftAppType=UserAssignedMSI"
            raise ConfigError("environment", "MicrosoftAppPassword", "is not set", write)
        hosts = frozenset(filter(None, (host.strip().lower() for host in self.teams_hosts.split(","))))
        return TeamsSettings(app, password, tenant, kind, hosts)

    def slack(self) -> SlackSettings | None:
        """What there is of Slack, or None when nothing of it is set. Raises ConfigError when it is only half there."""
        ways = (self.slack_app_token, self.slack_signing_secret)
        if self.slack_bot_token is None:
            if any(ways):
                raise ConfigError("environment", "SLACK_BOT_TOKEN", "is not set", "Write the token that begins xoxb-")
            return None
        if not any(ways):
            write = "Write SLACK_APP_TOKEN (begins xapp-) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP"
            raise ConfigError("environment", "SLACK_APP_TOKEN", "is not set, and SLACK_SIGNING_SECRET neither", write)
        if not self.slack_api_url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            wrong, write = "is not an address that begins https://", f"Leave it out, or write {SLACK_API}"
            raise ConfigError("environment", "SLACK_API_URL", wrong, write)
        _begins("SLACK_BOT_TOKEN", self.slack_bot_token, "xoxb-")
        _begins("SLACK_APP_TOKEN", self.slack_app_token, "xapp-")
        return SlackSettings(self.slack_bot_token, *ways, self.slack_signing_secret_old, self.slack_address())

    def slack_address(self) -> str:
        """Where Slack's Web API answers, with the stroke at its end."""
        return self.slack_api_url if self.slack_api_url.endswith("/") else f"{self.slack_api_url}/"

    def key_text(self) -> str | None:
        return self.key.get_secret_value() if self.key else None


def _entra_id(name: str, written: str | None) -> str:
    id = (written or "").strip().lower()
    if not _ENTRA_ID.fullmatch(id):
        wrong = "is empty" if not id else "is not an id of Entra"
        write = "Write it as Azure shows it, with its four hyphens. To try Teams without one: handrail teams local"
        raise ConfigError("environment", name, wrong, write)
    return id


def _begins(name: str, token: SecretStr | None, prefix: str) -> None:
    written = token.get_secret_value() if token else prefix
    if not written.startswith(prefix) or written != "".join(written.split()):
        wrong = f"does not begin {prefix}, or has a space or a line break in it"
        raise ConfigError("environment", name, wrong, f"Write the token that begins {prefix}, and nothing else")


def settings_from(environment: Mapping[str, str]) -> Settings:
    """An empty variable is as good as none, but for Microsoft's (`Settings.teams`).

    Raises ConfigError (exit code 78): which variable, and what to write.
    """
    try:
        return Settings.model_validate({name: value for name, value in environment.items() if _says(name, value)})
    except ValidationError:  # the port alone is read as anything but text
        wrong = f"is not a whole number from 0 to {_HIGHEST_PORT}"
        raise ConfigError("environment", "PORT", wrong, "Write a port that is free, such as PORT=3978") from None


def _says(name: str, value: str) -> bool:
    return bool(value.strip()) or name.startswith("MicrosoftApp")
