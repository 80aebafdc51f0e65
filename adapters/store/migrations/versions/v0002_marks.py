"""How far a sweep of a platform's messages has come; and somebody's reports found by whose they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "marks", sa.Column("name", sa.Text, primary_key=True), sa.Column("at", sa.BigInteger, nullable=False)
    )
    op.create_index("ix_conversations_sender", "conversations", ["sender"])
