"""Make room for swap rings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_OPEN = sa.text("state = 'proposed'")


def upgrade() -> None:
    op.create_table(
        "swap_rings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("starter_id", BIG, nullable=False),
        sa.Column("round_key", sa.String(length=120), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "accepted",
                "declined",
                "withdrawn",
                "lapsed",
                "closed",
                name="ring_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("started_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("respond_by", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["starter_id"], ["users.id"], name=op.f("fk_swap_rings_starter_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap_rings")),
        sa.UniqueConstraint("public_id", name=op.f("uq_swap_rings_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_swap_rings_open",
        "swap_rings",
        ["round_key"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_swap_rings_round_key", "swap_rings", ["round_key", "ended_at"])
    op.create_index("ix_swap_rings_starter", "swap_rings", ["starter_id", "started_at"])
    op.create_index(
        "ix_swap_rings_due",
        "swap_rings",
        ["respond_by"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_table(
        "swap_ring_members",
        sa.Column("ring_id", BIG, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("skill_id", BIG, nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "waiting",
                "yes",
                "no",
                name="ring_answer",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("body", sa.String(length=500), nullable=False),
        sa.Column("answered_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("exchange_id", BIG, nullable=True),
        sa.CheckConstraint("position BETWEEN 0 AND 2", name=op.f("ck_swap_ring_members_position")),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_swap_ring_members_exchange_id_exchanges"),
        ),
        sa.ForeignKeyConstraint(
            ["ring_id"],
            ["swap_rings.id"],
            name=op.f("fk_swap_ring_members_ring_id_swap_rings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_swap_ring_members_skill_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_swap_ring_members_user_id_users")
        ),
        sa.PrimaryKeyConstraint("ring_id", "position", name=op.f("pk_swap_ring_members")),
        sa.UniqueConstraint("exchange_id", name=op.f("uq_swap_ring_members_exchange_id")),
        sa.UniqueConstraint(
            "ring_id", "user_id", name=op.f("uq_swap_ring_members_ring_id_user_id")
        ),
    )
    op.create_index(op.f("ix_swap_ring_members_skill_id"), "swap_ring_members", ["skill_id"])
    op.create_index("ix_swap_ring_members_user", "swap_ring_members", ["user_id", "ring_id"])


def downgrade() -> None:
    op.drop_table("swap_ring_members")
    op.drop_table("swap_rings")
