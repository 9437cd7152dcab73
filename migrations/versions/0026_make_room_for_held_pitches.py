"""Make room for held pitches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_HELD = sa.text("state = 'held'")
POINTS_TO = {
    "learner_id": "users",
    "teacher_id": "users",
    "skill_id": "skills",
    "offered_skill_id": "skills",
    "pitch_id": "pitches",
}


def upgrade() -> None:
    instant = skillswap.db.UtcDateTime(timezone=True)
    op.create_table(
        "held_pitches",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("learner_id", BIG, nullable=False),
        sa.Column("teacher_id", BIG, nullable=False),
        sa.Column("skill_id", BIG, nullable=False),
        sa.Column("offered_skill_id", BIG, nullable=True),
        sa.Column("body", sa.String(length=2_000), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "released",
                "refused",
                "withdrawn",
                "lapsed",
                "closed",
                name="held_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("held_at", instant, nullable=False),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("decision_body", sa.String(length=1_000), nullable=False),
        sa.Column("refusal", sa.String(length=40), nullable=False),
        sa.Column("refusal_facts", sa.JSON(), nullable=False),
        sa.Column("pitch_id", BIG, nullable=True),
        sa.CheckConstraint("learner_id <> teacher_id", name=op.f("ck_held_pitches_not_to_self")),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{table}.id"], name=op.f(f"fk_held_pitches_{name}_{table}")
            )
            for name, table in POINTS_TO.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_pitches")),
        sa.UniqueConstraint("public_id", name=op.f("uq_held_pitches_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_held_pitches_held",
        "held_pitches",
        ["learner_id", "teacher_id", "skill_id"],
        unique=True,
        sqlite_where=IS_HELD,
        postgresql_where=IS_HELD,
    )
    op.create_index("ix_held_pitches_learner", "held_pitches", ["learner_id", "id"])
    op.create_index(
        "ix_held_pitches_teacher",
        "held_pitches",
        ["teacher_id"],
        sqlite_where=IS_HELD,
        postgresql_where=IS_HELD,
    )
    op.create_index(op.f("ix_held_pitches_skill_id"), "held_pitches", ["skill_id"])


def downgrade() -> None:
    op.drop_table("held_pitches")
