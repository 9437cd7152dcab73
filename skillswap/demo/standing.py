"""Who is on the boards of the demo, and who won those that are over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.demo.cast import LEADS
from skillswap.domain import boards, cases, collusion
from skillswap.models import Case, CaseKind, User

WHY = "They have taught each other for months, and each session was held."


def fill(users: Mapping[str, User], now: datetime) -> None:
    """The leads meet each other so often that a moderator has looked; old boards are kept."""
    leads = [users[name].id for name in LEADS if name in users]
    waiting = select(Case.public_id).where(
        Case.kind == CaseKind.FLAG, Case.person_id.in_(leads), Case.closed_at.is_(None)
    )
    for public_id in db.session.scalars(waiting.order_by(Case.id)).all():
        cases.claim(users["mo"], public_id, now)
        collusion.clear(users["mo"], public_id, words=WHY, now=now)
    boards.freeze_due(now, 100)
