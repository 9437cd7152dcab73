"""Make room for what lists of teachers are searched by; `flask reindex` fills it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hour_masks",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hours_0", sa.BigInteger(), nullable=False),
        sa.Column("hours_1", sa.BigInteger(), nullable=False),
        sa.Column("hours_2", sa.BigInteger(), nullable=False),
        sa.Column("stale_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_hour_masks_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_hour_masks")),
    )
    with op.batch_alter_table("hour_masks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_hour_masks_stale",
            ["stale_at"],
            unique=False,
            sqlite_where=sa.text("stale_at IS NOT NULL"),
            postgresql_where=sa.text("stale_at IS NOT NULL"),
        )

    op.create_table(
        "swap_edges",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("want_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["skills.id"], name=op.f("fk_swap_edges_offer_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_swap_edges_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["want_id"], ["skills.id"], name=op.f("fk_swap_edges_want_id_skills")
        ),
        sa.PrimaryKeyConstraint("user_id", "offer_id", "want_id", name=op.f("pk_swap_edges")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("swap_edges", schema=None) as batch_op:
        batch_op.create_index(
            "ix_swap_edges_swap", ["offer_id", "want_id", "rank", "user_id"], unique=False
        )

    op.create_table(
        "teacher_listings",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("language_mask", sa.BigInteger(), nullable=False),
        sa.Column("hours_0", sa.BigInteger(), nullable=False),
        sa.Column("hours_1", sa.BigInteger(), nullable=False),
        sa.Column("hours_2", sa.BigInteger(), nullable=False),
        sa.Column("rating_milli", sa.Integer(), nullable=False),
        sa.Column("reply_minutes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_teacher_listings_skill_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_teacher_listings_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "skill_id", name=op.f("pk_teacher_listings")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("teacher_listings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_teacher_listings_browse",
            [
                "skill_id",
                "rank",
                "user_id",
                "level",
                "language_mask",
                "hours_0",
                "hours_1",
                "hours_2",
                "rating_milli",
                "reply_minutes",
            ],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("teacher_listings", schema=None) as batch_op:
        batch_op.drop_index("ix_teacher_listings_browse")

    op.drop_table("teacher_listings")
    with op.batch_alter_table("swap_edges", schema=None) as batch_op:
        batch_op.drop_index("ix_swap_edges_swap")

    op.drop_table("swap_edges")
    with op.batch_alter_table("hour_masks", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_hour_masks_stale",
            sqlite_where=sa.text("stale_at IS NOT NULL"),
            postgresql_where=sa.text("stale_at IS NOT NULL"),
        )

    op.drop_table("hour_masks")
