"""What follows from a report: a strike and its effects, its appeal, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import cases, media, posts, strikes, wording
from skillswap.domain.badges import facts
from skillswap.domain.strikes import Outcome
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    AuditEntry,
    BadgeCode,
    Conversation,
    Delivery,
    Event,
    Notification,
    PointsEntry,
    PointsKind,
    PostState,
    Report,
    ReportCategory,
    ReportState,
    Strike,
    StrikeState,
    UserState,
)
from tests import casework, people
from tests.lib.test_media import picture
from tests.striking import WORDS, answered, appealed, reported, struck, upheld, waiting


def kinds_told(person):
    query = (
        select(Event.kind)
        .join(Notification, Notification.event_id == Event.id)
        .where(Notification.user_id == person.id)
        .order_by(Notification.id)
    )
    return db.session.scalars(query).all()


@pytest.fixture
def max_(app):
    return people.make_person("max", staff_role="moderator")


# -- upholding ------------------------------------------------------------------------------------


def test_an_upheld_report_is_a_strike_its_person_reads(ada, ben, mo):
    strike = struck(mo, ada, ben)
    (view,) = strikes.strikes_of(ben, None).rows
    assert view == strikes.strike_of(ben, strike.public_id)
    assert (view.outcome, view.rule.title, view.body) == (Outcome.WARNING, "No selling", WORDS)
    assert view.may_appeal_at(utcnow())
    assert not view.is_faded_at(utcnow())
    assert view.fades_at == strike.decided_at + timedelta(days=180)
    assert kinds_told(ben) == ["strike.made"]
    assert ben.state is UserState.ACTIVE
    with pytest.raises(NotFound):
        strikes.strike_of(ada, strike.public_id)


def test_every_report_of_the_case_is_decided_and_everybody_told_no_more_than_that(ada, ben, cy, mo):
    key = reported(ada, "person", "ben")
    assert reported(cy, "person", "ben") == key
    upheld(mo, key)
    for report in db.session.scalars(select(Report)):
        assert (report.state, report.decided_at is None) == (ReportState.UPHELD, False)
    assert kinds_told(ada) == kinds_told(cy) == ["report.upheld"]
    lines = db.session.scalars(
        select(PointsEntry.user_id).where(PointsEntry.kind == PointsKind.REPORT)
    )
    assert sorted(lines) == sorted([ada.id, cy.id])
    assert wording.WORDS["report.upheld"][1]({}, "UTC") == wording.WORDS["report.dismissed"][1](
        {}, "UTC"
    )


def test_a_dismissed_report_changes_nothing(ada, ben, mo):
    key, now = reported(ada, "person", "ben"), utcnow()
    with transaction():
        cases.claim(mo, key, now)
    with transaction():
        strikes.dismiss(mo, key, words="Nothing in it", now=now)
    assert db.session.scalars(select(Report.state)).one() is ReportState.DISMISSED
    assert kinds_told(ada) == ["report.dismissed"]
    assert kinds_told(ben) == []
    assert db.session.scalar(select(Strike.id)) is None
    assert (
        db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()[-1]
        == "report.dismissed"
    )
    with pytest.raises(WrongState, match="closed"), transaction():
        strikes.dismiss(mo, key, now=now)


@pytest.mark.parametrize(
    ("outcome", "days", "field"),
    [
        (None, None, "outcome"),
        (Outcome.BANNED, None, "outcome"),
        (Outcome.LIMITED, 6, "days"),
        (Outcome.LIMITED, 31, "days"),
        (Outcome.LIMITED, None, "days"),
        (Outcome.SUSPENDED, 91, "days"),
    ],
    ids=str,
)
def test_what_a_decision_must_say(ada, ben, mo, outcome, days, field):
    key, now = reported(ada, "person", "ben"), utcnow()
    with transaction():
        cases.claim(mo, key, now)
    said = {"outcome": outcome, "rule": 1, "days": days, "words": WORDS, "now": now}
    with pytest.raises(Refused) as refused, transaction():
        strikes.uphold(mo, key, **said)
    assert refused.value.field == field


def test_it_needs_a_rule_words_and_something_to_hide(ada, ben, mo):
    pitch = people.make_pitch(ben, ada)
    key, now = reported(ada, "pitch", pitch.public_id), utcnow()
    with transaction():
        cases.claim(mo, key, now)
    for field, wrong in (("rule", {"rule": 10}), ("words", {"words": " "}), ("hide", {"hide": 1})):
        said = {"outcome": Outcome.NOTE, "rule": 1, "words": WORDS} | wrong
        with pytest.raises(Refused) as refused, transaction():
            strikes.uphold(mo, key, now=now, **said)
        assert refused.value.field == field


def test_only_who_has_taken_the_case_decides_and_never_about_themselves(ada, ben, mo, max_):
    key, now = reported(ada, "person", "ben"), utcnow()
    said = {"outcome": Outcome.NOTE, "rule": 1, "words": WORDS, "now": now}
    with pytest.raises(WrongState, match="open"), transaction():
        strikes.uphold(mo, key, **said)
    with transaction():
        cases.claim(max_, key, now)
    with pytest.raises(WrongState, match="claimed"), transaction():
        strikes.uphold(mo, key, **said)
    own = reported(ada, "person", "mo")
    with pytest.raises(NotFound), transaction():
        strikes.uphold(mo, own, **said)


def test_an_admin_alone_closes_an_account_for_good(ada, ben, root):
    struck(root, ada, ben, Outcome.BANNED)
    assert (ben.state, ben.state_until) == (UserState.SUSPENDED, None)


def test_a_strike_never_makes_milder_what_holds(ada, ben, cy, mo):
    now = utcnow()
    struck(mo, ada, ben, Outcome.SUSPENDED, days=30, now=now)
    until = ben.state_until
    key = waiting(ada, ben, ben, now)
    upheld(mo, key, Outcome.LIMITED, days=7, now=now)
    assert (ben.state, ben.state_until) == (UserState.SUSPENDED, until)


def test_a_decided_safety_report_lets_the_two_write_again(ada, ben, mo):
    people.make_pitch(ben, ada)
    key = reported(ada, "person", "ben", category=ReportCategory.SAFETY)
    other = reported(
        ada,
        "pitch",
        db.session.scalar(select(people.Pitch.public_id)),
        category=ReportCategory.SAFETY,
    )
    upheld(mo, key)
    assert db.session.scalars(select(Conversation.frozen_at)).one() is not None  # one still waits
    upheld(mo, other)
    assert db.session.scalars(select(Conversation.frozen_at)).one() is None


# -- hiding ---------------------------------------------------------------------------------------


def test_a_hidden_post_comes_back_with_an_overturned_strike(ada, ben, mo, max_):
    post = people.make_post(ben)
    strike = upheld(mo, reported(ada, "post", post.public_id), Outcome.NOTE, hide=True)
    assert post.state is PostState.HIDDEN
    assert strike.quote == post.body
    answered(max_, ben, strike, overturned=True)
    assert db.session.get(people.Post, post.id).state is PostState.PUBLISHED


def test_what_its_author_deleted_meanwhile_stays_deleted(ada, ben, mo, max_):
    post = people.make_post(ben)
    strike = upheld(mo, reported(ada, "post", post.public_id), Outcome.NOTE, hide=True)
    with transaction():
        posts.delete(ben, post.public_id, now=utcnow())
    answered(max_, ben, strike, overturned=True)
    assert db.session.get(people.Post, post.id).state is PostState.DELETED


def test_a_picture_taken_down_is_fetched_by_nobody_and_comes_back(ada, ben, mo, max_):
    shown = show_picture(ben)
    strike = struck(mo, ada, ben, Outcome.NOTE, hide=True)
    assert ben.avatar is None
    with pytest.raises(NotFound):
        media.find_picture(shown)
    answered(max_, ben, strike, overturned=True)
    assert media.find_picture(ben.avatar) == shown


def show_picture(person):
    with transaction():
        media.change_avatar(person, picture(), media.store(), utcnow())
    return person.avatar


def test_a_picture_chosen_since_stays_and_what_was_taken_down_is_gone(ada, ben, mo, max_):
    shown = show_picture(ben)
    strike = struck(mo, ada, ben, Outcome.NOTE, hide=True)
    chosen = show_picture(ben)
    assert shown not in set(media.store().names())
    with transaction():
        media.remove_avatar(ben, media.store())
    answered(max_, ben, strike, overturned=True)
    assert ben.avatar is None
    assert chosen not in set(media.store().names())


def test_a_picture_taken_down_goes_once_no_appeal_can_bring_it_back(ada, ben, mo):
    shown = show_picture(ben)
    strike = struck(mo, ada, ben, Outcome.NOTE, hide=True)
    for later, left in ((timedelta(0), True), (timedelta(days=30), False)):
        with transaction():
            strikes.forget_pictures_due(strike.decided_at + later, 9)
        assert (shown in set(media.store().names())) is left


# -- appeals --------------------------------------------------------------------------------------


def test_an_overturned_strike_leaves_nothing_behind(ada, ben, mo, max_):
    strike = struck(mo, ada, ben, Outcome.LIMITED, days=7)
    assert ben.state is UserState.LIMITED
    answered(max_, ben, strike, overturned=True)
    assert (ben.state, ben.state_until, ben.state_body) == (UserState.ACTIVE, None, "")
    assert db.session.scalars(select(Report.state)).one() is ReportState.DISMISSED
    assert kinds_told(ben)[-1] == "strike.overturned"
    total = db.session.scalars(
        select(PointsEntry.points).where(PointsEntry.kind == PointsKind.REPORT)
    )
    assert sum(total) == 0
    with pytest.raises(WrongState), transaction():
        strikes.appeal(ben, strike.public_id, body="Again", now=utcnow())


def test_the_best_badge_asks_for_no_report_that_was_right(ada, ben, mo, max_):
    strike = struck(mo, ada, ben)
    assert upheld_against(ben) == 1
    answered(max_, ben, strike, overturned=True)
    assert upheld_against(ben) == 0


def upheld_against(person):
    read = facts.read([person.id], [BadgeCode.TOP_MENTOR], utcnow())
    return read[person.id].upheld


def test_an_appeal_that_is_kept_changes_nothing(ada, ben, mo, max_):
    strike = struck(mo, ada, ben, Outcome.LIMITED, days=7)
    answered(max_, ben, strike, overturned=False)
    assert ben.state is UserState.LIMITED
    view = strikes.strike_of(ben, strike.public_id)
    assert (view.state, view.answer_body) == (StrikeState.KEPT, "We have read it again.")


def test_an_appeal_is_for_others_than_who_decided_and_who_reported(ada, ben, mo, max_, root):
    key = appealed(ben, struck(mo, max_, ben))
    for nobody in (mo, max_):
        with pytest.raises(NotFound), transaction():
            cases.claim(nobody, key, utcnow())
    with transaction():
        cases.claim(root, key, utcnow())


def test_an_appeal_comes_once_and_within_thirty_days(ada, ben, cy, mo):
    strike, now = struck(mo, ada, ben), utcnow()
    with pytest.raises(NotFound), transaction():
        strikes.appeal(cy, strike.public_id, body="Not mine", now=now)
    with pytest.raises(Refused, match="words_needed"), transaction():
        strikes.appeal(ben, strike.public_id, body=" ", now=now)
    with pytest.raises(WrongState, match="settled"), transaction():
        strikes.appeal(ben, strike.public_id, body="Late", now=now + timedelta(days=30))
    with transaction():
        strikes.appeal(ben, strike.public_id, body="In time", now=now)
    with pytest.raises(WrongState, match="appealed"), transaction():
        strikes.appeal(ben, strike.public_id, body="Twice", now=now)


def test_the_mailed_link_ends_with_the_time_to_appeal(ada, ben, mo):
    strike = struck(mo, ada, ben, Outcome.SUSPENDED, days=60)
    mail = db.session.scalars(select(Delivery).where(Delivery.kind == "account.strike_made")).one()
    token = mail.payload["path"].rpartition("/")[2]
    later = strike.decided_at + timedelta(days=30)
    assert strikes.strike_by_link(token, later - timedelta(seconds=1))
    with pytest.raises(NotFound):
        strikes.strike_by_link(token, later)


def test_who_is_kept_out_reads_and_appeals_by_the_mailed_link(ada, ben, mo, max_):
    strike = struck(mo, ada, ben, Outcome.SUSPENDED, days=7)
    mail = db.session.scalars(select(Delivery).where(Delivery.kind == "account.strike_made")).one()
    token = mail.payload["path"].rpartition("/")[2]
    assert token not in strike.link_hash
    assert strikes.strike_by_link(token, utcnow()).public_id == strike.public_id
    with transaction():
        strikes.appeal_by_link(token, body="It was a joke.", now=utcnow())
    with pytest.raises(NotFound):
        strikes.strike_by_link(token[::-1], utcnow())
    key = casework.waiting(max_)[0]
    with transaction():
        cases.claim(max_, key, utcnow())
    with transaction():
        strikes.decide_appeal(max_, key, overturned=True, words="Right.", now=utcnow())
    assert ben.state is UserState.ACTIVE
