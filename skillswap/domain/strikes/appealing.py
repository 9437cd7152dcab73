"""Was a strike right? Asked once, within 30 days, and answered by somebody else.

Overturned, everything is as it would be had the strike never been: the account, what it hid, and
the reports behind it. What a suspension closed between people stays closed: the others have made
other plans.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import audit, cases, events, exchanges, safety
from skillswap.domain.strikes import hiding, telling
from skillswap.domain.strikes.deciding import clean_words, reports_in
from skillswap.domain.strikes.reading import strike_behind
from skillswap.domain.strikes.standings import Standing, worked_anew
from skillswap.errors import NotFound, WrongState
from skillswap.models import CaseKind, ReportState, Strike, StrikeState, User

BODY_MOST = 2_000


def appeal(person: User, public_id: str, *, body: str, now: datetime) -> Strike:
    """Say what was missed. Raises NotFound for others' strikes, WrongState for a second time and
    after 30 days, Refused."""
    found = db.session.scalar(
        select(Strike).where(Strike.public_id == public_id, Strike.person_id == person.id)
    )
    if found is None:
        raise NotFound("strike")
    return _appeal(person, found.id, body, now)


def appeal_by_link(token: str, *, body: str, now: datetime) -> Strike:
    """The same by the mailed link, for who cannot sign in. Raises NotFound for an unknown one."""
    strike = strike_behind(token, now)
    return _appeal(db.session.get_one(User, strike.person_id), strike.id, body, now)


def _appeal(person: User, strike_id: int, typed: str, now: datetime) -> Strike:
    body = clean_words(typed, field="body", needed=True, most=BODY_MOST)
    strike = _locked(strike_id)
    if strike.state is not StrikeState.STANDING:
        raise WrongState("strike", strike.state)
    if strike.appeal_by <= now:
        raise WrongState("strike", "settled")
    strike.state, strike.appeal_body, strike.appealed_at = StrikeState.APPEALED, body, now
    db.session.flush()
    made = reports_in(strike.case_id)
    cases.open_case(
        CaseKind.APPEAL,
        Strike.__tablename__,
        strike.id,
        person=person,
        other=db.session.get(User, made[0].reporter_id) if made else None,
        not_for=db.session.get_one(User, strike.by_id),
        now=now,
        outcome=strike.outcome.value,
    )
    events.record("strike.appealed", actor=person, subject=strike, to=[], now=now)
    return strike


def _locked(strike_id: int) -> Strike:
    return db.session.get_one(Strike, strike_id, with_for_update=True, populate_existing=True)


# -- answered -------------------------------------------------------------------------------------


def decide_appeal(
    staff: User, case_public_id: str, *, overturned: bool, words: str, now: datetime
) -> Strike:
    """Answer an appeal: it stays, or everything is as if it had never been.

    Raises as `cases.held` does, and Refused for `words`.
    """
    case = cases.held(staff, case_public_id, now, CaseKind.APPEAL)
    words = clean_words(words, needed=True)
    strike = db.session.get_one(Strike, case.subject_id)
    if overturned and strike.hides:
        hiding.hold(strike.subject_type, strike.subject_id)
    reporters = [report.reporter_id for report in reports_in(strike.case_id)]
    exchanges.lock_people(strike.person_id, *reporters)
    person = db.session.get_one(User, strike.person_id, populate_existing=True)
    strike = _locked(strike.id)
    strike.answer_body, strike.answered_at, strike.answered_by_id = words, now, staff.id
    strike.state = StrikeState.OVERTURNED if overturned else StrikeState.KEPT
    db.session.flush()
    cases.close(case, now, by=staff)
    if overturned:
        _undo(staff, strike, person, now)
    _say(staff, strike, person, now)
    return strike


def _say(staff: User, strike: Strike, person: User, now: datetime) -> None:
    """To the audit log, and to whose strike it is."""
    audit.record(
        "appeal.kept" if strike.stands else "appeal.overturned",
        by=staff,
        subject=strike,
        person=person,
        now=now,
        decision=strike.answer_body,
    )
    events.record(
        "strike.kept" if strike.stands else "strike.overturned",
        actor=None,
        subject=strike,
        to=[person],
        now=now,
        **telling.facts_of(strike),
    )
    mail = "account.strike_kept" if strike.stands else "account.strike_overturned"
    telling.mail_link(mail, strike, person, now)


def _undo(staff: User, strike: Strike, person: User, now: datetime) -> None:
    """What it changed, and no more."""
    every = db.session.scalars(
        select(Strike)
        .where(Strike.person_id == person.id)
        .order_by(Strike.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    present = Standing(person.state, person.state_until, person.state_body)
    right = worked_anew(every, present, now)
    if right != present.at(now):
        safety.put_back(person, state=right.state, until=right.until, body=right.body, now=now)
    hiding.bring_back(staff, strike, now)
    for report in reports_in(strike.case_id):
        report.state = ReportState.DISMISSED
        db.session.flush()
        events.record(
            "report.overturned",
            actor=None,
            subject=report,
            to=[],
            now=now,
            whose=report.reporter_id,
        )
