"""Make room for points; `flask points rebuild` fills it from what has happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "points_flags",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("found_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "cleared_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("user_id <> partner_id", name=op.f("ck_points_flags_not_with_self")),
        sa.ForeignKeyConstraint(
            ["cleared_by_id"], ["users.id"], name=op.f("fk_points_flags_cleared_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["users.id"], name=op.f("fk_points_flags_other_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["users.id"], name=op.f("fk_points_flags_partner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_points_flags_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_flags")),
        sa.UniqueConstraint("public_id", name=op.f("uq_points_flags_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("points_flags", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_points_flags_partner_id"), ["partner_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_points_flags_until"), ["until"], unique=False)
        batch_op.create_index("ix_points_flags_user", ["user_id", "partner_id"], unique=False)
        batch_op.create_index(
            "uq_points_flags_open",
            ["user_id"],
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )

    op.create_table(
        "points_periods",
        sa.Column(
            "kind",
            sa.Enum(
                "week",
                "month",
                "all",
                name="period_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_points_periods_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("kind", "number", "user_id", name=op.f("pk_points_periods")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("points_periods", schema=None) as batch_op:
        batch_op.create_index(
            "ix_points_periods_board",
            ["kind", "number", "points", "user_id", "sessions"],
            unique=False,
        )
        batch_op.create_index("ix_points_periods_user", ["user_id", "kind", "number"], unique=False)

    op.create_table(
        "points_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "taught",
                "learned",
                "partner",
                "exchange",
                "rating",
                "answer",
                "tutorial",
                "like",
                "report",
                "profile",
                "claim",
                "streak",
                name="points_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "whole",
                "half",
                "repeated",
                "short",
                "arranged_late",
                "not_held",
                "unconfirmed",
                "few",
                "slow",
                "brief",
                "newcomer",
                "full",
                "day_cut",
                "day_full",
                "taken_back",
                "given_back",
                name="points_reason",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column(
            "partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_type", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("counted_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "points >= 0 OR reverses_id IS NOT NULL",
            name=op.f("ck_points_entries_only_reversals_take"),
        ),
        sa.CheckConstraint("user_id <> partner_id", name=op.f("ck_points_entries_not_with_self")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_points_entries_event_id_events")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["users.id"], name=op.f("fk_points_entries_partner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["points_entries.id"],
            name=op.f("fk_points_entries_reverses_id_points_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_points_entries_skill_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_points_entries_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entries")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_points_entries_reverses_id")),
        sa.UniqueConstraint(
            "user_id", "kind", "source", name=op.f("uq_points_entries_user_id_kind_source")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("points_entries", schema=None) as batch_op:
        batch_op.create_index("ix_points_entries_counted", ["user_id", "counted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_points_entries_event_id"), ["event_id"], unique=False)
        batch_op.create_index(
            "ix_points_entries_partner", ["user_id", "partner_id", "counted_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_points_entries_partner_id"), ["partner_id"], unique=False
        )
        batch_op.create_index(
            "ix_points_entries_subject", ["subject_type", "subject_id", "user_id"], unique=False
        )
        batch_op.create_index(
            "ix_points_entries_user", ["user_id", "created_at", "id"], unique=False
        )

    op.create_table(
        "points_skill_periods",
        sa.Column(
            "kind",
            sa.Enum(
                "week",
                "month",
                "all",
                name="period_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_points_skill_periods_skill_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_points_skill_periods_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "kind", "number", "skill_id", "user_id", name=op.f("pk_points_skill_periods")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("points_skill_periods", schema=None) as batch_op:
        batch_op.create_index(
            "ix_points_skill_periods_board",
            ["skill_id", "kind", "number", "points", "user_id", "sessions"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_points_skill_periods_user_id"), ["user_id"], unique=False
        )

    op.create_table(
        "points_due",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_points_due_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_points_due")),
    )
    with op.batch_alter_table("points_due", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_points_due_due_at"), ["due_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("points_due", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_points_due_due_at"))

    op.drop_table("points_due")
    with op.batch_alter_table("points_skill_periods", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_points_skill_periods_user_id"))
        batch_op.drop_index("ix_points_skill_periods_board")

    op.drop_table("points_skill_periods")
    with op.batch_alter_table("points_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_points_entries_user")
        batch_op.drop_index("ix_points_entries_subject")
        batch_op.drop_index(batch_op.f("ix_points_entries_partner_id"))
        batch_op.drop_index("ix_points_entries_partner")
        batch_op.drop_index(batch_op.f("ix_points_entries_event_id"))
        batch_op.drop_index("ix_points_entries_counted")

    op.drop_table("points_entries")
    with op.batch_alter_table("points_periods", schema=None) as batch_op:
        batch_op.drop_index("ix_points_periods_user")
        batch_op.drop_index("ix_points_periods_board")

    op.drop_table("points_periods")
    with op.batch_alter_table("points_flags", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_points_flags_open",
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )
        batch_op.drop_index("ix_points_flags_user")
        batch_op.drop_index(batch_op.f("ix_points_flags_until"))
        batch_op.drop_index(batch_op.f("ix_points_flags_partner_id"))

    op.drop_table("points_flags")
