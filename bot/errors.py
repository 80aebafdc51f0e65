"""Every way Handrail can refuse. An error carries step ids, keys and references, never what anybody wrote."""

from __future__ import annotations

import os
import traceback


class HandrailError(Exception):
    """The root of all of ours. `exit_code` is what a command ends with."""

    exit_code = 1


class ConfigError(HandrailError):
    """A file or setting is wrong: says where, which key, what is wrong and what to write. Exit code 78 (EX_CONFIG)."""

    exit_code = os.EX_CONFIG

    def __init__(self, file: str, key: str, wrong: str, write: str) -> None:
        self.file, self.key, self.wrong, self.write = file, key, wrong, write
        super().__init__(f"{file}: {key}: {wrong}. {write}")


class BadFacts(HandrailError):
    """Facts given from outside cannot be read: says which fact, what is wrong and what to write. Exit code 65."""

    exit_code = os.EX_DATAERR

    def __init__(self, fact: str, wrong: str, write: str) -> None:
        self.fact, self.wrong, self.write = fact, wrong, write
        super().__init__(f"{fact}: {wrong}. {write}")


class NoSuchCase(HandrailError):
    """A reference that no case here has."""

    exit_code = os.EX_DATAERR


class StoreUnavailable(HandrailError):
    """The books cannot be written at this moment; nothing of this turn was kept."""

    exit_code = os.EX_TEMPFAIL


class StoreRefused(HandrailError):
    """The books must not be opened as they are: wrong key, missing file, unsafe settings, a second process."""

    exit_code = os.EX_CONFIG


class StoreInUse(StoreRefused):
    """Another process already serves this SQLite file (D8)."""

    exit_code = os.EX_TEMPFAIL


class Stale(HandrailError):
    """Somebody else moved the row first; the turn is to be run again on what stands there now (I8)."""


class SendFailed(HandrailError):
    """The platform certainly did not take the post; it may be sent again after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        self.reason, self.retry_after = reason, retry_after
        super().__init__(reason)


class SendAmbiguous(HandrailError):
    """The platform may or may not have taken the post (F6)."""


class SendRefused(HandrailError):
    """The platform will not take this post here, however often it is tried: another way must be found (P5)."""


class SendGone(SendRefused):
    """What was to be changed in place no longer stands there, or can no longer be changed."""


def what_broke(error: BaseException) -> str:
    """What a log may say of a fault: our own words, or its kind and the line it came from; never a value."""
    return str(error) if isinstance(error, HandrailError) else where_it_broke(error)


def where_it_broke(error: BaseException) -> str:
    """The kind of a fault and the line it came from, never what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].name}:{frames[-1].lineno}" if frames else type(error).__name__
