"""What does the clock do with claims: which end, and which files go for good?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import aliased, joinedload

from skillswap.db import db
from skillswap.domain import cases, events, exchanges, media
from skillswap.domain.claims import keeping
from skillswap.domain.claims.rules import facts_of
from skillswap.models import (
    OPEN_CLAIMS,
    CaseKind,
    Claim,
    ClaimFile,
    ClaimState,
    User,
)

log = logging.getLogger(__name__)


def expire_due(now: datetime, limit: int) -> int:
    """End claims whose time is over: nobody looked, nothing more was sent, or the approval is 24
    months old. The member is told, and files go. Returns how many it were."""
    states = (*OPEN_CLAIMS, ClaimState.APPROVED)
    due = db.session.execute(
        select(Claim.id, Claim.user_id)
        .where(Claim.state.in_(states), Claim.due_at <= now)
        .order_by(Claim.due_at, Claim.id)
        .limit(limit)
    ).all()
    if due:
        exchanges.lock_people(*{row.user_id for row in due})
    return sum(_expire(row.id, now) for row in due)


def _expire(claim_id: int, now: datetime) -> bool:
    claim = db.session.scalar(
        select(Claim)
        .where(Claim.id == claim_id)
        .options(joinedload(Claim.skill), joinedload(Claim.user))
        .execution_options(populate_existing=True)
    )
    if claim is None or claim.state_at(now) is not ClaimState.EXPIRED:
        return False
    if claim.state is ClaimState.EXPIRED:  # somebody was quicker
        return False
    was = claim.state
    if waiting := cases.waiting_about(CaseKind.CLAIM, "claims", claim.id, claim.user_id):
        cases.close(waiting, now)
    claim.state = ClaimState.EXPIRED
    db.session.flush()
    keeping.erase_now(claim, now)
    facts = facts_of(claim, claim.skill) | {"was": was.value}
    events.record("claim.expired", actor=None, subject=claim, to=[claim.user], now=now, **facts)
    return True


def erase_due(now: datetime, limit: int) -> int:
    """Erase files whose day has come, also those that a decision wanted gone at once: first in
    the storage, then in the table, with the hour. Returns how many it were.

    What the storage cannot erase now is tried again in a minute.
    """
    due = db.session.execute(
        select(ClaimFile.id, ClaimFile.name)
        .where(ClaimFile.name.is_not(None), ClaimFile.erase_by <= now)
        .order_by(ClaimFile.erase_by, ClaimFile.id)
        .limit(limit)
    ).all()
    store, gone = media.store(), []
    for file_id, name in due:  # before any write: it may take a while
        try:
            store.delete(name or "")
        except (OSError, KeyError) as error:
            log.warning("the document %s could not be erased: %s", name, error)
            continue
        gone.append(file_id)
    if gone:
        db.session.execute(
            update(ClaimFile)
            .where(ClaimFile.id.in_(gone), ClaimFile.erased_at.is_(None))
            .values(name=None, title="", erased_at=now)
            .execution_options(synchronize_session=False)
        )
    return len(gone)


def claimants_about(skill_id: int) -> Select[int]:
    """Whose open claims are about that skill: they are held before it is merged."""
    return select(Claim.user_id).where(Claim.state.in_(OPEN_CLAIMS), Claim.skill_id == skill_id)


def move_skill(source: int, into: int, now: datetime) -> None:
    """What was claimed about the one is claimed about the other. Of two that are open the one
    about the merged skill ends, against nobody; the caller holds their owners."""
    other = aliased(Claim)
    twice = exists().where(
        other.user_id == Claim.user_id, other.skill_id == into, other.state.in_(OPEN_CLAIMS)
    )
    doubles = select(Claim).where(Claim.skill_id == source, Claim.state.in_(OPEN_CLAIMS), twice)
    for claim in db.session.scalars(doubles.options(joinedload(Claim.skill))).all():
        _withdraw(claim, now)
        facts = facts_of(claim, claim.skill)
        events.record("claim.withdrawn", actor=None, subject=claim, to=[], now=now, **facts)
    db.session.execute(
        update(Claim)
        .where(Claim.skill_id == source)
        .values(skill_id=into)
        .execution_options(synchronize_session=False)
    )


def _withdraw(claim: Claim, now: datetime) -> None:
    waiting = cases.waiting_about(CaseKind.CLAIM, "claims", claim.id, claim.user_id)
    if waiting is not None:
        cases.close(waiting, now)
    claim.state, claim.decided_at, claim.due_at = ClaimState.WITHDRAWN, now, None
    db.session.flush()
    keeping.erase_now(claim, now)


def unreadable() -> Iterator[str]:
    """Documents that no key of this place opens. For the doctor."""
    box = keeping.vault()
    marks = box.marks if box else frozenset()
    here = select(ClaimFile.name, ClaimFile.key_mark).where(ClaimFile.name.is_not(None))
    for name, mark in db.session.execute(here):
        if mark not in marks:
            yield f"the document {name} was sealed with a key that is not given"


def erase_all_of(person: User, now: datetime) -> None:
    """Withdraw what waits and erase every file, when an account is deleted."""
    for claim in db.session.scalars(select(Claim).where(Claim.user_id == person.id)).all():
        if claim.state in OPEN_CLAIMS:
            _withdraw(claim, now)
        else:
            keeping.erase_now(claim, now)
