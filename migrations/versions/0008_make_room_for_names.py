"""Make room for the words by which people are found; `flask reindex` fills it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "word_keys",
        sa.Column(
            "key",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "word",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key", "word", name=op.f("pk_word_keys")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("word_keys", schema=None) as batch_op:
        batch_op.create_index("ix_word_keys_word", ["word", "key"], unique=False)

    op.create_table(
        "person_words",
        sa.Column(
            "word",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_person_words_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("word", "user_id", name=op.f("pk_person_words")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("person_words", schema=None) as batch_op:
        batch_op.create_index("ix_person_words_user", ["user_id", "word"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("person_words", schema=None) as batch_op:
        batch_op.drop_index("ix_person_words_user")

    op.drop_table("person_words")
    with op.batch_alter_table("word_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_word_keys_word")

    op.drop_table("word_keys")
