"""Make room for who was shown to whom, who was put aside, and saved teachers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dismissals",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "dismissed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("user_id <> dismissed_id", name=op.f("ck_dismissals_not_oneself")),
        sa.ForeignKeyConstraint(
            ["dismissed_id"],
            ["users.id"],
            name=op.f("fk_dismissals_dismissed_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_dismissals_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "dismissed_id", name=op.f("pk_dismissals")),
    )
    with op.batch_alter_table("dismissals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dismissals_dismissed_id"), ["dismissed_id"], unique=False
        )
        batch_op.create_index("ix_dismissals_until", ["until"], unique=False)

    op.create_table(
        "exposures",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.CheckConstraint("shown >= 1", name=op.f("ck_exposures_shown")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_exposures_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_exposures")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("exposures", schema=None) as batch_op:
        batch_op.create_index("ix_exposures_day", ["day"], unique=False)

    op.create_table(
        "saved_teachers",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "teacher_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("watched_since", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("user_id <> teacher_id", name=op.f("ck_saved_teachers_not_oneself")),
        sa.ForeignKeyConstraint(
            ["teacher_id"],
            ["users.id"],
            name=op.f("fk_saved_teachers_teacher_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_saved_teachers_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "teacher_id", name=op.f("pk_saved_teachers")),
    )
    with op.batch_alter_table("saved_teachers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_saved_teachers_list", ["user_id", "created_at", "teacher_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_saved_teachers_teacher_id"), ["teacher_id"], unique=False
        )
        batch_op.create_index(
            "ix_saved_teachers_watched",
            ["teacher_id", "user_id"],
            unique=False,
            sqlite_where=sa.text("watched_since IS NOT NULL"),
            postgresql_where=sa.text("watched_since IS NOT NULL"),
        )

    op.create_table(
        "impressions",
        sa.Column(
            "viewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "teacher_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "shown_in",
            sa.Enum(
                "browse",
                "home",
                "explore",
                name="shown_in",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("shown_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_impressions_position")),
        sa.CheckConstraint("viewer_id <> teacher_id", name=op.f("ck_impressions_not_oneself")),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_impressions_skill_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"],
            ["users.id"],
            name=op.f("fk_impressions_teacher_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["viewer_id"],
            ["users.id"],
            name=op.f("fk_impressions_viewer_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "viewer_id", "day", "teacher_id", "shown_in", name=op.f("pk_impressions")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("impressions", schema=None) as batch_op:
        batch_op.create_index("ix_impressions_day", ["day"], unique=False)
        batch_op.create_index("ix_impressions_teacher", ["teacher_id", "day"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("impressions", schema=None) as batch_op:
        batch_op.drop_index("ix_impressions_teacher")
        batch_op.drop_index("ix_impressions_day")

    op.drop_table("impressions")
    with op.batch_alter_table("saved_teachers", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_saved_teachers_watched",
            sqlite_where=sa.text("watched_since IS NOT NULL"),
            postgresql_where=sa.text("watched_since IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_saved_teachers_teacher_id"))
        batch_op.drop_index("ix_saved_teachers_list")

    op.drop_table("saved_teachers")
    with op.batch_alter_table("exposures", schema=None) as batch_op:
        batch_op.drop_index("ix_exposures_day")

    op.drop_table("exposures")
    with op.batch_alter_table("dismissals", schema=None) as batch_op:
        batch_op.drop_index("ix_dismissals_until")
        batch_op.drop_index(batch_op.f("ix_dismissals_dismissed_id"))

    op.drop_table("dismissals")
