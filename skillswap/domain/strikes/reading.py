"""What does a strike say, to its person and to staff?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.reports import SubjectKind
from skillswap.domain.strikes.rules import Rule, rule_of
from skillswap.errors import NotFound
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.lib.tokens import token_hash
from skillswap.models import (
    Case,
    Strike,
    StrikeOutcome,
    StrikeState,
    User,
)

FADES_AFTER = timedelta(days=180)
APPEAL_WITHIN = timedelta(days=30)
PAST_MOST = 20
NEWEST = [Key(Strike.id, "id")]  # type: ignore[arg-type]  # a mapped column is one
By = aliased(User)


@dataclass(frozen=True, slots=True)
class StrikeView:
    """A strike as its person reads it: nothing in it tells who reported, nor who decided."""

    public_id: str
    outcome: StrikeOutcome
    rule: Rule
    about: SubjectKind  # what kind of thing it was
    quote: str  # the person's own words, where they alone wrote them; or ""
    body: str  # why, in staff's words
    days: int | None
    hides: bool  # what was reported is out of sight
    state: StrikeState
    decided_at: datetime
    appeal_by: datetime
    appeal_body: str
    appealed_at: datetime | None
    answer_body: str
    answered_at: datetime | None

    @property
    def until(self) -> datetime | None:
        """When a limitation or suspension ends; None where there is none, and of a ban."""
        return self.decided_at + timedelta(days=self.days) if self.days else None

    @property
    def fades_at(self) -> datetime:
        """From then on it is only history."""
        return self.decided_at + FADES_AFTER

    def is_faded_at(self, now: datetime) -> bool:
        """Whether it is only history by now."""
        return self.fades_at <= now

    def may_appeal_at(self, now: datetime) -> bool:
        """Whether it can still be appealed: once, within 30 days."""
        return self.state is StrikeState.STANDING and now < self.appeal_by


def _view(strike: Strike) -> StrikeView:
    return StrikeView(
        public_id=strike.public_id,
        outcome=strike.outcome,
        rule=rule_of(strike.rule),
        about=SubjectKind(strike.about),
        quote=strike.quote,
        body=strike.body,
        days=strike.days,
        hides=strike.hides,
        state=strike.state,
        decided_at=strike.decided_at,
        appeal_by=strike.appeal_by,
        appeal_body=strike.appeal_body,
        appealed_at=strike.appealed_at,
        answer_body=strike.answer_body,
        answered_at=strike.answered_at,
    )


# -- for its person -------------------------------------------------------------------------------


def strikes_of(person: User, cursor: str | None) -> Page:
    """Their own strikes, the latest first, as StrikeViews. One statement."""
    query: Any = select(Strike).where(Strike.person_id == person.id)
    found = page(db.session.scalars(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_view(strike) for strike in found.rows], found.after)


def strike_of(person: User, public_id: str) -> StrikeView:
    """One of their own. Raises NotFound for others'. One statement."""
    found = db.session.scalar(
        select(Strike).where(Strike.public_id == public_id, Strike.person_id == person.id)
    )
    if found is None:
        raise NotFound("strike")
    return _view(found)


def strike_by_link(token: str, now: datetime) -> StrikeView:
    """The one a mailed link shows to who cannot sign in. Raises NotFound for an unknown link."""
    return _view(strike_behind(token, now))


def strike_behind(token: str, now: datetime) -> Strike:
    """Its row, for as long as the link holds: while it can be appealed, while that waits, and for
    30 days after the answer."""
    found = db.session.scalar(select(Strike).where(Strike.link_hash == token_hash(token)))
    if found is None:
        raise NotFound("link")
    until = (found.answered_at or found.decided_at) + APPEAL_WITHIN
    if until <= now and found.state is not StrikeState.APPEALED:
        raise NotFound("link")
    return found


# -- for staff ------------------------------------------------------------------------------------


def strikes_about(case: Case) -> Sequence[StrikeView]:
    """The person's strikes so far, the latest first, at most 20. One statement.

    For whoever has taken the case: ask `cases.held` before. The same holds below.
    """
    query = select(Strike).where(Strike.person_id == case.person_id)
    found = db.session.scalars(query.order_by(Strike.id.desc()).limit(PAST_MOST))
    return [_view(strike) for strike in found]


@dataclass(frozen=True, slots=True)
class Appealed:
    """What somebody appeals against, for who decides about it."""

    strike: StrikeView
    by: str  # who decided: a name
    report_case: Case  # its reports: `reports.reports_of`


def appealed(case: Case) -> Appealed:
    """The strike an appeal is about. One statement."""
    strike, by, behind = db.session.execute(
        select(Strike, By, Case)
        .join(By, By.id == Strike.by_id)
        .join(Case, Case.id == Strike.case_id)
        .where(Strike.id == case.subject_id)
    ).one()
    return Appealed(_view(strike), by.name, behind)
