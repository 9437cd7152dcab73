"""What does a member do: ask, send what was missing, take it back?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import cases, email_links, events, exchanges, media
from skillswap.domain.claims import keeping, reading
from skillswap.domain.claims.keeping import FIELD, Sent
from skillswap.domain.claims.rules import DECIDE_WITHIN, TRIES, TRIES_WITHIN, facts_of
from skillswap.domain.limits import check_free
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.clock import relative
from skillswap.models import CaseKind, Claim, ClaimKind, ClaimState, Skill, User

OPEN = frozenset({ClaimState.SUBMITTED, ClaimState.MORE_NEEDED})


def count_try(person: User, now: datetime, *, what: str = "") -> None:
    """Count a try to send files, in a transaction of its own, before they are looked at.

    Raises what `submit` and `add_files` would refuse whatever the files are, with `what` the
    former; TooMany after twenty in an hour, Full without room.
    """
    if what:
        _check(person, what, now)
    media.count_upload(person, now, field=FIELD)


def submit(person: User, *, what: str, files: Sent, now: datetime) -> Claim:
    """Ask for one of `overview(person, now).choices` to be checked, by 1 to 3 files.

    Call `count_try` before, and this first in its transaction: it takes a while, and no connection
    is held meanwhile. Raises Refused ("what" or "files"), TooMany
    after three in 90 days, WrongState when the same is being checked, Away without key or room.
    """
    kept = keeping.keep(files)
    exchanges.lock_people(person.id)
    kind, skill = _check(person, what, now)
    claim = Claim(
        user_id=person.id,
        kind=kind,
        skill_id=skill.id if skill else None,
        created_at=now,
        sent_at=now,
        due_at=now + DECIDE_WITHIN,
    )
    try:
        with db.session.begin_nested():  # the unique index decides
            db.session.add(claim)
    except IntegrityError:
        raise WrongState("claim", ClaimState.SUBMITTED) from None
    keeping.add(claim, kept, now + DECIDE_WITHIN, now)
    _put_before_staff(claim, person, skill, now)
    _tell("claim.submitted", claim, person, skill, now)
    return claim


def add_files(person: User, public_id: str, *, files: Sent, now: datetime) -> Claim:
    """Send 1 to 3 further files for a claim of which more is asked; it waits for staff again.

    Call `count_try` before, and this first in its transaction. Raises NotFound, WrongState when
    nothing more is asked or the 14 days are over, and as `submit` does.
    """
    kept = keeping.keep(files)
    exchanges.lock_people(person.id)
    claim = mine(person, public_id)
    _check_state(claim, ClaimState.MORE_NEEDED, now=now)
    claim.state, claim.sent_at, claim.due_at = ClaimState.SUBMITTED, now, now + DECIDE_WITHIN
    db.session.flush()
    keeping.add(claim, kept, now + DECIDE_WITHIN, now)
    keeping.erase_at(claim, now + DECIDE_WITHIN)
    skill = db.session.get(Skill, claim.skill_id) if claim.skill_id else None
    _put_before_staff(claim, person, skill, now)
    _tell("claim.answered", claim, person, skill, now)
    return claim


def withdraw(person: User, public_id: str, now: datetime) -> Claim:
    """Take it back, and the files with it, at once. Of a refused one only the files go.

    Raises NotFound, and WrongState when there is nothing to take back.
    """
    mine(person, public_id)
    exchanges.lock_people(person.id)
    claim = mine(person, public_id)
    state = claim.state_at(now)
    if state is ClaimState.REFUSED and reading.has_files(claim):
        keeping.erase_now(claim, now)
        return claim
    _check_state(claim, *OPEN, now=now)
    if waiting := cases.waiting_about(CaseKind.CLAIM, "claims", claim.id, person.id):
        cases.close(waiting, now)
    claim.state, claim.decided_at, claim.due_at = ClaimState.WITHDRAWN, now, None
    db.session.flush()
    keeping.erase_now(claim, now)
    skill = db.session.get(Skill, claim.skill_id) if claim.skill_id else None
    _tell("claim.withdrawn", claim, person, skill, now)
    return claim


def mine(person: User, public_id: str) -> Claim:
    """A claim of this person, as it stands now. NotFound for anybody else's."""
    claim = db.session.scalar(
        select(Claim)
        .where(Claim.public_id == public_id, Claim.user_id == person.id)
        .execution_options(populate_existing=True)
    )
    if claim is None:
        raise NotFound("claim")
    return claim


def _check(person: User, what: str, now: datetime) -> tuple[ClaimKind, Skill | None]:
    """What is asked for. Raises Refused and TooMany."""
    check_free(person, now, FIELD)
    if email_links.is_unconfirmed(person):
        raise Refused(FIELD, "unconfirmed_claim", email=person.email)
    _check_tries(person, now)
    return reading.chosen(person, what, now)


def _check_state(claim: Claim, *states: ClaimState, now: datetime) -> None:
    if (state := claim.state_at(now)) not in states:
        raise WrongState("claim", state)


def _check_tries(person: User, now: datetime) -> None:
    tried = reading.tries_of(person, now)
    if tried.count >= TRIES and tried.first is not None:
        free_at = tried.first + TRIES_WITHIN
        seconds = max(1, round((free_at - now).total_seconds()))
        when = relative(free_at, now)
        raise TooMany(FIELD, "too_many_claims", seconds, limit=TRIES, when=when)


def _put_before_staff(claim: Claim, person: User, skill: Skill | None, now: datetime) -> None:
    cases.open_case(
        CaseKind.CLAIM,
        Claim.__tablename__,
        claim.id,
        person=person,
        now=now,
        about=claim.kind.value,
        skill=skill.name if skill else "",
    )


def _tell(kind: str, claim: Claim, person: User, skill: Skill | None, now: datetime) -> None:
    """Record what its owner did; nobody else is told."""
    facts = facts_of(claim, skill)
    events.record(kind, actor=person, subject=claim, to=[], now=now, **facts)
