"""What do the phones of the demo's staff show? Whoever runs the demo can ask."""

from __future__ import annotations

from datetime import datetime

import pyotp
from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import second_steps
from skillswap.domain.second_steps import DRIFT, HALF_MINUTE
from skillswap.errors import NotFound
from skillswap.lib.sealing import Sealer
from skillswap.models import SecondStep, User


def give(person: User, sealer: Sealer, now: datetime) -> SecondStep:
    """A second step as the settings make it, confirmed."""
    second_steps.begin(person, sealer, now)
    found = db.session.get_one(SecondStep, person.id)
    found.confirmed_at = now
    db.session.flush()
    return found


def code(address: str, sealer: Sealer, now: datetime) -> str:
    """The code that fits now, or is the next to fit. Staff without a second step are given one.

    Raises NotFound for whoever is not of the demo's staff.
    """
    person = db.session.scalar(select(User).where(User.email == address))
    if person is None or not person.is_staff:
        raise NotFound("person")
    found = db.session.get(SecondStep, person.id)
    if found is None or found.confirmed_at is None:
        found = give(person, sealer, now)
    present = int(now.timestamp()) // HALF_MINUTE
    count = min(max(present, found.last_count + 1), present + DRIFT)
    return pyotp.TOTP(sealer.open(found.sealed)).generate_otp(count)
