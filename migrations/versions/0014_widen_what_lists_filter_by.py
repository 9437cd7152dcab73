"""Widen what lists of teachers are filtered by: who is verified, and one line for each teacher."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CHOSEN_BY = ["level", "language_mask", "hours_0", "hours_1", "hours_2"]
CHOSEN_BY += ["rating_milli", "reply_minutes"]
# of each teacher the line of the highest level, and of these the first
LEAD = """
UPDATE teacher_listings SET leads = {yes} WHERE skill_id = (
    SELECT other.skill_id FROM teacher_listings AS other
    WHERE other.user_id = teacher_listings.user_id
    ORDER BY other.level DESC, other.skill_id LIMIT 1
)
"""


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column("verified_until", skillswap.db.UtcDateTime(timezone=True), nullable=True),
    )
    op.create_index(
        "ix_users_verified",
        "users",
        ["verified_until"],
        sqlite_where=sa.text("verified_until IS NOT NULL"),
        postgresql_where=sa.text("verified_until IS NOT NULL"),
    )
    for name in ("is_verified", "leads"):
        op.add_column(
            "teacher_listings",
            sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False),
        )
    yes = "TRUE" if op.get_bind().dialect.name == "postgresql" else "1"
    op.execute(LEAD.format(yes=yes))
    op.drop_index("ix_teacher_listings_browse", "teacher_listings")
    op.create_index(
        "ix_teacher_listings_browse",
        "teacher_listings",
        ["skill_id", "rank", "user_id", *CHOSEN_BY, "is_verified"],
    )
    op.create_index(
        "ix_teacher_listings_everybody",
        "teacher_listings",
        ["rank", "user_id", *CHOSEN_BY, "is_verified", "skill_id", "leads"],
        sqlite_where=sa.text("leads = 1"),
        postgresql_where=sa.text("leads"),
    )
    op.create_index("ix_teacher_listings_newest", "teacher_listings", ["skill_id", "user_id"])


def downgrade() -> None:
    for name in ("newest", "everybody", "browse"):
        op.drop_index(f"ix_teacher_listings_{name}", "teacher_listings")
    op.create_index(
        "ix_teacher_listings_browse",
        "teacher_listings",
        ["skill_id", "rank", "user_id", *CHOSEN_BY],
    )
    for name in ("leads", "is_verified"):
        op.drop_column("teacher_listings", name)
    op.drop_index("ix_users_verified", "users")
    op.drop_column("users", "verified_until")
