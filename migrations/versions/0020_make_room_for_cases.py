"""Make room for cases, and open one for every report that waits."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("closed_at IS NULL")
USERS = ("person_id", "other_id", "not_for_id", "claimed_by_id", "closed_by_id")


def upgrade() -> None:
    instant = skillswap.db.UtcDateTime(timezone=True)
    op.create_table(
        "cases",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "report",
                "claim",
                "appeal",
                "pitch",
                "skill",
                "flag",
                name="case_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("subject_type", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("other_id", BIG, nullable=True),
        sa.Column("not_for_id", BIG, nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Integer(), nullable=False),
        sa.Column("doubt", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("claimed_by_id", BIG, nullable=True),
        sa.Column("claimed_until", instant, nullable=True),
        sa.Column("closed_at", instant, nullable=True),
        sa.Column("closed_by_id", BIG, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("doubt BETWEEN 0 AND 100", name=op.f("ck_cases_doubt")),
        *(
            sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_cases_{name}_users"))
            for name in USERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("public_id", name=op.f("uq_cases_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_cases_waiting",
        "cases",
        ["kind", "subject_type", "subject_id", "person_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_cases_queue",
        "cases",
        ["rank", "opened_on", "doubt", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_cases_person", "cases", ["person_id", "id"])
    op.create_index(op.f("ix_cases_other_id"), "cases", ["other_id"])
    op.create_index(op.f("ix_cases_claimed_by_id"), "cases", ["claimed_by_id"])
    with op.batch_alter_table("reports") as reports:
        reports.add_column(sa.Column("case_id", BIG, nullable=True))
        reports.add_column(sa.Column("decided_at", instant, nullable=True))
        reports.create_foreign_key(op.f("fk_reports_case_id_cases"), "cases", ["case_id"], ["id"])
        reports.create_index(op.f("ix_reports_case_id"), ["case_id"])
    _open_cases()


def _open_cases() -> None:
    """One for each thing reported and person, of what waits."""
    meta, link = sa.MetaData(), op.get_bind()
    cases = sa.Table("cases", meta, autoload_with=link)
    reports = sa.Table("reports", meta, autoload_with=link)
    instant = skillswap.db.UtcDateTime(timezone=True)
    at = sa.type_coerce(reports.c.created_at, instant)
    waiting = sa.select(reports, at.label("at")).where(reports.c.state.in_(("open", "claimed")))
    made: dict[tuple[str, int, int], int] = {}
    for row in link.execute(waiting.order_by(reports.c.id)).mappings().all():
        key = (row["subject_type"], row["subject_id"], row["person_id"])
        if key not in made:
            values = {
                "public_id": secrets.token_urlsafe(9),
                "kind": "report",
                "subject_type": row["subject_type"],
                "subject_id": row["subject_id"],
                "person_id": row["person_id"],
                "other_id": row["reporter_id"],
                "rank": 0 if row["category"] == "safety" else 1,
                "opened_on": row["at"].toordinal(),
                "doubt": 50,
                "facts": {"category": row["category"]},
                "opened_at": sa.literal(row["at"], instant),
                "version": 1,
            }
            made[key] = link.execute(
                sa.insert(cases).values(values).returning(cases.c.id)
            ).scalar_one()
        link.execute(sa.update(reports).where(reports.c.id == row["id"]).values(case_id=made[key]))


def downgrade() -> None:
    with op.batch_alter_table("reports") as reports:
        reports.drop_index(op.f("ix_reports_case_id"))
        reports.drop_constraint(op.f("fk_reports_case_id_cases"), type_="foreignkey")
        reports.drop_column("decided_at")
        reports.drop_column("case_id")
    op.drop_table("cases")
