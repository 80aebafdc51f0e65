"""The books: conversations, cases, chronology, audit, outbox and timers in one database, written in whole turns.

Words are sealed before they enter (`adapters.seal`). No rule of the bot, and no word in clear, may enter this room.
"""

from adapters.store.audit import AuditBroken, Verified, verify
from adapters.store.engine import migrate, open_store
from adapters.store.store import SqlStore

__all__ = ["AuditBroken", "SqlStore", "Verified", "migrate", "open_store", "verify"]
