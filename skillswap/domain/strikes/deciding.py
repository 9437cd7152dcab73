"""What follows from a report? Upheld it is a strike, dismissed nothing; either way it is over.

Whoever reported is told that it was looked at, and not what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import audit, cases, conversations, events, exchanges, reports, safety
from skillswap.domain.strikes import hiding, telling
from skillswap.domain.strikes.reading import APPEAL_WITHIN
from skillswap.domain.strikes.rules import RULES, rule_of
from skillswap.domain.strikes.standings import BRINGS, Standing, struck
from skillswap.errors import Refused
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import (
    Case,
    CaseKind,
    Comment,
    Post,
    Rating,
    Report,
    ReportCategory,
    ReportState,
    StaffRole,
    Strike,
    StrikeOutcome,
    User,
    UserState,
    Wish,
)

Outcome = StrikeOutcome
DAYS = {Outcome.LIMITED: (7, 30), Outcome.SUSPENDED: (7, 90)}
WORDS_MOST, QUOTE_MOST = 1_000, 1_000
OPEN = (ReportState.OPEN, ReportState.CLAIMED)
# what one person alone has written: quoting it to them tells nothing of who reported it
QUOTED = {Post.__tablename__, Comment.__tablename__, Rating.__tablename__, Wish.__tablename__}
Other = aliased(Report)


def options(staff: User, case: Case) -> Sequence[Outcome]:
    """The outcomes this member of staff may choose for that case."""
    return [one for one in Outcome if _may_choose(staff, one)]


def _may_choose(staff: User, outcome: Outcome) -> bool:
    return outcome is not Outcome.BANNED or staff.staff_role is StaffRole.ADMIN


# -- upheld ---------------------------------------------------------------------------------------


def uphold(
    staff: User,
    case_public_id: str,
    *,
    outcome: Outcome | None,
    rule: int | None,
    days: int | None = None,
    words: str,
    hide: bool = False,
    now: datetime,
) -> Strike:
    """A rule was broken: a strike with what follows from it, which its person reads with why.

    It never makes milder what holds already. `days` are of limited (7 to 30) and suspended (7 to
    90), `hide` is of what `can_hide`. Raises as `cases.held` does, and Refused for `outcome`,
    `rule`, `days`, `words` and `hide`.
    """
    case = cases.held(staff, case_public_id, now, CaseKind.REPORT)
    chosen = _checked_outcome(staff, outcome)
    checked = _checked(chosen, rule, days), clean_words(words, needed=True)
    if hide and not hiding.can_hide(case):
        raise Refused("hide", "not_hideable")
    if hide:
        hiding.hold(case.subject_type, case.subject_id)
    person, made = _hold_people(case)
    if person.state is UserState.DELETED and chosen in BRINGS:
        raise Refused("outcome", "account_gone")
    reports.end_limit(person, case, now)
    strike = _write(staff, case, person, made, chosen, checked, hide, now)
    _move(staff, strike, person, now)
    if hide:
        hiding.hide(staff, strike, now)
    db.session.flush()
    _settle(staff, case, made, ReportState.UPHELD, now)
    _say(staff, strike, person, now)
    return strike


def _say(staff: User, strike: Strike, person: User, now: datetime) -> None:
    """To the audit log, and to whose strike it is."""
    audit.record(
        "report.upheld",
        by=staff,
        subject=strike,
        person=person,
        now=now,
        outcome=strike.outcome.value,
        rule=rule_of(strike.rule).title,
        days=strike.days,
        hidden=strike.subject_type if strike.hides else "",
        decision=strike.body,
    )
    facts = telling.facts_of(strike)
    events.record("strike.made", actor=None, subject=strike, to=[person], now=now, **facts)
    telling.mail_link("account.strike_made", strike, person, now)


def _checked_outcome(staff: User, outcome: Outcome | None) -> Outcome:
    if outcome is None:
        raise Refused("outcome", "strike_outcome")
    if not _may_choose(staff, outcome):
        raise Refused("outcome", "ban_by_admin")
    return outcome


def _checked(outcome: Outcome, rule: int | None, days: int | None) -> tuple[int, int | None]:
    if rule is None or not 1 <= rule <= len(RULES):
        raise Refused("rule", "strike_rule")
    if outcome not in DAYS:
        return rule, None
    least, most = DAYS[outcome]
    if days is None or not least <= days <= most:
        raise Refused("days", "strike_days", least=least, most=most)
    return rule, days


def clean_words(typed: str, *, field: str = "words", needed: bool, most: int = WORDS_MOST) -> str:
    """Words of a decision or an appeal. Raises Refused."""
    try:
        body = clean_body(typed)
    except Unprintable:
        raise Refused(field, "control_characters") from None
    if needed and not body:
        raise Refused(field, "words_needed")
    if len(body) > most:
        raise Refused(field, "too_long", limit=most)
    return body


def _write(
    staff: User,
    case: Case,
    person: User,
    made: Sequence[Report],
    outcome: Outcome,
    checked: tuple[tuple[int, int | None], str],
    hide: bool,
    now: datetime,
) -> Strike:
    (rule, days), words = checked
    before = Standing(person.state, person.state_until, person.state_body).at(now).dump()
    texts = made[0].evidence["texts"] if made and case.subject_type in QUOTED else []
    strike = Strike(
        person_id=person.id,
        case_id=case.id,
        by_id=staff.id,
        outcome=outcome,
        rule=rule,
        days=days,
        body=words,
        about=case.facts.get("about") or reports.KINDS[case.subject_type].value,
        quote="\n\n".join(body for _label, body in texts[:2])[:QUOTE_MOST],
        subject_type=case.subject_type,
        subject_id=case.subject_id,
        hides=hide,
        before=before,
        after=before,
        decided_at=now,
        appeal_by=now + APPEAL_WITHIN,
    )
    db.session.add(strike)
    db.session.flush()
    return strike


def _move(staff: User, strike: Strike, person: User, now: datetime) -> None:
    """Let the account stand as it does after the strike."""
    before = Standing(person.state, person.state_until, person.state_body).at(now)
    after = struck(before, strike)
    strike.after = after.dump()
    if after == before:
        return
    move = safety.limit if after.state is UserState.LIMITED else safety.suspend
    move(person, days=strike.days, reason=strike.body, now=now, by=staff)


# -- dismissed ------------------------------------------------------------------------------------


def dismiss(staff: User, case_public_id: str, *, words: str = "", now: datetime) -> None:
    """No rule was broken: nothing follows. The words are for the audit log alone.

    Raises as `cases.held` does, and Refused for `words`.
    """
    case = cases.held(staff, case_public_id, now, CaseKind.REPORT)
    words = clean_words(words, needed=False)
    person, made = _hold_people(case)
    reports.end_limit(person, case, now)
    _settle(staff, case, made, ReportState.DISMISSED, now)
    audit.record("report.dismissed", by=staff, subject=case, person=person, now=now, decision=words)


# -- either way -----------------------------------------------------------------------------------


def _hold_people(case: Case) -> tuple[User, Sequence[Report]]:
    """Whom it is about and its reports, with nobody else deciding about any of them."""
    made = reports_in(case.id)
    exchanges.lock_people(case.person_id, *(report.reporter_id for report in made))
    person = db.session.get_one(User, case.person_id, populate_existing=True)
    return person, made


def reports_in(case_id: int) -> Sequence[Report]:
    """The reports of a case, the first first."""
    query = select(Report).where(Report.case_id == case_id).order_by(Report.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _settle(
    staff: User, case: Case, made: Sequence[Report], state: ReportState, now: datetime
) -> None:
    """Its reports are decided, whoever made them is told so, and their threads go on."""
    cases.close(case, now, by=staff)
    for report in made:
        report.state, report.decided_at = state, now
    db.session.flush()
    for report in made:
        reporter = db.session.get_one(User, report.reporter_id)
        events.record(
            "report.upheld" if state is ReportState.UPHELD else "report.dismissed",
            actor=None,
            subject=report,
            to=[reporter],
            now=now,
            whose=reporter.id,
        )
        if report.category is ReportCategory.SAFETY and not _is_looked_at(report):
            conversations.thaw(report.reporter_id, report.person_id)


def _is_looked_at(report: Report) -> bool:
    """Whether one of the two has reported the other for safety, and nobody has decided yet."""
    two = (report.reporter_id, report.person_id)
    waiting = exists().where(
        or_(
            (Other.reporter_id == two[0]) & (Other.person_id == two[1]),
            (Other.reporter_id == two[1]) & (Other.person_id == two[0]),
        ),
        Other.category == ReportCategory.SAFETY,
        Other.state.in_(OPEN),
    )
    return bool(db.session.scalar(select(waiting)))
