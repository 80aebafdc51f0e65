"""The file under the books: where it is, that it is there, that nobody else serves it, that it lies on a local disk.

Only what the operating system knows; no SQL may enter.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import StoreInUse, StoreRefused

MOUNTS = Path("/proc/self/mounts")

_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "glusterfs", "davfs", "ncpfs", "beegfs", "gpfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.davfs", "fuse.ceph", "fuse.gcsfuse"}
)


def sqlite_file(url: str) -> Path:
    """The file of a `sqlite:///...` url. Raises StoreRefused for anything else, without printing the url."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _not_a_file() from None
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise _not_a_file()
    return Path(str(parsed.database)).absolute()


def refuse_missing(file: Path) -> None:
    """Never a fresh, empty database over one that is gone (D5)."""
    if not file.is_file():
        raise StoreRefused(
            f"there is no database at {file}. If it was lost, restore it from the backup; "
            "for a new one, run `handrail migrate`"
        )


def refuse_leftovers(file: Path) -> None:
    """A journal without its database belongs to a lost one, and would be played into a new one."""
    left = [name for name in (f"{file.name}-journal", f"{file.name}-wal") if (file.parent / name).exists()]
    if left:
        raise StoreRefused(
            f"the database {file} is gone but {left[0]} is still there. Restore both from the backup, "
            f"or move {left[0]} away and run `handrail migrate` for a new one"
        )


def refuse_remote(file: Path) -> None:
    """Locks and syncs of a network file system cannot be relied on (D9)."""
    kind = file_system(file, MOUNTS.read_text("utf-8", "replace") if MOUNTS.exists() else "")
    if kind in _REMOTE:
        raise StoreRefused(f"{file} lies on a network file system ({kind}). Put the database on a disk of this machine")


def file_system(file: Path, mounts: str) -> str:
    """The kind of file system a file lies on, by a table of mounts; '' when it does not say."""
    rows = [line.split() for line in mounts.splitlines()]
    points = [(_unescaped(row[1]), row[2]) for row in rows if len(row) > 2]
    folder = file.parent.resolve()
    over = [(len(point), kind) for point, kind in points if folder.is_relative_to(point)]
    return max(over, key=lambda it: it[0])[1] if over else ""


def take_lock(file: Path) -> int:
    """Hold `<file>.lock` while this process serves. Raises StoreInUse, exit code 75, when another one does (D8)."""
    if not file.parent.is_dir():
        raise StoreRefused(f"there is no folder {file.parent} for the database")
    lock = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise StoreInUse(f"another Handrail already serves {file}. Stop it first, or give this one its own") from None
    return lock


def blank(file: Path) -> None:
    """An empty file that only we can read, in the stead of a half-made one."""
    for old in (file, Path(f"{file}-journal")):
        old.unlink(missing_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def put_in_place(made: Path, file: Path) -> None:
    """Let a finished database appear under its name at once, and durably."""
    made.replace(file)
    Path(f"{made}-journal").unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unescaped(point: str) -> str:
    return point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")


def _not_a_file() -> StoreRefused:
    return StoreRefused("HANDRAIL_DATABASE_URL: it is not a file of SQLite's. Write sqlite:///folder/handrail.db")
