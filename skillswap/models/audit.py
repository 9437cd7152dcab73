"""What did staff do? Written once, with the act; nothing may change it, not even this program."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, JSON, BigInteger, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model


class AuditEntry(Model):
    """One act of a member of staff, or of whoever runs the place, upon one thing."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject_type", "subject_id", "id"),
        Index("ix_audit_entries_actor", "actor_id", "id"),
        Index("ix_audit_entries_action", "action", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # nobody: from the command line
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(40))
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)  # whom it met
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    happened_at: Mapped[datetime]


# -- the database itself refuses a change; migration 0018 says the same ---------------------------

SQLITE = [
    f"CREATE TRIGGER audit_entries_no_{verb} BEFORE {verb} ON audit_entries "
    "BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END"
    for verb in ("update", "delete")
]
POSTGRESQL = [
    (
        "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'an audit entry is never changed'; END $$"
    ),
    (
        "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
    ),
    (
        "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    ),
]
for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for statement in statements:
        event.listen(
            AuditEntry.__table__,
            "after_create",
            DDL(statement).execute_if(dialect=dialect),  # type: ignore[no-untyped-call]
        )
