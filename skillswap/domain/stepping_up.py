"""Is it still the person who signed in? Asked once more before what matters most.

Two calls, as for logging in: the first counts the try, which must stay counted when the second
refuses it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import credentials, second_steps, sign_ins
from skillswap.errors import Gone
from skillswap.lib.sealing import Sealer
from skillswap.models import SignIn, User

GOOD_FOR = timedelta(minutes=10)


def is_sure(here: SignIn, now: datetime) -> bool:
    """Whether who sits at this device has shown it in the last ten minutes."""
    return here.stepped_up_at is not None and here.stepped_up_at + GOOD_FOR > now


def takes_code(person: User) -> bool:
    """Whether a code is asked for, or for want of a second step the password. One statement."""
    return bool(db.session.scalar(select(second_steps.is_asked_of(person.id))))


def count_try(person: User, field: str, now: datetime) -> list[int]:
    """Count a try; commit it before what was typed is looked at. Raises TooMany."""
    if field == "code":
        return second_steps.count_try(person.id, field, now)
    return credentials.count_check(person, field, now)


def by_code(
    person: User, here: SignIn, typed: str, counted: list[int], sealer: Sealer, now: datetime
) -> None:
    """A code of the app or a recovery code, used up by this. Raises Refused, and Gone when the
    second step was switched off meanwhile."""
    second_steps.check(person.id, typed, counted, sealer, now)
    _note(here, now)


def by_password(person: User, here: SignIn, typed: str, counted: list[int], now: datetime) -> None:
    """The password, of somebody who has nothing else to show. Raises Refused, and Gone when a
    second step was switched on meanwhile.

    Call it first in its transaction: it checks a hash.
    """
    credentials.own_password(person, typed, counted, field="password")
    if takes_code(person):
        raise Gone("password")
    _note(here, now)


def _note(here: SignIn, now: datetime) -> None:
    """Good for this device alone, under a new token: a cookie copied before is worth nothing."""
    here.stepped_up_at = now
    sign_ins.renew_token(here)
