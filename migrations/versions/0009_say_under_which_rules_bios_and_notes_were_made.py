"""Say under which rules bios and shared notes were made, so that they can be made anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("exchange_notes", "users"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column("rules_version", sa.Integer(), server_default="1", nullable=False)
            )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("ix_users_rules", ["rules_version"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index("ix_users_rules")
    for table in ("users", "exchange_notes"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("rules_version")
