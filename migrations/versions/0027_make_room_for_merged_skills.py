"""Make room for merged skills, and open a case for every proposed skill that waits."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = skillswap.db.UtcDateTime(timezone=True)
    with op.batch_alter_table("skills") as skills:
        skills.add_column(sa.Column("curated_at", instant, nullable=True))
        skills.add_column(sa.Column("follow_at", instant, nullable=True))
    _open_cases()


def _open_cases() -> None:
    """One for each that waits, of whoever proposed it."""
    meta, link = sa.MetaData(), op.get_bind()
    cases = sa.Table("cases", meta, autoload_with=link)
    skills = sa.Table("skills", meta, autoload_with=link)
    instant = skillswap.db.UtcDateTime(timezone=True)
    at = sa.type_coerce(skills.c.created_at, instant)
    there = sa.exists().where(
        cases.c.kind == "skill",
        cases.c.subject_id == skills.c.id,
        cases.c.closed_at.is_(None),
    )
    waiting = sa.select(skills.c.id, skills.c.name, skills.c.proposed_by_id, at.label("at")).where(
        skills.c.state == "proposed", skills.c.proposed_by_id.is_not(None), ~there
    )
    for row in link.execute(waiting.order_by(skills.c.id)).all():
        values = {
            "public_id": secrets.token_urlsafe(9),
            "kind": "skill",
            "subject_type": "skills",
            "subject_id": row.id,
            "person_id": row.proposed_by_id,
            "rank": 1,
            "opened_on": row.at.toordinal(),
            "doubt": 50,
            "facts": {"name": row.name},
            "opened_at": sa.literal(row.at, instant),
            "version": 1,
        }
        link.execute(sa.insert(cases).values(values))


def downgrade() -> None:
    with op.batch_alter_table("skills") as skills:
        skills.drop_column("follow_at")
        skills.drop_column("curated_at")
