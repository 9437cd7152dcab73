"""What do staff do: read a file, and say yes, no, or that more is needed?

Only who has taken the case, and has nothing to do with the claimant (`cases.held`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import joinedload

from skillswap.db import db, transaction
from skillswap.domain import audit, cases, events, exchanges
from skillswap.domain.claims import keeping
from skillswap.domain.claims.rules import (
    ANSWER_WITHIN,
    REFUSED_KEPT_FOR,
    VERDICT_MOST,
    WORDS_MOST,
    facts_of,
    valid_until,
)
from skillswap.errors import Away, NotFound, Refused, WrongState
from skillswap.lib.i18n import _
from skillswap.lib.text import Unprintable, clean_body, clean_line
from skillswap.lib.vault import Unreadable
from skillswap.models import (
    Case,
    CaseKind,
    Claim,
    ClaimFile,
    ClaimKind,
    ClaimState,
    Exchange,
    Skill,
    StaffRole,
    User,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The bytes of a file, for one member of staff, once."""

    data: bytes
    mime: str
    title: str


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that is being decided, with nobody else at it."""

    case: Case
    claim: Claim
    person: User
    skill: Skill | None


# -- reading a file -------------------------------------------------------------------------------


def open_file(staff: User, case_public_id: str, file_public_id: str, now: datetime) -> Opened:
    """A file as it was sent. That it was opened is written and committed before.

    Not within a transaction: it makes its own. Raises NotFound for anybody but the holder of the
    case and for a file that is erased, WrongState as `cases.held`, Away when it cannot be read.
    """
    with transaction():
        held = _held(staff, case_public_id, now)
        file = db.session.scalar(
            select(ClaimFile).where(
                ClaimFile.public_id == file_public_id,
                ClaimFile.claim_id == held.claim.id,
                ClaimFile.name.is_not(None),
                ClaimFile.erase_by > now,
            )
        )
        if file is None or file.name is None:
            raise NotFound("file")
        name, mime, title, number = file.name, file.mime, file.title, file.public_id
        _note("claim.file_opened", held, staff, now, file=number)
    if (box := keeping.vault()) is None:
        raise Away("", "documents_off")
    try:
        return Opened(box.open(name), mime, title)
    except KeyError:
        raise NotFound("file") from None
    except Unreadable as error:
        keeping.log.warning("the document %s cannot be opened: %s", name, error)
        raise Away("", "document_unreadable") from None
    except OSError:
        raise Away("", "file_away") from None


# -- deciding -------------------------------------------------------------------------------------


def badge_for(kind: ClaimKind, skill: str) -> str:
    """What the badge says unless staff write it otherwise."""
    return (
        _("Identity")
        if kind is ClaimKind.IDENTITY
        else _("Credential, {skill}").format(skill=skill)
    )


def approve(staff: User, case_public_id: str, *, badge: str, now: datetime) -> Claim:
    """It is as they say: the badge says so for 24 months, and the files are erased at once.

    Raises as `cases.held`; Refused ("badge") without words for the badge.
    """
    held = _held(staff, case_public_id, now)
    claim, person = held.claim, held.person
    claim.verdict = _checked(badge, "badge", VERDICT_MOST, clean_line)
    _decide(held, ClaimState.APPROVED, staff, now, due_at=valid_until(now))
    if claim.kind is ClaimKind.IDENTITY:
        person.verified_until = claim.due_at
        db.session.flush()
    keeping.erase_now(claim, now)
    _note("claim.approved", held, staff, now, decision=claim.verdict)
    _tell("claim.approved", claim, person, held.skill, now, verdict=claim.verdict)
    return claim


def ask_more(staff: User, case_public_id: str, *, words: str, now: datetime) -> Claim:
    """Something is missing: the member has 14 days to send it. Raises as `cases.held`; Refused
    ("note") without words."""
    held = _held(staff, case_public_id, now)
    held.claim.words = _checked(words, "note", WORDS_MOST, clean_body)
    _decide(held, ClaimState.MORE_NEEDED, staff, now, due_at=now + ANSWER_WITHIN)
    keeping.erase_at(held.claim, now + ANSWER_WITHIN)
    _note("claim.more_asked", held, staff, now, decision=held.claim.words)
    by = (now + ANSWER_WITHIN).isoformat()
    _tell("claim.more_needed", held.claim, held.person, held.skill, now, answer_by=by)
    return held.claim


def refuse(staff: User, case_public_id: str, *, words: str, now: datetime) -> Claim:
    """It is not shown by these files; they are erased in 30 days. Raises as `cases.held`; Refused
    ("note") without words."""
    held = _held(staff, case_public_id, now)
    held.claim.words = _checked(words, "note", WORDS_MOST, clean_body)
    _decide(held, ClaimState.REFUSED, staff, now, due_at=None)
    keeping.erase_at(held.claim, now + REFUSED_KEPT_FOR)
    _note("claim.refused", held, staff, now, reason=held.claim.words)
    _tell("claim.refused", held.claim, held.person, held.skill, now)
    return held.claim


@dataclass(frozen=True, slots=True)
class Revocable:
    """An approval that an admin may take back."""

    public_id: str
    person: User
    badge: str


def revocable(admin: User, public_id: str, now: datetime) -> Revocable:
    """What would be taken back. Raises as `revoke` does."""
    claim = _revocable(admin, public_id)
    if (state := claim.state_at(now)) is not ClaimState.APPROVED:
        raise WrongState("claim", state)
    return Revocable(claim.public_id, claim.user, claim.verdict)


def _revocable(admin: User, public_id: str) -> Claim:
    """Any claim of somebody an admin has nothing to do with; for others there is none."""
    claim = db.session.scalar(
        select(Claim)
        .where(Claim.public_id == public_id)
        .options(joinedload(Claim.user), joinedload(Claim.skill))
        .execution_options(populate_existing=True)
    )
    if claim is None or not _may_revoke(admin, claim.user_id):
        raise NotFound("claim")
    return claim


def revoke(admin: User, public_id: str, *, words: str, now: datetime) -> Claim:
    """Take an approval back. Raises NotFound for all but admins, for their own and for partners';
    Refused ("words"), WrongState unless it is approved and valid."""
    exchanges.lock_people(_revocable(admin, public_id).user_id)
    claim = _revocable(admin, public_id)
    if (state := claim.state_at(now)) is not ClaimState.APPROVED:
        raise WrongState("claim", state)
    claim.words = _checked(words, "words", WORDS_MOST, clean_body)
    claim.state, claim.decided_at, claim.due_at = ClaimState.REVOKED, now, None
    claim.decided_by_id = admin.id
    db.session.flush()
    person, skill = claim.user, claim.skill
    if claim.kind is ClaimKind.IDENTITY:
        person.verified_until = _other_end(claim, now)
        db.session.flush()
    audit.record(
        "claim.revoked",
        by=admin,
        subject=claim,
        person=person,
        now=now,
        kind=claim.kind.value,
        reason=claim.words,
    )
    _tell("claim.revoked", claim, person, skill, now)
    return claim


def _held(staff: User, case_public_id: str, now: datetime) -> Held:
    """The case first belongs to them; then nobody else moves anything about the claimant."""
    person_id = cases.case_of(staff, case_public_id).person_id
    exchanges.lock_people(person_id)
    case = cases.held(staff, case_public_id, now, CaseKind.CLAIM)
    claim = db.session.get_one(Claim, case.subject_id, populate_existing=True)
    if (state := claim.state_at(now)) is not ClaimState.SUBMITTED:
        raise WrongState("claim", state)
    person = db.session.get_one(User, person_id, populate_existing=True)
    skill = db.session.get(Skill, claim.skill_id) if claim.skill_id else None
    return Held(case, claim, person, skill)


def _decide(
    held: Held, state: ClaimState, staff: User, now: datetime, *, due_at: datetime | None
) -> None:
    claim = held.claim
    claim.state, claim.due_at = state, due_at
    claim.decided_at, claim.decided_by_id = now, staff.id
    cases.close(held.case, now, by=staff)


def _checked(typed: str, field: str, most: int, clean: Any) -> str:
    try:
        words: str = clean(typed)
    except Unprintable:
        raise Refused(field, "control_characters") from None
    if not words:
        raise Refused(field, "required")
    if len(words) > most:
        raise Refused(field, "too_long", limit=most)
    return words


def _note(action: str, held: Held, staff: User, now: datetime, **facts: Any) -> None:
    kind = held.claim.kind.value
    audit.record(
        action, by=staff, subject=held.claim, person=held.person, now=now, kind=kind, **facts
    )


def _tell(
    kind: str, claim: Claim, person: User, skill: Skill | None, now: datetime, **facts: str
) -> None:
    """Tell the member. Staff are not named: the house has decided."""
    known: dict[str, Any] = facts_of(claim, skill) | facts
    events.record(kind, actor=None, subject=claim, to=[person], now=now, **known)


def _may_revoke(admin: User, user_id: int) -> bool:
    met = exists().where(
        or_(
            (Exchange.teacher_id == admin.id) & (Exchange.learner_id == user_id),
            (Exchange.learner_id == admin.id) & (Exchange.teacher_id == user_id),
        )
    )
    able = admin.staff_role is StaffRole.ADMIN and admin.id != user_id
    return able and not db.session.scalar(select(met))


def _other_end(claim: Claim, now: datetime) -> datetime | None:
    """Until when another approval of the same still holds."""
    return db.session.scalar(
        select(Claim.due_at)
        .where(
            Claim.user_id == claim.user_id,
            Claim.kind == claim.kind,
            Claim.state == ClaimState.APPROVED,
            Claim.due_at > now,
        )
        .order_by(Claim.due_at.desc())
        .limit(1)
    )
