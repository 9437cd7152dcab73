"""What can be checked, how a claim goes through its states, and what stays of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import audit, cases, claims, safety, sweep, taxonomy
from skillswap.domain.claims.rules import valid_until
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.models import (
    Case,
    Claim,
    ClaimState,
    Delivery,
    Event,
    Notification,
    PointsEntry,
    StaffRole,
    TeacherListing,
    User,
)
from tests import people
from tests.verifying import PDF, key_of, png

DAY = timedelta(days=1)
S = ClaimState


def send(person, what, now, *files) -> Claim:
    with transaction():
        return claims.submit(person, what=what, files=files or [(png(), "a.png")], now=now)


def take(staff, claim, now) -> str:
    key = key_of(claim)
    with transaction():
        cases.claim(staff, key, now)
    return key


def decide(verb, staff, claim, now, **words) -> Claim:
    key = take(staff, claim, now)
    with transaction():
        return verb(staff, key, now=now, **words)


def approve(staff, claim, now, badge="Identity") -> Claim:
    return decide(claims.approve, staff, claim, now, badge=badge)


def line(person, now):
    return claims.claims_of(person, now)[0]


def open_cases() -> int:
    return db.session.scalar(select(func.count(Case.id)).where(Case.closed_at.is_(None)))


def piano(person) -> str:
    choices = claims.overview(person, utc(person)).choices
    return next(one.what for one in choices if one.skill == "Piano")


def utc(person) -> datetime:
    return person.last_seen_at


def told(person) -> list[str]:
    query = (
        select(Event.kind)
        .join(Notification, Notification.event_id == Event.id)
        .where(Notification.user_id == person.id, Event.kind.startswith("claim."))
        .order_by(Event.id)
    )
    return list(db.session.scalars(query))


def points_of(person) -> list[int]:
    query = select(PointsEntry.points).where(PointsEntry.user_id == person.id)
    return list(db.session.scalars(query.order_by(PointsEntry.id)))


# -- asking ---------------------------------------------------------------------------------------


def test_one_can_ask_for_identity_and_for_each_skill_one_teaches(ada, ben, now):
    names = [(one.kind, one.skill, one.is_open) for one in claims.overview(ada, now).choices]
    assert names == [
        ("identity", "", True),
        ("credential", "Piano", True),
        ("credential", "Watercolour", True),
    ]
    for what in ("", "credential-0", piano(ada)):  # ben teaches no piano
        with pytest.raises(Refused, match="claim_choice"):
            send(ben, what, now)


def test_a_claim_waits_then_is_read_then_is_approved(ada, mo, now):
    claim = send(ada, "identity", now, (png(), "id.png"), (PDF, "more.pdf"))
    assert (line(ada, now).state, line(ada, now).submitted_at) == (S.SUBMITTED, now)
    assert cases.queue(mo, None, None, now).rows[0].facts == {"about": "identity", "skill": ""}
    take(mo, claim, now)
    assert line(ada, now).state is S.IN_REVIEW
    assert line(ada, now + DAY).state is S.SUBMITTED  # the 24 hours are over
    approve(mo, claim, now, "Passport,  seen")
    seen = line(ada, now)
    assert (seen.state, seen.words) == (S.APPROVED, "Passport, seen")
    assert seen.valid_until == valid_until(now)
    badge = claims.badges_of(ada, now)[0]
    assert (badge.words, badge.checked_at, badge.skill) == ("Passport, seen", now, "")
    assert (open_cases(), told(ada), points_of(ada)) == (0, ["claim.approved"], [20])
    assert db.session.get(User, ada.id).verified_until == seen.valid_until


def test_only_a_checked_identity_makes_a_verified_teacher(ada, mo, now):
    approve(mo, send(ada, piano(ada), now), now, "Diploma, Piano")
    listed = select(TeacherListing.is_verified).where(TeacherListing.user_id == ada.id)
    assert set(db.session.scalars(listed)) == {False}
    assert claims.badges_of(ada, now)[0].skill == "Piano"
    approve(mo, send(ada, "identity", now), now)
    assert set(db.session.scalars(listed)) == {True}
    assert [badge.skill for badge in claims.badges_of(ada, now)] == ["", "Piano"]
    assert points_of(ada) == [20, 20]


def test_the_same_is_checked_once_at_a_time_and_not_again_while_it_holds(ada, mo, now):
    claim = send(ada, "identity", now)
    with pytest.raises(Refused, match="claim_holds"):
        send(ada, "identity", now)
    send(ada, piano(ada), now)  # another thing may be
    approve(mo, claim, now)
    soon = valid_until(now) - 61 * DAY
    with pytest.raises(Refused, match="claim_holds"):
        send(ada, "identity", soon)
    again = approve(mo, send(ada, "identity", soon + 2 * DAY), soon + 2 * DAY)
    assert points_of(ada) == [20]  # a renewal gives nothing more
    badges = claims.badges_of(ada, soon + 2 * DAY)
    assert [one.valid_until for one in badges] == [again.due_at]


def test_three_times_in_90_days_is_the_most_whatever_came_of_them(ada, now):
    for number in range(3):
        at = now + number * DAY
        assert claims.overview(ada, at).tries_left == 3 - number
        claim = send(ada, "identity", at)
        with transaction():
            claims.withdraw(ada, claim.public_id, at)
    with pytest.raises(TooMany) as refused:
        send(ada, "identity", now + 3 * DAY)
    assert refused.value.retry_seconds == 87 * 24 * 3600
    assert claims.overview(ada, now + 3 * DAY).next_try_at == now + 90 * DAY
    send(ada, "identity", now + 90 * DAY)


def test_a_claim_that_nobody_looked_at_is_no_try(ada, now):
    send(ada, "identity", now)
    later = now + 30 * DAY
    assert line(ada, later).state is S.EXPIRED  # also before the sweep
    sweep.sweep(later)
    assert (claims.overview(ada, later).tries_left, open_cases()) == (3, 0)
    assert told(ada) == ["claim.expired"]
    send(ada, "identity", later)


def test_who_is_limited_or_has_not_confirmed_their_mail_sends_no_documents(ada, now):
    with transaction():
        safety.limit(ada, days=7, reason="", now=now)
    with pytest.raises(Refused, match="limited_until"):
        send(ada, "identity", now)
    new = people.make_person("new", email_confirmed_at=None)
    with pytest.raises(Refused, match="unconfirmed_claim"):
        send(new, "identity", now)


# -- more is needed -------------------------------------------------------------------------------


def test_more_is_asked_sent_and_then_decided_by_anybody(ada, mo, now):
    claim = send(ada, "identity", now)
    decide(claims.ask_more, mo, claim, now, words="The back of the card, please.")
    seen = line(ada, now)
    assert (seen.state, seen.answer_by) == (S.MORE_NEEDED, now + 14 * DAY)
    assert (seen.words, open_cases()) == ("The back of the card, please.", 0)
    with transaction():
        claims.add_files(ada, claim.public_id, files=[(png(), "back.png")], now=now + DAY)
    assert line(ada, now + DAY).state is S.SUBMITTED
    assert [file.title for file in line(ada, now).files] == ["a.png", "back.png"]
    assert len({file.erase_by for file in line(ada, now).files}) == 1
    with pytest.raises(WrongState):  # once
        claims.add_files(ada, claim.public_id, files=[(png(), "b.png")], now=now + DAY)
    other = people.make_person("nan", staff_role=StaffRole.MODERATOR)
    approve(other, claim, now + DAY)
    assert claims.overview(ada, now).tries_left == 2  # it was one try
    assert told(ada) == ["claim.more_needed", "claim.approved"]


def test_what_was_asked_for_and_not_sent_in_14_days_ends_the_claim(ada, mo, now):
    claim = send(ada, "identity", now)
    decide(claims.ask_more, mo, claim, now, words="More.")
    late = now + 14 * DAY
    with pytest.raises(WrongState) as refused:
        claims.add_files(ada, claim.public_id, files=[(png(), "b.png")], now=late)
    assert refused.value.state == "expired"
    sweep.sweep(late)
    assert line(ada, late).state is S.EXPIRED
    assert claims.overview(ada, late).tries_left == 2


# -- no, and back ---------------------------------------------------------------------------------


def test_a_refusal_says_why_and_may_be_followed_by_another_try(ada, mo, now):
    claim = send(ada, "identity", now)
    key = take(mo, claim, now)
    for words, code in ((" ", "required"), ("x" * 501, "too_long"), ("a\x00", "control")):
        with pytest.raises(Refused, match=code), transaction():
            claims.refuse(mo, key, words=words, now=now)
    decide(claims.refuse, mo, claim, now, words="The name is another one.")
    seen = line(ada, now)
    assert (seen.state, seen.words) == (S.REFUSED, "The name is another one.")
    assert (claims.badges_of(ada, now), points_of(ada)) == ([], [])
    send(ada, "identity", now)


def test_it_is_taken_back_only_while_it_is_open_and_only_by_its_owner(ada, ben, mo, now):
    claim = send(ada, "identity", now)
    key = take(mo, claim, now)
    with pytest.raises(NotFound):
        claims.withdraw(ben, claim.public_id, now)
    with transaction():
        claims.withdraw(ada, claim.public_id, now)
    assert (line(ada, now).state, open_cases()) == (S.WITHDRAWN, 0)
    with pytest.raises(WrongState):
        claims.withdraw(ada, claim.public_id, now)
    with pytest.raises(WrongState), transaction():  # staff come too late
        claims.approve(mo, key, badge="Identity", now=now)


def test_an_admin_takes_an_approval_back_with_its_points_and_it_can_be_earned_again(
    ada, mo, root, now
):
    claim = approve(mo, send(ada, "identity", now), now)
    for nobody in (mo, ada):
        with pytest.raises(NotFound):
            claims.revoke(nobody, claim.public_id, words="Forged.", now=now)
    with transaction():
        claims.revoke(root, claim.public_id, words="Forged.", now=now)
    assert (line(ada, now).state, line(ada, now).words) == (S.REVOKED, "Forged.")
    assert (claims.badges_of(ada, now), points_of(ada)) == ([], [20, -20])
    assert db.session.get(User, ada.id).verified_until is None
    with pytest.raises(WrongState):
        claims.revoke(root, claim.public_id, words="Forged.", now=now)
    approve(mo, send(ada, "identity", now), now)
    assert points_of(ada) == [20, -20, 20]


def test_taking_the_renewal_back_leaves_what_held_before_until_its_end(ada, mo, root, now):
    first = approve(mo, send(ada, "identity", now), now)
    late = valid_until(now) - 10 * DAY
    second = approve(mo, send(ada, "identity", late), late)
    with transaction():
        claims.revoke(root, second.public_id, words="Forged.", now=late)
    assert db.session.get(User, ada.id).verified_until == first.due_at
    assert [badge.valid_until for badge in claims.badges_of(ada, late)] == [first.due_at]


def test_an_approval_ends_after_24_months_by_itself(ada, mo, now):
    approve(mo, send(ada, "identity", now), now)
    end = valid_until(now)
    assert claims.badges_of(ada, end - DAY)
    assert claims.badges_of(ada, end) == []  # also before the sweep
    assert not db.session.get(User, ada.id).is_verified_at(end)
    with transaction():
        assert claims.expire_due(end, 10) == 1
        assert claims.expire_due(end, 10) == 0
    assert line(ada, end).state is S.EXPIRED
    assert told(ada) == ["claim.approved", "claim.expired"]


def test_24_months_from_a_leap_day_end_on_the_28th():
    assert valid_until(datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2030, 2, 28, tzinfo=UTC)


# -- who decides ----------------------------------------------------------------------------------


def test_only_who_has_taken_it_and_has_nothing_to_do_with_it_decides(ada, mo, now):
    claim = send(ada, "identity", now)
    key = key_of(claim)
    with pytest.raises(WrongState):  # not taken
        claims.approve(mo, key, badge="Identity", now=now)
    partner = people.make_person("pat", wants=("Piano",), staff_role=StaffRole.MODERATOR)
    people.make_exchange(partner, ada, "piano")
    for nobody in (ada, partner):
        with pytest.raises(NotFound):
            claims.approve(nobody, key, badge="Identity", now=now)
    with transaction():
        cases.claim(mo, key, now)
    with pytest.raises(WrongState):  # the 24 hours are over
        claims.refuse(mo, key, words="No.", now=now + DAY)
    own = send(mo, "identity", now)
    with pytest.raises(NotFound):
        cases.claim(mo, key_of(own), now)


def test_every_act_of_staff_is_one_entry_and_its_holder_reads_them_all(ada, mo, root, now, queries):
    claim = send(ada, "identity", now)
    decide(claims.ask_more, mo, claim, now, words="The back, please.")
    with transaction():
        claims.add_files(ada, claim.public_id, files=[(PDF, "b.pdf")], now=now)
    key = take(root, claim, now)
    case = cases.case_of(root, key)
    db.session.expunge_all()
    queries.clear()
    seen = claims.details_of(case, now)
    assert len(queries) <= 5
    assert [step.words for step in seen.steps] == [
        "Took a case",
        "Asked for more about a claim",
        "Took a case",
    ]
    assert (seen.try_number, seen.kept_sessions, seen.upheld_reports) == (1, 0, 0)
    assert (seen.username, seen.before) == ("ada", [])
    with transaction():
        claims.approve(root, key, badge="Identity", now=now)
    rows = audit.entries(audit.Filters(action="claim.approved"), None).rows
    assert [(row.by, row.person_username) for row in rows] == [(root.name, "ada")]
    assert rows[0].facts == [("About", "identity"), ("In their words", "Identity")]


def test_a_decision_is_mailed_at_once_and_names_nobody(ada, mo, now):
    approve(mo, send(ada, "identity", now), now)
    kinds = list(db.session.scalars(select(Delivery.kind).where(Delivery.user_id == ada.id)))
    assert "claim.approved" in kinds
    event = db.session.scalars(select(Event).where(Event.kind == "claim.approved")).one()
    assert (event.actor_id, mo.name in str(event.facts)) == (None, False)


def test_the_overview_takes_as_many_statements_for_many_claims_as_for_one(ada, now, queries):
    for number in range(12):
        at = now - (91 + 31 * number) * DAY
        with transaction():
            db.session.add(
                Claim(
                    user_id=ada.id,
                    kind="identity",
                    state=S.REFUSED,
                    created_at=at,
                    sent_at=at,
                )
            )
    queries.clear()
    assert len(claims.overview(ada, now).claims) == 12
    assert len(queries) <= 5


# -- a skill that is merged into another ----------------------------------------------------------


def test_claims_follow_their_skill_and_of_two_open_ones_one_remains(ada, ben, mo, now):
    people.make_skill("Klavier")
    both = people.make_person("both", offers=("Klavier", "Piano"))
    only = people.make_person("only", offers=("Klavier",))
    klavier, kept = (claims.overview(both, now).choices[place].what for place in (1, 2))
    first, second = send(both, klavier, now), send(both, kept, now)
    held = approve(mo, send(only, klavier, now), now, "Diploma")
    with transaction():
        taxonomy.merge(mo, "klavier", "Piano", now)
    assert {one.skill for one in claims.claims_of(both, now)} == {"Piano"}
    states = {one.public_id: one.state for one in claims.claims_of(both, now)}
    assert states == {first.public_id: S.WITHDRAWN, second.public_id: S.SUBMITTED}
    assert (open_cases(), claims.badges_of(only, now)[0].skill) == (1, "Piano")
    assert held.public_id == claims.badges_of(only, now)[0].public_id
