"""Make room for a second step when logging in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_steps",
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("sealed", sa.String(length=200), nullable=False),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sealed_codes", sa.String(length=600), nullable=False),
        sa.Column("shown_until", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_second_steps_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_steps")),
    )
    op.create_index(op.f("ix_second_steps_shown_until"), "second_steps", ["shown_until"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_recovery_codes_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_recovery_codes_code", "recovery_codes", ["user_id", "code_hash"], unique=True
    )


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.drop_table("second_steps")
