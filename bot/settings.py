"""What the environment says, read once and frozen. A value is never printed: only the name of the variable is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot.errors import ConfigError

_HIGHEST_PORT = 65535


class Settings(BaseModel):
    """`trust` is the path of the trust's file, or None when the environment names none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    trust: Path | None = Field(default=None, alias="HANDRAIL_TRUST")
    database_url: str = Field(default="sqlite:///handrail.db", alias="HANDRAIL_DATABASE_URL")
    key: SecretStr | None = Field(default=None, alias="HANDRAIL_KEY")
    port: int = Field(default=3978, alias="PORT", ge=0, le=_HIGHEST_PORT)

    def key_text(self) -> str | None:
        return self.key.get_secret_value() if self.key else None


def settings_from(environment: Mapping[str, str]) -> Settings:
    """An empty variable is as good as none. Raises ConfigError (exit code 78): which variable, and what to write."""
    try:
        return Settings.model_validate({name: value for name, value in environment.items() if value.strip()})
    except ValidationError:  # the port alone is read as anything but text
        wrong = f"is not a whole number from 0 to {_HIGHEST_PORT}"
        raise ConfigError("environment", "PORT", wrong, "Write a port that is free, such as PORT=3978") from None
