"""How does it stand with somebody's claims: for themselves, for others, for who decides?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select

from skillswap.db import db
from skillswap.domain.claims import keeping
from skillswap.domain.claims.rules import (
    RENEW_BEFORE,
    TRIES,
    TRIES_WITHIN,
    thing_of,
)
from skillswap.errors import Refused
from skillswap.models import (
    OPEN_CLAIMS,
    Case,
    CaseKind,
    Claim,
    ClaimFile,
    ClaimKind,
    ClaimState,
    Skill,
    SkillState,
    User,
    UserSkill,
    UserSkillKind,
)

LISTED_MOST = 50


# -- for the member -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a claim, and what becomes of it."""

    public_id: str
    title: str  # "" once it is erased
    mime: str
    size: int
    erase_by: datetime
    erased_at: datetime | None  # None while it is here


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim with its files."""

    public_id: str
    kind: ClaimKind
    skill: str  # its name, or ""
    state: ClaimState  # by the clock, with in_review
    submitted_at: datetime  # the last files
    decided_at: datetime | None
    answer_by: datetime | None  # when more is needed
    valid_until: datetime | None  # when it is approved
    words: str  # the badge's when it is approved, else staff's to the member
    files: Sequence[FileLine]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be checked."""

    what: str  # for the form
    kind: ClaimKind
    skill: str
    is_open: bool  # whether it can be asked for now: not while one waits or holds


@dataclass(frozen=True, slots=True)
class Overview:
    """The page of somebody's claims."""

    claims: Sequence[ClaimLine]  # the latest first, at most fifty
    choices: Sequence[Choice]
    tries_left: int
    next_try_at: datetime | None  # when one more is free; None while none is used
    enabled: bool  # whether documents are taken in here


@dataclass(frozen=True, slots=True)
class Tries:
    """How often somebody has asked within 90 days, and when first."""

    count: int
    first: datetime | None


def overview(person: User, now: datetime) -> Overview:
    """Everything on `/verification`, in five statements."""
    lines, tried = claims_of(person, now), tries_of(person, now)
    next_at = tried.first + TRIES_WITHIN if tried.first else None
    return Overview(
        claims=lines,
        choices=_choices(person, now),
        tries_left=max(0, TRIES - tried.count),
        next_try_at=next_at,
        enabled=keeping.are_taken(),
    )


def claims_of(person: User, now: datetime) -> Sequence[ClaimLine]:
    """Somebody's claims with their files, the latest first. Two statements."""
    return lines_of(person.id, now)


def lines_of(user_id: int, now: datetime) -> list[ClaimLine]:
    """The same, by the number of the person."""
    taken = exists().where(
        Case.kind == CaseKind.CLAIM,
        Case.subject_type == Claim.__tablename__,
        Case.subject_id == Claim.id,
        Case.person_id == Claim.user_id,
        Case.closed_at.is_(None),
        Case.claimed_until > now,
    )
    rows = db.session.execute(
        select(Claim, Skill.name, taken.label("taken"))
        .outerjoin(Skill, Skill.id == Claim.skill_id)
        .where(Claim.user_id == user_id)
        .order_by(Claim.id.desc())
        .limit(LISTED_MOST)
        .execution_options(populate_existing=True)
    ).all()
    files = _files([claim.id for claim, _skill, _taken in rows])
    return [
        _line(claim, skill or "", files[claim.id], now, taken=is_taken)
        for claim, skill, is_taken in rows
    ]


def _line(
    claim: Claim, skill: str, files: Sequence[FileLine], now: datetime, *, taken: bool
) -> ClaimLine:
    state = claim.state_at(now)
    if state is ClaimState.SUBMITTED and taken:
        state = ClaimState.IN_REVIEW
    asked = state is ClaimState.MORE_NEEDED
    had_badge = state in (ClaimState.APPROVED, ClaimState.EXPIRED) and claim.verdict
    return ClaimLine(
        public_id=claim.public_id,
        kind=claim.kind,
        skill=skill,
        state=state,
        submitted_at=claim.sent_at,
        decided_at=claim.decided_at,
        answer_by=claim.due_at if asked else None,
        valid_until=claim.due_at if had_badge else None,
        words=claim.verdict if had_badge else claim.words,
        files=files,
    )


def _files(claim_ids: Sequence[int]) -> dict[int, list[FileLine]]:
    found: dict[int, list[FileLine]] = {one: [] for one in claim_ids}
    rows: Iterable[ClaimFile] = ()
    if found:
        rows = db.session.scalars(
            select(ClaimFile)
            .where(ClaimFile.claim_id.in_(found))
            .order_by(ClaimFile.id)
            .execution_options(populate_existing=True)
        )
    for file in rows:
        found[file.claim_id].append(
            FileLine(
                public_id=file.public_id,
                title=file.title,
                mime=file.mime,
                size=file.size,
                erase_by=file.erase_by,
                erased_at=file.erased_at,
            )
        )
    return found


def has_files(claim: Claim) -> bool:
    """Whether any of its files is still here."""
    here = exists().where(ClaimFile.claim_id == claim.id, ClaimFile.name.is_not(None))
    return bool(db.session.scalar(select(here)))


def tries_of(person: User, now: datetime) -> Tries:
    """What counts as a try: each claim of 90 days, but for those that nobody looked at in time."""
    unseen = (Claim.state == ClaimState.EXPIRED) & Claim.decided_at.is_(None)
    row = db.session.execute(
        select(func.count(), func.min(Claim.created_at)).where(
            Claim.user_id == person.id, Claim.created_at > now - TRIES_WITHIN, ~unseen
        )
    ).one()
    return Tries(row[0], row[1])


def _choices(person: User, now: datetime) -> list[Choice]:
    """Identity, and every skill this person teaches, with whether it can be asked for."""
    return [choice for choice, _skill in _open_choices(person, now)]


def chosen(person: User, what: str, now: datetime) -> tuple[ClaimKind, Skill | None]:
    """What a form has chosen. Raises Refused when it is no choice, or holds already."""
    for choice, skill in _open_choices(person, now):
        if choice.what == what:
            if not choice.is_open:
                raise Refused("what", "claim_holds")
            return choice.kind, skill
    raise Refused("what", "claim_choice")


def _open_choices(person: User, now: datetime) -> list[tuple[Choice, Skill | None]]:
    skill = UserSkill.skill_id
    rows = db.session.execute(
        select(Skill, _closed(person, ClaimKind.CREDENTIAL, now, skill).label("closed"))
        .join(UserSkill, skill == Skill.id)
        .where(
            UserSkill.user_id == person.id,
            UserSkill.kind == UserSkillKind.OFFERED,
            Skill.state == SkillState.ACTIVE,
        )
        .order_by(Skill.name, Skill.id)
    ).all()
    closed = db.session.scalar(select(_closed(person, ClaimKind.IDENTITY, now)))
    identity = Choice(thing_of(ClaimKind.IDENTITY, None), ClaimKind.IDENTITY, "", not closed)
    return [
        (identity, None),
        *(
            (
                Choice(
                    thing_of(ClaimKind.CREDENTIAL, one.id),
                    ClaimKind.CREDENTIAL,
                    one.name,
                    not is_closed,
                ),
                one,
            )
            for one, is_closed in rows
        ),
    ]


def _closed(person: User, kind: ClaimKind, now: datetime, skill_id: Any = None) -> Any:
    """Condition: one of these waits, or holds for more than the 60 days in which to renew it."""
    which = [Claim.user_id == person.id, Claim.kind == kind]
    if skill_id is not None:
        which.append(Claim.skill_id == skill_id)
    waits = Claim.state.in_(OPEN_CLAIMS) & (Claim.due_at > now)
    holds = (Claim.state == ClaimState.APPROVED) & (Claim.due_at > now + RENEW_BEFORE)
    return exists().where(*which, or_(waits, holds))


# -- for everybody --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Badge:
    """What was checked, in which month, and until when it counts."""

    public_id: str  # of the claim
    kind: ClaimKind
    skill: str  # its name, or ""
    skill_slug: str
    words: str
    checked_at: datetime
    valid_until: datetime


def badges_of(person: User, now: datetime) -> Sequence[Badge]:
    """What stands on a profile: each thing once, the latest check of it. One statement."""
    rows = db.session.execute(
        select(Claim, Skill.name, Skill.slug)
        .outerjoin(Skill, Skill.id == Claim.skill_id)
        .where(
            Claim.user_id == person.id,
            Claim.state == ClaimState.APPROVED,
            Claim.due_at > now,
        )
        .order_by(Claim.id)
        .limit(LISTED_MOST)
    )
    found: dict[str, Badge] = {}
    for claim, name, slug in rows:
        found[thing_of(claim.kind, claim.skill_id)] = Badge(
            public_id=claim.public_id,
            kind=claim.kind,
            skill=name or "",
            skill_slug=slug or "",
            words=claim.verdict,
            checked_at=claim.decided_at or claim.sent_at,
            valid_until=claim.due_at or now,
        )
    first = {ClaimKind.IDENTITY: 0, ClaimKind.CREDENTIAL: 1}
    return sorted(found.values(), key=lambda badge: (first[badge.kind], badge.skill))
