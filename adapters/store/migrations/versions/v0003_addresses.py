"""What a door must know to reach a place: sealed, and found by a keyed hash of the place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "addresses", sa.Column("place", sa.Text, primary_key=True), sa.Column("address", sa.Text, nullable=False)
    )
