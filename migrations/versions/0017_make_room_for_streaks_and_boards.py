"""Make room for streaks and leaderboards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, skillswap.db.UtcDateTime(timezone=True), nullable=nullable)


def _choice(name: str, values: tuple[str, ...], called: str) -> sa.Column[str]:
    kind = sa.Enum(*values, name=called, native_enum=False, create_constraint=True, length=20)
    return sa.Column(name, kind, nullable=False)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )


PERIODS = ("week", "month", "all")
# who has met two people is on boards from a week after joining
ADMIT = """
UPDATE users SET boards_since = created_at + {week} WHERE id IN (
    SELECT id FROM (
        SELECT teacher_id AS id, learner_id AS met FROM learning_sessions WHERE state = 'completed'
        UNION
        SELECT learner_id, teacher_id FROM learning_sessions WHERE state = 'completed'
    ) AS pairs GROUP BY id HAVING count(*) >= 2
)
"""


def upgrade() -> None:
    op.create_table(
        "streak_marks",
        _id("user_id"),
        _choice("kind", ("session", "rating", "tutorial", "pitches", "pause"), "mark_kind"),
        sa.Column("source_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("early", sa.Boolean(), nullable=False),
        _instant("at"),
        _of_user("streak_marks"),
        sa.PrimaryKeyConstraint("user_id", "kind", "source_id", name=op.f("pk_streak_marks")),
    )
    op.create_table(
        "streak_awards",
        _id("user_id"),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        _instant("reached_at"),
        sa.CheckConstraint("weeks >= 4 AND weeks % 4 = 0", name=op.f("ck_streak_awards_weeks")),
        _of_user("streak_awards"),
        sa.PrimaryKeyConstraint("user_id", "week", name=op.f("pk_streak_awards")),
    )
    op.create_table(
        "boards",
        _choice("kind", PERIODS, "period_kind"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        _instant("frozen_at"),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_boards")),
    )
    op.create_table(
        "board_places",
        _choice("kind", PERIODS, "period_kind"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _id("user_id"),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kind", "number"],
            ["boards.kind", "boards.number"],
            name=op.f("fk_board_places_kind_number_boards"),
            ondelete="CASCADE",
        ),
        _of_user("board_places"),
        sa.PrimaryKeyConstraint("kind", "number", "user_id", name=op.f("pk_board_places")),
    )
    op.create_index(op.f("ix_board_places_user_id"), "board_places", ["user_id"])
    op.create_index(
        "ix_board_places_order", "board_places", ["kind", "number", "points", "user_id"]
    )
    op.add_column(
        "users",
        sa.Column("hides_from_boards", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("users", _instant("boards_since", nullable=True))
    op.create_index("ix_users_boards_since", "users", ["boards_since"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"  # it keeps microseconds
    op.execute(ADMIT.format(week="604800000000" if is_sqlite else "interval '7 days'"))


def downgrade() -> None:
    op.drop_index("ix_users_boards_since", "users")
    op.drop_column("users", "boards_since")
    op.drop_column("users", "hides_from_boards")
    op.drop_table("board_places")
    op.drop_table("boards")
    op.drop_table("streak_awards")
    op.drop_table("streak_marks")
