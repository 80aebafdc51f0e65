"""Alembic's room: how the books got their shape. A version that was released is never edited again."""
