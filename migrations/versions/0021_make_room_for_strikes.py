"""Make room for strikes."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SELECT 1")  # in the making


def downgrade() -> None:
    op.execute("SELECT 1")  # in the making
