"""Make room for what is asked for and taught, by the hour, and for trends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "skill_counts",
        _id("skill_id"),
        sa.Column("teachers", sa.Integer(), nullable=False),
        sa.Column("wanting", sa.Integer(), nullable=False),
        sa.Column("counted_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["skills.id"],
            name=op.f("fk_skill_counts_skill_id_skills"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("skill_id", name=op.f("pk_skill_counts")),
    )
    with op.batch_alter_table("skill_counts", schema=None) as batch_op:
        batch_op.create_index("ix_skill_counts_due", ["counted_at"], unique=False)

    op.create_table(
        "skill_days",
        _id("skill_id"),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people > 0", name=op.f("ck_skill_days_people")),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["skills.id"],
            name=op.f("fk_skill_days_skill_id_skills"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("skill_id", "day", name=op.f("pk_skill_days")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("skill_days", schema=None) as batch_op:
        batch_op.create_index("ix_skill_days_day", ["day", "skill_id"], unique=False)

    op.create_table(
        "skill_hours",
        _id("user_id"),
        sa.Column("hour", sa.Integer(), nullable=False),
        _id("skill_id"),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["skills.id"],
            name=op.f("fk_skill_hours_skill_id_skills"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_skill_hours_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "hour", "skill_id", name=op.f("pk_skill_hours")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("skill_hours", schema=None) as batch_op:
        batch_op.create_index("ix_skill_hours_hour", ["hour", "skill_id", "user_id"], unique=False)

    op.create_table(
        "trends",
        sa.Column(
            "span",
            sa.Enum(
                "day",
                "week",
                name="trend_span",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        _id("skill_id"),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("is_past", sa.Boolean(), nullable=False),
        sa.CheckConstraint("people >= 5", name=op.f("ck_trends_people")),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_trends_skill_id_skills"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("span", "position", name=op.f("pk_trends")),
    )
    with op.batch_alter_table("trends", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trends_skill_id"), ["skill_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("trends", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trends_skill_id"))

    op.drop_table("trends")
    with op.batch_alter_table("skill_hours", schema=None) as batch_op:
        batch_op.drop_index("ix_skill_hours_hour")

    op.drop_table("skill_hours")
    with op.batch_alter_table("skill_days", schema=None) as batch_op:
        batch_op.drop_index("ix_skill_days_day")

    op.drop_table("skill_days")
    with op.batch_alter_table("skill_counts", schema=None) as batch_op:
        batch_op.drop_index("ix_skill_counts_due")

    op.drop_table("skill_counts")
