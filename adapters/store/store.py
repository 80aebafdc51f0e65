"""One writer thread: whatever turns wait are taken together, written in one transaction, committed once, then answered.

Nobody is answered before the commit is durable (I1). A turn that raises undoes only itself. A commit that fails fails
every turn in it, and a failed sync is never tried again (D4): what stands in memory is no longer what is on the disk.
"""

from __future__ import annotations

import asyncio
import os
import queue
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from adapters.seal import Seals
from adapters.store.desk import Desk
from adapters.store.tx import SqlTx
from bot.errors import HandrailError, Stale, StoreUnavailable
from bot.ports import Tx

T = TypeVar("T")

_BATCH = 64
_TRIES_ALONE = 4  # after the one together
_SYNC_FAILED = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
_THIS_TURN_ONLY = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)


@dataclass(frozen=True, slots=True)
class _Turn:
    work: Callable[[Tx], Any]
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class _Outcome:
    turn: _Turn
    value: Any = None
    error: BaseException | None = None


class SqlStore:
    """The port `bot.ports.Store` over one SQLite file, which this process alone serves. Close it when done.

    `broken` says why nothing can be written any more until the process starts again, or ''.
    """

    def __init__(self, engine: Engine, seals: Seals, file: Path, lock: int) -> None:
        self.broken = ""
        self._engine, self._seals, self._file, self._lock = engine, seals, file, lock
        self._inode = file.stat().st_ino
        self._owner = secrets.token_hex(8)
        self._turns: queue.SimpleQueue[_Turn | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._desk: Desk | None = None
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="store", daemon=True)
        self._writer.start()

    async def transact(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in the writer thread; return its value once it is durable.

        Raises what `work` raises, and StoreUnavailable when nothing was kept. A Stale is run again, up to 5 times.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        turn = _Turn(work, loop.create_future(), loop)
        self._turns.put(turn)
        value: T = await turn.answer
        return value

    def close(self) -> None:
        """Finish the turns that wait, then let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._turns.put(None)
        self._writer.join()
        self._engine.dispose()
        os.close(self._lock)

    def _write(self) -> None:
        going = True
        while going:
            turns: list[_Turn | None] = [self._turns.get()]
            _answer(self._attempt(turns))
            going = turns[-1] is not None
        self._hang_up()

    def _attempt(self, turns: list[_Turn | None]) -> Sequence[_Outcome]:
        try:
            return self._batch(turns)
        except Exception as error:  # whatever it is, everyone who waits must be told
            self._hang_up()
            self._note(error)
            self._take_waiting(turns)
            return [_Outcome(turn, error=_unavailable(error)) for turn in turns if turn]

    def _batch(self, turns: list[_Turn | None]) -> Sequence[_Outcome]:
        if turns == [None]:
            return []
        if self.broken:
            raise StoreUnavailable(self.broken)
        desk = self._desk or self._connect()
        self._same_file()
        desk.word("BEGIN IMMEDIATE")
        self._take_waiting(turns)
        outcomes = self._performed([turn for turn in turns if turn])
        desk.word("COMMIT")
        return outcomes

    def _performed(self, turns: Sequence[_Turn]) -> Sequence[_Outcome]:
        """All together, since nearly always none raises; when one did, all again, each in a savepoint of its own."""
        desk = self._desk or self._connect()
        fresh = partial(SqlTx, desk, self._seals, self._owner)
        try:
            tx = fresh()
            return [_Outcome(turn, value=turn.work(tx)) for turn in turns]
        except BaseException as error:
            if _database_failed(error):
                raise
        desk.word("ROLLBACK")
        desk.word("BEGIN IMMEDIATE")
        return [_alone(desk, fresh, turn) for turn in turns]

    def _take_waiting(self, turns: list[_Turn | None]) -> None:
        """Whoever came while the lock was awaited shares the commit, and would share the refusal."""
        while turns[-1] is not None and len(turns) < _BATCH:
            try:
                turns.append(self._turns.get_nowait())
            except queue.Empty:
                return

    def _connect(self) -> Desk:
        self._connection = self._engine.connect()
        self._desk = Desk(self._connection)
        return self._desk

    def _same_file(self) -> None:
        """D6: never commit into a file that was deleted or exchanged under us."""
        if self._file.stat().st_ino != self._inode:
            raise StoreUnavailable("the database file was exchanged for another")

    def _hang_up(self) -> None:
        """Let go of the file's locks now, whoever still holds the error and the cursor in it."""
        connection, self._connection = self._connection, None
        desk, self._desk = self._desk, None
        if connection and desk:
            with suppress(sqlite3.Error):
                desk.close()
            connection.invalidate()
            connection.close()

    def _note(self, error: Exception) -> None:
        if _code(error) in _SYNC_FAILED:
            self.broken = f"the disk failed ({_name(error)}); check it, then start Handrail again"


def _alone(desk: Desk, fresh: Callable[[], SqlTx], turn: _Turn) -> _Outcome:
    try:
        return _Outcome(turn, value=_tried(desk, fresh, turn.work))
    except sqlite3.Error as error:
        if _database_failed(error):
            raise
        return _Outcome(turn, error=_unavailable(error))
    except StopIteration:  # no future takes one
        return _Outcome(turn, error=RuntimeError("the turn raised StopIteration"))
    except BaseException as error:  # it is the caller's, in another thread
        return _Outcome(turn, error=error)


def _tried(desk: Desk, fresh: Callable[[], SqlTx], work: Callable[[Tx], Any]) -> Any:
    for _ in range(_TRIES_ALONE - 1):
        with suppress(Stale):
            return _inside_savepoint(desk, fresh(), work)
    return _inside_savepoint(desk, fresh(), work)


def _inside_savepoint(desk: Desk, tx: SqlTx, work: Callable[[Tx], Any]) -> Any:
    """`tx` is new for every try: it remembers the last rows it wrote, and a try undone takes them away again."""
    desk.word("SAVEPOINT turn")
    try:
        value = work(tx)
    except BaseException as error:
        if not _database_failed(error):
            desk.word("ROLLBACK TO turn")
            desk.word("RELEASE turn")
        raise
    desk.word("RELEASE turn")
    return value


def _database_failed(error: BaseException) -> bool:
    """SQLite may have rolled the whole transaction back already: then there is no savepoint to go back to.

    An error without SQLite's own code is Python's, about one value: only its turn is undone.
    """
    its_own = isinstance(error, sqlite3.Error) and hasattr(error, "sqlite_errorcode")
    return its_own and not isinstance(error, _THIS_TURN_ONLY)


def _answer(outcomes: Iterable[_Outcome]) -> None:
    """Wake each event loop once for all its turns."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.turn.loop, []).append(outcome)
    for loop, its in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody is left to tell
            loop.call_soon_threadsafe(_settle, its)


def _settle(outcomes: Iterable[_Outcome]) -> None:
    for outcome in outcomes:
        if outcome.turn.answer.done():
            continue
        if outcome.error is None:
            outcome.turn.answer.set_result(outcome.value)
        else:
            outcome.turn.answer.set_exception(outcome.error)


def _unavailable(error: Exception) -> StoreUnavailable:
    """The reason without a value of anybody's: our own words, or the database's name for it."""
    reason = str(error) if isinstance(error, HandrailError) else _name(error)
    unavailable = StoreUnavailable(f"nothing could be stored: {reason}")
    unavailable.__cause__ = error
    return unavailable


def _driver(error: Exception) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig else error


def _name(error: Exception) -> str:
    return str(getattr(_driver(error), "sqlite_errorname", type(error).__name__))


def _code(error: Exception) -> int:
    return int(getattr(_driver(error), "sqlite_errorcode", 0))
