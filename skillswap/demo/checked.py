"""Who of the demo has been checked, and what waits to be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageDraw

from skillswap.demo.pictures import INK, PAPER, PINE, TEAL
from skillswap.domain import cases, claims
from skillswap.domain.claims import badge_for
from skillswap.models import CaseKind, Claim, User

# who is who they say, and who waits for what to be checked
APPROVED = ("ada", "hannah-whitcombe", "camila-rojas", "priya-raman")
WAITING = (("ada", "Watercolour"),)


def fill(users: Mapping[str, User], now: datetime) -> None:
    """A diploma waits for staff, others have been looked at. Nothing where no key was given.

    Last of all, and now: what happens is recorded in its order.
    """
    if not claims.are_taken():
        return
    for username in APPROVED:
        if username in users:
            _approve(users["mo"], _ask(users[username], "", "passport.png", now), now)
    for username, skill in WAITING:
        if username in users:
            _ask(users[username], skill, "diploma.png", now)


def _ask(person: User, skill: str, title: str, at: datetime) -> Claim:
    paper = _paper(person.name, skill)
    what = next(one.what for one in claims.overview(person, at).choices if one.skill == skill)
    return claims.submit(person, what=what, files=[(paper, title)], now=at)


def _approve(staff: User, claim: Claim, now: datetime) -> None:
    waiting = cases.waiting_about(CaseKind.CLAIM, Claim.__tablename__, claim.id, claim.user_id)
    if waiting is not None:
        cases.claim(staff, waiting.public_id, now)
        claims.approve(staff, waiting.public_id, badge=badge_for(claim.kind, ""), now=now)
        claims.erase_due(now, 1)  # what the sweep would have done in that minute


def _paper(name: str, skill: str) -> bytes:
    """A drawing of a document: nobody's."""
    image = Image.new("RGB", (640, 420), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((16, 16, 624, 404), outline=PINE, width=6)
    draw.rectangle((48, 120, 200, 320), fill=TEAL)
    draw.text((48, 56), "SPECIMEN. Drawn for the demo", fill=INK)
    draw.text((240, 140), name, fill=INK)
    draw.text((240, 180), skill or "Proof of identity", fill=INK)
    out = BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()
