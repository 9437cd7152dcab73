"""Make room for availability, moves, marks, contests and video providers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PLACES = "place_kind IN ('jitsi', 'link', 'in_person', 'zoom', 'meet')"
PLACES_BEFORE = "place_kind IN ('jitsi', 'link', 'in_person')"


def upgrade() -> None:
    op.create_table(
        "availability_exceptions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "busy",
                "extra",
                name="exception_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("ck_availability_exceptions_span"),
        ),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_availability_exceptions_days")),
        sa.CheckConstraint(
            "start_minute % 15 = 0 AND end_minute % 15 = 0",
            name=op.f("ck_availability_exceptions_quarters"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_availability_exceptions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_exceptions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("availability_exceptions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_availability_exceptions_user", ["user_id", "last_on"], unique=False
        )
    op.create_table(
        "availability_windows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("ck_availability_windows_span"),
        ),
        sa.CheckConstraint(
            "start_minute % 15 = 0 AND end_minute % 15 = 0",
            name=op.f("ck_availability_windows_quarters"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_availability_windows_weekday")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_availability_windows_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_windows")),
        sa.UniqueConstraint(
            "user_id",
            "weekday",
            "start_minute",
            name=op.f("uq_availability_windows_user_id_weekday_start_minute"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column(
            "learning_session_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "agreed",
                "upheld",
                "dismissed",
                "lapsed",
                name="contest_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decide_by", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("decision", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_contests_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["learning_session_id"],
            ["learning_sessions.id"],
            name=op.f("fk_contests_learning_session_id_learning_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_contests_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contests")),
        sa.UniqueConstraint("public_id", name=op.f("uq_contests_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("contests", schema=None) as batch_op:
        batch_op.create_index("ix_contests_queue", ["state", "decide_by", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contests_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_contests_session", ["learning_session_id", "user_id"], unique=True
        )
    op.create_table(
        "meetings",
        sa.Column(
            "learning_session_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "provider",
            sa.Enum(
                "jitsi",
                "link",
                "in_person",
                "zoom",
                "meet",
                name="place_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "wanted",
                "ready",
                "unwanted",
                "gone",
                "failed",
                name="meeting_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("join_url", sa.String(length=1000), nullable=False),
        sa.Column("due_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["learning_session_id"],
            ["learning_sessions.id"],
            name=op.f("fk_meetings_learning_session_id_learning_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("learning_session_id", "provider", name=op.f("pk_meetings")),
    )
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_meetings_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('wanted', 'unwanted')"),
            postgresql_where=sa.text("state IN ('wanted', 'unwanted')"),
        )
    with op.batch_alter_table("learning_sessions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("remind_at", skillswap.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("absent_admitted", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("forgiven_at", skillswap.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.drop_constraint("place_kind", type_="check")
        batch_op.create_check_constraint("place_kind", PLACES)
        batch_op.create_index(
            "ix_learning_sessions_confirm",
            ["confirm_by"],
            unique=False,
            sqlite_where=sa.text("state IN ('scheduled', 'disputed')"),
            postgresql_where=sa.text("state IN ('scheduled', 'disputed')"),
        )
        batch_op.create_index(
            "ix_learning_sessions_remind",
            ["remind_at"],
            unique=False,
            sqlite_where=sa.text("state = 'scheduled'"),
            postgresql_where=sa.text("state = 'scheduled'"),
        )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weeks", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint("weeks", "weeks BETWEEN 0 AND 6")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("buffer_minutes", sa.Integer(), server_default="15", nullable=False)
        )
        batch_op.add_column(
            sa.Column("calendar_serial", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.create_check_constraint("buffer_minutes", "buffer_minutes IN (0, 15)")

    _set_reminders()


def _set_reminders() -> None:
    """What is scheduled gets the next of its reminders that is still ahead."""
    utc = skillswap.db.UtcDateTime(timezone=True)
    sessions = sa.table(
        "learning_sessions",
        sa.column("id", sa.BigInteger),
        sa.column("state", sa.String),
        sa.column("starts_at", utc),
        sa.column("ends_at", utc),
        sa.column("remind_at", utc),
    )
    connection, now = op.get_bind(), datetime.now(UTC)
    scheduled = sa.select(sessions.c.id, sessions.c.starts_at, sessions.c.ends_at).where(
        sessions.c.state == "scheduled"
    )
    day, hour = timedelta(days=1), timedelta(hours=1)
    for row in connection.execute(scheduled).all():
        points = (row.starts_at - day, row.starts_at - hour, row.ends_at, row.ends_at + day)
        if ahead := [point for point in points if point > now]:
            connection.execute(
                sessions.update().where(sessions.c.id == row.id).values(remind_at=ahead[0])
            )


def downgrade() -> None:
    op.execute(
        "UPDATE learning_sessions SET place_kind = 'jitsi' WHERE place_kind IN ('zoom', 'meet')"
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_constraint("buffer_minutes", type_="check")
        batch_op.drop_column("calendar_serial")
        batch_op.drop_column("buffer_minutes")
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.drop_constraint("weeks", type_="check")
        batch_op.drop_column("weeks")
    with op.batch_alter_table("learning_sessions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_learning_sessions_remind",
            sqlite_where=sa.text("state = 'scheduled'"),
            postgresql_where=sa.text("state = 'scheduled'"),
        )
        batch_op.drop_index(
            "ix_learning_sessions_confirm",
            sqlite_where=sa.text("state IN ('scheduled', 'disputed')"),
            postgresql_where=sa.text("state IN ('scheduled', 'disputed')"),
        )
        batch_op.drop_constraint("place_kind", type_="check")
        batch_op.create_check_constraint("place_kind", PLACES_BEFORE)
        batch_op.drop_column("forgiven_at")
        batch_op.drop_column("absent_admitted")
        batch_op.drop_column("remind_at")
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_meetings_due",
            sqlite_where=sa.text("state IN ('wanted', 'unwanted')"),
            postgresql_where=sa.text("state IN ('wanted', 'unwanted')"),
        )
    op.drop_table("meetings")
    with op.batch_alter_table("contests", schema=None) as batch_op:
        batch_op.drop_index("uq_contests_session")
        batch_op.drop_index(batch_op.f("ix_contests_user_id"))
        batch_op.drop_index("ix_contests_queue")
    op.drop_table("contests")
    op.drop_table("availability_windows")
    with op.batch_alter_table("availability_exceptions", schema=None) as batch_op:
        batch_op.drop_index("ix_availability_exceptions_user")
    op.drop_table("availability_exceptions")
