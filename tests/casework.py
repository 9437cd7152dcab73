"""How staff of the tests come to read a case."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import cases, reports
from skillswap.domain.reports import ReportCard
from skillswap.lib.clock import utcnow
from skillswap.models import Case, User


def keys(client: Any, kind: str = "") -> list[str]:
    """The keys of the cases in the queue, in its order."""
    text = client.get("/moderation", query_string={"kind": kind}).text
    found = re.findall(r"/moderation/cases/([\w-]+)", text)
    return [key for key in dict.fromkeys(found) if key != "next"]


def take(client: Any, key: str) -> str:
    """Take that case by its button; the text of its page."""
    client.post(f"/moderation/cases/{key}/claim")
    return str(client.get(f"/moderation/cases/{key}").text)


def waiting(staff: User) -> list[str]:
    """The keys of what waits for this member of staff, by the domain."""
    return [line.public_id for line in cases.queue(staff, None, None, utcnow())]


def reports_in(staff: User, key: str) -> list[ReportCard]:
    """Take a case, and read its reports, by the domain."""
    with transaction():
        return list(reports.reports_of(cases.claim(staff, key, utcnow())))


def key_of(case_id: int | None) -> str:
    """The key of the case of that number."""
    return db.session.scalars(select(Case.public_id).where(Case.id == case_id)).one()
