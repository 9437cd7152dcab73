"""Which meetings should there be at Zoom and Google, and who is making them so?

A row says what is wanted, from the session as it stands; it is written in the transaction of what
happened. A worker claims it for the length of a lease, calls the service outside any transaction,
and marks it while it still holds it. What is wanted may change meanwhile: then the holder's news is
kept and the row stays due. A killed worker loses nothing; its lease runs out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, tuple_, update

from skillswap.db import db
from skillswap.domain.meeting_places import BY_PROVIDER
from skillswap.lib.meeting import Made, Wanted
from skillswap.models import (
    Event,
    LearningSession,
    Meeting,
    MeetingState,
    PlaceKind,
    Presence,
    SessionState,
    Skill,
)

S = MeetingState
LEASE = timedelta(minutes=5)  # longer than any call takes
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 4, 15, 60))
MOST_ATTEMPTS = len(BACK_OFF) + 1
LAST_TRY = timedelta(minutes=30)  # before the start: then it is known where the two meet
ERROR_LENGTH = 500
CHANGES_TIME = ("session.scheduled", "session.moved", "session.place_changed")


@dataclass(frozen=True, slots=True)
class Claim:
    """A meeting that one worker holds until `until`, and the session it is for."""

    learning_session_id: int
    provider: PlaceKind
    state: MeetingState
    wanted: Wanted
    ends_at: datetime
    attempts: int
    owner: str
    until: datetime


class Kept(StrEnum):
    """What became of a worker's news."""

    DONE = "done"
    CHANGED = "changed"  # something else is wanted meanwhile; the row stays due
    GIVEN_UP = "given_up"  # the Jitsi room serves instead: both are to be told
    LOST = "lost"  # the lease had run out and another holds it


# -- what should be -------------------------------------------------------------------------------


def keep(event: Event) -> None:
    """A consequence of whatever moves sessions: let the rows of its exchange say what is wanted.

    It reads the sessions, not the facts, so weekly repeats and whole exchanges that end are covered
    alike. One statement when no video service is concerned.
    """
    rows = db.session.execute(_concerned(event)).all()
    if not rows:
        return
    keys = [(row.id, row.provider) for row in rows if row.provider]
    held = {
        (meeting.learning_session_id, meeting.provider): meeting
        for meeting in db.session.scalars(
            select(Meeting)
            .where(tuple_(Meeting.learning_session_id, Meeting.provider).in_(keys))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    for row in {row.id: row for row in rows}.values():
        anew = event.kind in CHANGES_TIME and row.id == event.subject_id
        _plan(row, held, event.happened_at, anew=anew)
    db.session.flush()


def _concerned(event: Event) -> Any:
    """Sessions of the exchange with a service's meeting, wanted or made; a row for each meeting."""
    exchange_id: Any = event.subject_id
    if event.subject_type == LearningSession.__tablename__:
        exchange_id = (
            select(LearningSession.exchange_id)
            .where(LearningSession.id == event.subject_id)
            .scalar_subquery()
        )
    return (
        select(
            LearningSession.id,
            LearningSession.state,
            LearningSession.starts_at,
            LearningSession.place_kind,
            Meeting.provider,
        )
        .outerjoin(Meeting, Meeting.learning_session_id == LearningSession.id)
        .where(
            LearningSession.exchange_id == exchange_id,
            or_(
                Meeting.provider.is_not(None),
                and_(
                    LearningSession.state == SessionState.SCHEDULED,
                    LearningSession.place_kind.in_(BY_PROVIDER),
                ),
            ),
        )
    )


def _plan(
    row: Row[Any],
    held: dict[tuple[int, PlaceKind], Meeting],
    now: datetime,
    *,
    anew: bool,
) -> None:
    """Say what is wanted for one session: a meeting at one service, and none at the others."""
    if row.starts_at is None or row.starts_at <= now:
        return  # what has begun stays as it is
    agreed = row.state is SessionState.SCHEDULED
    wants = row.place_kind if agreed and row.place_kind in BY_PROVIDER else None
    for provider in BY_PROVIDER:
        meeting = held.get((row.id, provider))
        if provider is not wants:
            if meeting and meeting.state in (S.WANTED, S.READY):
                _unwant(meeting, now)
        elif meeting is None:
            db.session.add(Meeting(learning_session_id=row.id, provider=provider, due_at=now))
        elif anew or meeting.state in (S.UNWANTED, S.GONE):
            _ask_anew(meeting, S.WANTED, now)


def _unwant(meeting: Meeting, now: datetime) -> None:
    """Nothing is to be there. Where nothing can be, that is done."""
    untouched = not (meeting.external_id or meeting.attempts or meeting.claimed_until)
    _ask_anew(meeting, S.GONE if untouched else S.UNWANTED, now)


def _ask_anew(meeting: Meeting, state: MeetingState, now: datetime) -> None:
    """Begin with the tries again. Whoever holds it goes on holding it, and will see the change."""
    lost = bool(meeting.attempts) and not meeting.external_id  # a try may have made one
    meeting.state, meeting.due_at, meeting.error = state, now, ""
    meeting.attempts, meeting.owner = int(lost), ""


# -- making it so ---------------------------------------------------------------------------------


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        Meeting.state.in_((S.WANTED, S.UNWANTED)),
        Meeting.due_at <= now,
        or_(Meeting.claimed_until.is_(None), Meeting.claimed_until <= now),
    )


def claim_due(owner: str, now: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` meetings with work, the oldest first. Commit, then call.

    Two workers never hold the same one. Writes nothing when nothing is due.
    """
    due = select(Meeting.learning_session_id, Meeting.provider).where(_is_due(now))
    if db.session.execute(due.limit(1)).first() is None:
        return []
    picked = (
        due.order_by(Meeting.due_at, Meeting.learning_session_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    keys = db.session.execute(
        update(Meeting)
        .where(
            tuple_(Meeting.learning_session_id, Meeting.provider).in_(
                select(picked.c.learning_session_id, picked.c.provider)
            )
        )
        .values(claimed_until=now + LEASE, owner=owner, attempts=Meeting.attempts + 1)
        .returning(Meeting.learning_session_id, Meeting.provider)
        .execution_options(synchronize_session=False)
    ).all()
    return [_claim(row) for row in db.session.execute(_claimed(keys))]


def _claimed(keys: Sequence[Row[int, PlaceKind]]) -> Any:
    return (
        select(Meeting, LearningSession, Skill.name.label("skill"))
        .join(LearningSession, LearningSession.id == Meeting.learning_session_id)
        .join(Skill, Skill.id == LearningSession.skill_id)
        .where(tuple_(Meeting.learning_session_id, Meeting.provider).in_(map(tuple, keys)))
        .order_by(Meeting.due_at, Meeting.learning_session_id)
        .execution_options(populate_existing=True)
    )


def _claim(row: Row[Any]) -> Claim:
    meeting, one = row.Meeting, row.LearningSession
    starts_at = one.starts_at or meeting.due_at
    return Claim(
        learning_session_id=one.id,
        provider=meeting.provider,
        state=meeting.state,
        wanted=Wanted(
            public_id=one.public_id,
            topic=f"SkillSwap: {row.skill}",
            starts_at=starts_at,
            minutes=one.minutes,
            external_id=meeting.external_id,
            tries=meeting.attempts,
        ),
        ends_at=one.ends_at or starts_at,
        attempts=meeting.attempts,
        owner=meeting.owner,
        until=meeting.claimed_until,
    )


def _held(claim: Claim) -> Meeting | None:
    """The row, locked, while the claim holds; it does also when something else is wanted now."""
    return db.session.scalar(
        select(Meeting)
        .where(
            Meeting.learning_session_id == claim.learning_session_id,
            Meeting.provider == claim.provider,
            Meeting.claimed_until == claim.until,
            Meeting.owner.in_((claim.owner, "")),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def mark_ready(claim: Claim, made: Made) -> Kept:
    """It is there, at the session's present time.

    Once somebody has joined elsewhere it comes too late: the two would wait for each other in two
    rooms. Then it is to be deleted, and the Jitsi room stays.
    """
    meeting = _held(claim)
    if meeting is None:
        return Kept.LOST
    late = meeting.join_url != made.join_url and _somebody_came(claim)
    meeting.external_id, meeting.join_url = made.external_id, made.join_url
    meeting.claimed_until = None
    if meeting.owner != claim.owner:
        return Kept.CHANGED
    meeting.error = ""
    if late:
        meeting.state, meeting.attempts, meeting.due_at = S.UNWANTED, 0, claim.until - LEASE
        return Kept.GIVEN_UP
    meeting.state = S.READY
    return Kept.DONE


def _somebody_came(claim: Claim) -> bool:
    query = select(Presence.user_id).where(
        Presence.learning_session_id == claim.learning_session_id
    )
    return db.session.scalar(query.limit(1)) is not None


def mark_gone(claim: Claim) -> Kept:
    """Nothing is there any more."""
    meeting = _held(claim)
    if meeting is None:
        return Kept.LOST
    meeting.external_id = meeting.join_url = ""
    meeting.claimed_until = None
    if meeting.owner != claim.owner:
        return Kept.CHANGED
    meeting.state, meeting.error = S.GONE, ""
    return Kept.DONE


def mark_failed(
    claim: Claim,
    said: str,
    now: datetime,
    *,
    retry_after: float | None = None,
    for_good: bool = False,
) -> Kept:
    """It could not be done. Tried again later and later, and no sooner than the service asks;
    given up after the fifth time, or half an hour before the start.

    Where only a change failed the meeting stays: its link opens at any hour.
    """
    meeting = _held(claim)
    if meeting is None:
        return Kept.LOST
    meeting.claimed_until = None
    if meeting.owner != claim.owner:
        return Kept.CHANGED
    meeting.error = said[:ERROR_LENGTH]
    again = None if for_good else _again_at(claim, now, retry_after)
    if again is not None:
        meeting.due_at = again
        return Kept.DONE
    if claim.state is S.WANTED and meeting.external_id:
        meeting.state = S.READY
        return Kept.DONE
    meeting.state = S.FAILED
    return Kept.GIVEN_UP if claim.state is S.WANTED else Kept.DONE


def _again_at(claim: Claim, now: datetime, retry_after: float | None) -> datetime | None:
    """When to try again, if at all."""
    if claim.attempts >= MOST_ATTEMPTS:
        return None
    jitter = random.uniform(1.0, 1.2)  # noqa: S311 - so that many do not come at once
    again = now + BACK_OFF[claim.attempts - 1] * jitter
    asked = now + timedelta(seconds=retry_after or 0)
    if claim.state is S.UNWANTED:
        return max(again, asked)
    last = claim.wanted.starts_at - LAST_TRY
    if now >= last or asked > last:
        return None
    return min(max(again, asked), last)


def release(claim: Claim, until: datetime) -> Kept:
    """Give it back untried, for later."""
    meeting = _held(claim)
    if meeting is None:
        return Kept.LOST
    meeting.claimed_until = None
    if meeting.owner != claim.owner:
        return Kept.CHANGED
    meeting.attempts, meeting.due_at = claim.attempts - 1, until
    return Kept.DONE


# -- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Room:
    """How the service of a session stands to its meeting."""

    join_url: str  # "" while there is none
    fell_back: bool  # there will be none: the Jitsi room serves


def room_of(learning_session: LearningSession, *, lock: bool = False) -> Room | None:
    """The meeting at the service a session has chosen; None where it has chosen none.

    A change that still waits leaves the link as it is. With `lock` nobody marks it until the
    transaction ends.
    """
    if learning_session.place_kind not in BY_PROVIDER:
        return None
    query = select(Meeting.state, Meeting.join_url).where(
        Meeting.learning_session_id == learning_session.id,
        Meeting.provider == learning_session.place_kind,
    )
    found = db.session.execute(query.with_for_update() if lock else query).first()
    if found is None or found.state not in (S.WANTED, S.READY):
        return Room("", fell_back=True)
    return Room(found.join_url, fell_back=False)


def failed_count() -> int:
    """How many meetings were given up."""
    return db.session.scalar(select(func.count()).where(Meeting.state == S.FAILED)) or 0
