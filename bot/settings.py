"""What the environment says, read once and frozen. A value is never printed: only the name of the variable is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot.errors import ConfigError

_WRITE = {
    "HANDRAIL_TRUST": "Write the path of the trust's own file, such as HANDRAIL_TRUST=trust.toml",
    "PORT": "Write a whole number from 0 to 65535, such as PORT=3978",
}


class Settings(BaseModel):
    """`trust` is the path of the trust's file, or None when the environment names none."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    trust: Path | None = Field(default=None, alias="HANDRAIL_TRUST")
    database_url: str = Field(default="sqlite:///handrail.db", alias="HANDRAIL_DATABASE_URL")
    key: SecretStr | None = Field(default=None, alias="HANDRAIL_KEY")
    port: int = Field(default=3978, alias="PORT", ge=0, le=65535)

    def key_text(self) -> str | None:
        return self.key.get_secret_value() if self.key else None


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Raises ConfigError (exit code 78) that names the variable and what to write."""
    try:
        return Settings.model_validate(dict(environment))
    except ValidationError as wrong:
        first = wrong.errors(include_input=False)[0]
        name = str(first["loc"][0])
        raise ConfigError("environment", name, str(first["msg"]), _WRITE.get(name, "See the README")) from None
