"""How people of the tests let themselves be checked, and staff check them. Each commits."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from PIL import Image
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import cases, claims
from skillswap.lib.clock import utcnow
from skillswap.models import Case, CaseKind, Claim, User

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF"


def png(colour: str = "teal") -> bytes:
    """A small picture."""
    out = BytesIO()
    Image.new("RGB", (80, 60), colour).save(out, "PNG")
    return out.getvalue()


def ask(person: User, what: str = "identity", *, now: datetime | None = None) -> Claim:
    """A claim of this person that waits, with one picture."""
    with transaction():
        return claims.submit(
            person, what=what, files=[(png(), "passport.png")], now=now or utcnow()
        )


def key_of(claim: Claim) -> str:
    """The key of the case in which it waits."""
    query = select(Case.public_id).where(
        Case.kind == CaseKind.CLAIM, Case.subject_id == claim.id, Case.closed_at.is_(None)
    )
    return db.session.scalars(query).one()


def take(staff: User, claim: Claim) -> str:
    """Take its case; the key of it."""
    key = key_of(claim)
    with transaction():
        cases.claim(staff, key, utcnow())
    return key


def approve(staff: User, claim: Claim, badge: str = "Identity") -> Claim:
    """Take its case and approve it."""
    key = take(staff, claim)
    with transaction():
        return claims.approve(staff, key, badge=badge, now=utcnow())
