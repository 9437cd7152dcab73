"""Make room for badges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

IS_HELD = sa.text("lost_at IS NULL")
CODES = (
    *("first_lesson", "first_class", "fair_swap", "clear_pitch", "good_neighbour"),
    *("ring_maker", "polymath", "long_haul", "mentor_10", "steady_12", "author"),
    *("fast_responder", "reliable", "top_mentor"),
)


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = skillswap.db.UtcDateTime(timezone=True)
    op.create_table(
        "badge_grants",
        sa.Column("id", big, nullable=False),
        sa.Column("user_id", big, nullable=False),
        sa.Column(
            "code",
            sa.Enum(
                *CODES,
                name="badge_code",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("granted_at", instant, nullable=False),
        sa.Column("lost_at", instant, nullable=True),
        sa.CheckConstraint(
            "lost_at >= granted_at", name=op.f("ck_badge_grants_lost_after_granted")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_badge_grants_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge_grants")),
        sqlite_autoincrement=True,
    )
    held = {"sqlite_where": IS_HELD, "postgresql_where": IS_HELD}
    op.create_index(
        "uq_badge_grants_held", "badge_grants", ["user_id", "code"], unique=True, **held
    )
    op.create_index("ix_badge_grants_holders", "badge_grants", ["code", "granted_at", "id"], **held)
    op.create_index("ix_badge_grants_user", "badge_grants", ["user_id", "id"])

    op.create_table(
        "badge_checks",
        sa.Column("id", big, nullable=False),
        sa.Column("user_id", big, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_badge_checks_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge_checks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_badge_checks_due", "badge_checks", ["due_at", "id"])
    op.create_index("ix_badge_checks_user", "badge_checks", ["user_id", "due_at"])
    # who was here before there were badges has earned some: the first sweep looks at everybody
    op.execute(
        "INSERT INTO badge_checks (user_id, due_at, weekly) SELECT id, created_at, FALSE FROM users"
    )


def downgrade() -> None:
    op.drop_table("badge_checks")
    op.drop_table("badge_grants")
