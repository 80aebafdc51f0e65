"""The trust's own file on disk: read at start, read again when it changes, the last good copy kept while it is damaged.

What the file means is `bot.directory`'s; nothing of its contents is logged here.
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.directory import Directory, parse_trust
from bot.errors import ConfigError

_HOW = "Write the path of your trust.toml in HANDRAIL_TRUST, and see that it can be read."


class TrustFile:
    """Serves a `Directory`. Raises `ConfigError` when the file cannot be used at start; never after."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._seen = self._stamp()
        self._good = self._read()
        self._fault: ConfigError | None = None

    @property
    def fault(self) -> ConfigError | None:
        """Why the file as it stands now cannot be used, or None when `current` is what it says."""
        return self._fault

    def current(self) -> Directory:
        """The directory of the file, or of its last good copy."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            self._read_again()
        return self._good

    def _read_again(self) -> None:
        try:
            self._good, self._fault = self._read(), None
        except ConfigError as error:
            self._fault = error

    def _read(self) -> Directory:
        return parse_trust(self._text(), str(self._path))

    def _text(self) -> str:
        # Notepad writes a byte-order mark; TOML allows none.
        try:
            return self._path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise self._unusable("is not saved as UTF-8", "Save it again with the encoding UTF-8.") from None
        except OSError as error:
            raise self._unusable(f"cannot be read: {error.strerror}", _HOW) from None

    def _unusable(self, wrong: str, write: str) -> ConfigError:
        return ConfigError(str(self._path), "the whole file", wrong, write)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
