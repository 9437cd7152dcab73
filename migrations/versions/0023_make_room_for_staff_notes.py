"""Make room for staff notes, and for when somebody last showed that it is still they."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    instant = skillswap.db.UtcDateTime(timezone=True)
    op.create_table(
        "staff_notes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("author_id", BIG, nullable=False),
        sa.Column("body", sa.String(length=2_000), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["users.id"],
            name=op.f("fk_staff_notes_person_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_staff_notes_author_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_notes_person", "staff_notes", ["person_id", "id"])
    op.create_index(op.f("ix_staff_notes_author_id"), "staff_notes", ["author_id"])
    with op.batch_alter_table("sign_ins") as sign_ins:
        sign_ins.add_column(sa.Column("stepped_up_at", instant, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sign_ins") as sign_ins:
        sign_ins.drop_column("stepped_up_at")
    op.drop_table("staff_notes")
