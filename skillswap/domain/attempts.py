"""How often may somebody try? Log-in, sign-up and mailed links are rationed by their tries.

A try is counted, and committed, before its outcome is known: a refused one must count too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from skillswap.db import db
from skillswap.errors import TooMany
from skillswap.lib.clock import relative
from skillswap.models import Attempt

KEPT = timedelta(hours=24)
SWEPT_EACH_TIME = 20
TURN = 7_400_011  # the number of our advisory lock; any will do


@dataclass(frozen=True, slots=True)
class Ration:
    """At most `limit` tries in any `window`, for each key."""

    kind: str
    limit: int
    window: timedelta


LOG_IN_ACCOUNT = Ration("log_in.account", 10, timedelta(minutes=5))
LOG_IN_IP = Ration("log_in.ip", 10, timedelta(minutes=5))
LOG_IN_ALL = Ration("log_in.all", 1_000, timedelta(minutes=5))
SIGN_UP_IP = Ration("sign_up.ip", 5, timedelta(hours=1))
CONFIRM_SEND = Ration("confirm.send", 5, timedelta(hours=24))
RESET_ACCOUNT = Ration("reset.account", 5, timedelta(hours=24))
RESET_IP = Ration("reset.ip", 20, timedelta(hours=24))
EMAIL_CHANGE = Ration("email.change", 2, timedelta(hours=24))
PASSWORD_AGAIN = Ration("password.again", 10, timedelta(minutes=5))
CODE_SOON = Ration("code.soon", 5, timedelta(minutes=5))
CODE_HOUR = Ration("code.hour", 20, timedelta(hours=1))
CODE_DAY = Ration("code.day", 50, timedelta(hours=24))
TOO_YOUNG = Ration("sign_up.young", 1, timedelta(hours=24))

Spending = tuple[Ration, str]  # a ration, and whose


def spend(*spendings: Spending, field: str, now: datetime) -> list[int]:
    """Count one try under each ration; returns what `refund` takes back.

    Raises TooMany when one of them is used up; then none is counted, so that knocking on does
    not keep the door shut. Commit before the outcome is found out.
    """
    _take_turn()
    rows = [_attempt(*spending, now) for spending in spendings]
    db.session.add_all(rows)
    db.session.flush()  # counted with our own, so that of two at once only one is the last
    free_at = [
        first + ration.window
        for ration, (count, first) in _counts(spendings, now)
        if count > ration.limit
    ]
    if free_at:
        wait = max(free_at) - now
        seconds = max(1, round(wait.total_seconds()))
        raise TooMany(field, "too_many_tries", seconds, when=relative(now + wait, now))
    _sweep(now)
    return [row.id for row in rows]


def refund(attempt_ids: Sequence[int]) -> None:
    """A try that came out well does not count."""
    db.session.execute(delete(Attempt).where(Attempt.id.in_(attempt_ids)))


def lock(ration: Ration, key: str, now: datetime) -> None:
    """Shut that key out for the window of the ration."""
    db.session.add(_attempt(ration, key, now))
    db.session.flush()


def is_locked(ration: Ration, key: str, now: datetime) -> bool:
    """Whether the key has been shut out within the window."""
    return (
        db.session.scalar(select(Attempt.id).where(_within(ration, key, now)).limit(1)) is not None
    )


def network_of(ip: str) -> str:
    """Whom an address stands for: itself, or in IPv6 the /64 that one household gets."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)


def _hash(ration: Ration, key: str) -> str:
    return hashlib.sha256(f"{ration.kind}:{key}".encode()).hexdigest()


def _attempt(ration: Ration, key: str, now: datetime) -> Attempt:
    return Attempt(kind=ration.kind, key_hash=_hash(ration, key), tried_at=now)


def _within(ration: Ration, key: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        Attempt.kind == ration.kind,
        Attempt.key_hash == _hash(ration, key),
        Attempt.tried_at > now - ration.window,
    )


def _counts(
    spendings: Sequence[Spending], now: datetime
) -> list[tuple[Ration, tuple[int, datetime]]]:
    """How many tries each ration holds, and when the first of them was."""
    rows = db.session.execute(
        select(Attempt.kind, func.count(), func.min(Attempt.tried_at))
        .where(or_(*(_within(ration, key, now) for ration, key in spendings)))
        .group_by(Attempt.kind)
    )
    found = {kind: (count, first) for kind, count, first in rows}
    return [(ration, found[ration.kind]) for ration, _key in spendings]


def _take_turn() -> None:
    """One counts at a time: SQLite writes in turns anyway, PostgreSQL is told to."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(TURN)))


def _sweep(now: datetime) -> None:
    """Forget some of the oldest tries: each try clears away more than it adds."""
    oldest = select(Attempt.id).order_by(Attempt.id).limit(SWEPT_EACH_TIME).scalar_subquery()
    db.session.execute(
        delete(Attempt)
        .where(Attempt.id.in_(oldest), Attempt.tried_at <= now - KEPT)
        .execution_options(synchronize_session=False)
    )
