"""Make room for daily statistics, and let flags of points be cases."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
METRICS = (
    "joined",
    "active",
    "pitches",
    "answered",
    "accepted",
    "agreed",
    "met",
    "answer_minutes",
    "sessions",
    "kept",
    "reports",
    "decided",
    "report_minutes",
    "drift",
)


def upgrade() -> None:
    op.create_table(
        "daily_stats",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "metric",
            sa.Enum(*METRICS, name="metric", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("day", "metric", name=op.f("pk_daily_stats")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_events_happened", "events", ["happened_at", "actor_id"])
    op.create_index("ix_messages_created", "messages", ["created_at", "kind", "sender_id"])
    with op.batch_alter_table("points_flags") as flags:
        flags.add_column(
            sa.Column("kept_at", skillswap.db.UtcDateTime(timezone=True), nullable=True)
        )
    _open_cases()


def _open_cases() -> None:
    """One for each flag that stands and has none."""
    meta, link = sa.MetaData(), op.get_bind()
    cases = sa.Table("cases", meta, autoload_with=link)
    flags = sa.Table("points_flags", meta, autoload_with=link)
    instant = skillswap.db.UtcDateTime(timezone=True)
    now = datetime.now(UTC)
    waiting = sa.exists().where(
        cases.c.subject_type == "points_flags",
        cases.c.subject_id == flags.c.id,
        cases.c.closed_at.is_(None),
    )
    standing = sa.select(flags, sa.type_coerce(flags.c.found_at, instant).label("at")).where(
        flags.c.cleared_at.is_(None),
        sa.type_coerce(flags.c.until, instant) > sa.literal(now, instant),
        ~waiting,
    )
    for row in link.execute(standing.order_by(flags.c.id)).mappings().all():
        link.execute(
            sa.insert(cases).values(
                public_id=secrets.token_urlsafe(9),
                kind="flag",
                subject_type="points_flags",
                subject_id=row["id"],
                person_id=row["user_id"],
                other_id=row["partner_id"],
                not_for_id=row["other_id"],
                rank=1,
                opened_on=row["at"].toordinal(),
                doubt=50,
                facts={"points": row["points"], "share": row["share"]},
                opened_at=sa.literal(row["at"], instant),
                version=1,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("points_flags") as flags:
        flags.drop_column("kept_at")
    op.drop_index("ix_messages_created", "messages")
    op.drop_index("ix_events_happened", "events")
    op.drop_table("daily_stats")
