"""Make room for strikes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OUTCOMES = ("note", "warning", "limited", "suspended", "banned")
STATES = ("standing", "appealed", "kept", "overturned")
USERS = ("person_id", "by_id", "answered_by_id")


def upgrade() -> None:
    instant = skillswap.db.UtcDateTime(timezone=True)
    op.create_table(
        "strikes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("outcome", _choice(*OUTCOMES, name="strike_outcome"), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column("about", sa.String(length=30), nullable=False),
        sa.Column("quote", sa.String(length=1000), nullable=False),
        sa.Column("subject_type", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("hides", sa.Boolean(), nullable=False),
        sa.Column("hid_from", sa.String(length=40), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("state", _choice(*STATES, name="strike_state"), nullable=False),
        sa.Column("decided_at", instant, nullable=False),
        sa.Column("appeal_by", instant, nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("appeal_body", sa.String(length=2000), nullable=False),
        sa.Column("appealed_at", instant, nullable=True),
        sa.Column("answer_body", sa.String(length=1000), nullable=False),
        sa.Column("answered_at", instant, nullable=True),
        sa.Column("answered_by_id", BIG, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("rule > 0", name=op.f("ck_strikes_rule")),
        sa.CheckConstraint(
            "(outcome IN ('limited', 'suspended')) = (days IS NOT NULL)",
            name=op.f("ck_strikes_days"),
        ),
        sa.CheckConstraint(
            "(state = 'standing') = (appealed_at IS NULL)", name=op.f("ck_strikes_appealed")
        ),
        sa.CheckConstraint(
            "(state IN ('kept', 'overturned')) = (answered_at IS NOT NULL)",
            name=op.f("ck_strikes_answered"),
        ),
        *(
            sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_strikes_{name}_users"))
            for name in USERS
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_strikes_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strikes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_strikes_public_id")),
        sa.UniqueConstraint("case_id", name=op.f("uq_strikes_case_id")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_strikes_link_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_strikes_person", "strikes", ["person_id", "id"])
    op.create_index("ix_strikes_subject", "strikes", ["subject_type", "subject_id"])


def _choice(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def downgrade() -> None:
    op.drop_table("strikes")
