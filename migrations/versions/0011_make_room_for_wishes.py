"""Make room for wishes and the offers made to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wishes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column(
            "learner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=500), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "met",
                "closed",
                "lapsed",
                name="wish_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("made_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_wishes_level")),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["users.id"], name=op.f("fk_wishes_learner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_wishes_skill_id_skills")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_wishes_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("wishes", schema=None) as batch_op:
        batch_op.create_index("ix_wishes_learner", ["learner_id", "id"], unique=False)
        batch_op.create_index(
            "ix_wishes_newest",
            ["ends_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "ix_wishes_skill",
            ["skill_id", "ends_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(batch_op.f("ix_wishes_skill_id"), ["skill_id"], unique=False)
        batch_op.create_index(
            "uq_wishes_open",
            ["learner_id", "skill_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "wish_offers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("wish_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "learner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "teacher_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "return_skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "accepted",
                "declined",
                "withdrawn",
                "lapsed",
                "closed",
                name="offer_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("made_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("respond_by", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answer_body", sa.String(length=1000), nullable=False),
        sa.Column("pitch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'accepted') = (pitch_id IS NOT NULL)", name=op.f("ck_wish_offers_pitch")
        ),
        sa.CheckConstraint("learner_id <> teacher_id", name=op.f("ck_wish_offers_not_to_self")),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["users.id"], name=op.f("fk_wish_offers_learner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["pitch_id"], ["pitches.id"], name=op.f("fk_wish_offers_pitch_id_pitches")
        ),
        sa.ForeignKeyConstraint(
            ["return_skill_id"], ["skills.id"], name=op.f("fk_wish_offers_return_skill_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["users.id"], name=op.f("fk_wish_offers_teacher_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["wish_id"], ["wishes.id"], name=op.f("fk_wish_offers_wish_id_wishes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish_offers")),
        sa.UniqueConstraint("pitch_id", name=op.f("uq_wish_offers_pitch_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_wish_offers_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("wish_offers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_wish_offers_due",
            ["respond_by"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index("ix_wish_offers_learner", ["learner_id", "state", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_wish_offers_return_skill_id"), ["return_skill_id"], unique=False
        )
        batch_op.create_index("ix_wish_offers_teacher", ["teacher_id", "id"], unique=False)
        batch_op.create_index("ix_wish_offers_wish", ["wish_id", "id"], unique=False)
        batch_op.create_index(
            "uq_wish_offers_pending",
            ["wish_id", "teacher_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("wish_offers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_wish_offers_pending",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index("ix_wish_offers_wish")
        batch_op.drop_index("ix_wish_offers_teacher")
        batch_op.drop_index(batch_op.f("ix_wish_offers_return_skill_id"))
        batch_op.drop_index("ix_wish_offers_learner")
        batch_op.drop_index(
            "ix_wish_offers_due",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.drop_table("wish_offers")
    with op.batch_alter_table("wishes", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_wishes_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_wishes_skill_id"))
        batch_op.drop_index(
            "ix_wishes_skill",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(
            "ix_wishes_newest",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index("ix_wishes_learner")

    op.drop_table("wishes")
