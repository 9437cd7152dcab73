"""Make room for ratings, what they come to, and asking for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rating_totals",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "teacher",
                "learner",
                name="rated_role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("raters", sa.Integer(), nullable=False),
        sa.Column("mean_milli", sa.Integer(), nullable=False),
        sa.Column("rank_milli", sa.Integer(), nullable=False),
        sa.CheckConstraint("raters > 0", name=op.f("ck_rating_totals_raters")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_rating_totals_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_rating_totals")),
    )
    op.create_table(
        "rating_prompts",
        sa.Column(
            "learning_session_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("due_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("skipped_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["learning_session_id"],
            ["learning_sessions.id"],
            name=op.f("fk_rating_prompts_learning_session_id_learning_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_rating_prompts_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("learning_session_id", "user_id", name=op.f("pk_rating_prompts")),
    )
    with op.batch_alter_table("rating_prompts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rating_prompts_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_rating_prompts_user", ["user_id", "learning_session_id"], unique=False
        )

    op.create_table(
        "ratings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column(
            "learning_session_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("rater_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rated_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "rated_role",
            sa.Enum(
                "teacher",
                "learner",
                name="rated_role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column("meet_again", sa.Boolean(), nullable=True),
        sa.Column("pitch_stars", sa.Integer(), nullable=True),
        sa.Column("private_body", sa.String(length=1000), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "sealed",
                "published",
                "retracted",
                "held",
                "hidden",
                name="rating_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("edited_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("publish_by", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("published_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("retracted_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reply_body", sa.String(length=500), nullable=False),
        sa.Column("replied_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("pitch_stars BETWEEN 1 AND 5", name=op.f("ck_ratings_pitch_stars")),
        sa.CheckConstraint("rater_id <> rated_id", name=op.f("ck_ratings_not_oneself")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_ratings_stars")),
        sa.ForeignKeyConstraint(
            ["learning_session_id"],
            ["learning_sessions.id"],
            name=op.f("fk_ratings_learning_session_id_learning_sessions"),
        ),
        sa.ForeignKeyConstraint(["rated_id"], ["users.id"], name=op.f("fk_ratings_rated_id_users")),
        sa.ForeignKeyConstraint(["rater_id"], ["users.id"], name=op.f("fk_ratings_rater_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint(
            "learning_session_id", "rater_id", name=op.f("uq_ratings_learning_session_id_rater_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_ratings_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ratings_due",
            ["publish_by"],
            unique=False,
            sqlite_where=sa.text("state = 'sealed'"),
            postgresql_where=sa.text("state = 'sealed'"),
        )
        batch_op.create_index(
            "ix_ratings_rated",
            ["rated_id", "rated_role", "state", "published_at", "id"],
            unique=False,
        )
        batch_op.create_index("ix_ratings_rater", ["rater_id", "id"], unique=False)

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("rating_milli", sa.Integer(), server_default="0", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("rating_milli")

    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_index("ix_ratings_rater")
        batch_op.drop_index("ix_ratings_rated")
        batch_op.drop_index(
            "ix_ratings_due",
            sqlite_where=sa.text("state = 'sealed'"),
            postgresql_where=sa.text("state = 'sealed'"),
        )

    op.drop_table("ratings")
    with op.batch_alter_table("rating_prompts", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_prompts_user")
        batch_op.drop_index(
            "ix_rating_prompts_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("rating_prompts")
    op.drop_table("rating_totals")
