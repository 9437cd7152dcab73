"""Make room for daily statistics."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SELECT 1")  # in the making


def downgrade() -> None:
    op.execute("SELECT 1")  # in the making
