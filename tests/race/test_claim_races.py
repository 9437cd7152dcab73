"""Two deciders, a decider and the owner, and the same wish twice, all in the same instant."""

from __future__ import annotations

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import cases, claims
from skillswap.models import AuditEntry, Case, Claim, ClaimState, Event, PointsEntry, User
from tests import people
from tests.race.racing import is_refusal, races
from tests.verifying import PDF, ask, key_of, png, take

IDENTITY = "identity"


def count(column) -> int:
    return db.session.scalar(select(func.count(column)))


def test_of_two_deciders_one_takes_it_and_of_two_decisions_one_counts(app, ada, mo, root, now):
    claim = ask(ada)
    key = key_of(claim)
    before = count(AuditEntry.id)
    for answers in races(
        app,
        [
            lambda staff=staff: cases.claim(db.session.merge(staff), key, now)
            for staff in (mo, root)
        ],
    ):
        assert sum(is_refusal(answer) for answer in answers) == 1
    with transaction():
        held = db.session.scalars(select(Case)).one()
        held.claimed_by_id = held.claimed_until = None
    take(mo, claim)
    before = count(AuditEntry.id)
    verbs = [
        lambda: claims.approve(db.session.get(User, mo.id), key, badge="Identity", now=now),
        lambda: claims.refuse(db.session.get(User, mo.id), key, words="No.", now=now),
    ]
    for answers in races(app, verbs * 2):
        assert sum(not is_refusal(answer) for answer in answers) == 1
        kinds = ("claim.approved", "claim.refused")
        told = db.session.scalars(select(Event.kind).where(Event.kind.in_(kinds))).all()
        approved = db.session.scalar(select(Claim.state)) is ClaimState.APPROVED
        assert told == [kinds[0] if approved else kinds[1]]
        assert count(PointsEntry.id) == int(approved)
        db.session.rollback()
    assert count(AuditEntry.id) >= before


def test_a_decision_and_a_withdrawal_never_both_happen(app, ada, mo, now):
    claim = ask(ada)
    key = take(mo, claim)
    verbs = [
        lambda: claims.approve(db.session.get(User, mo.id), key, badge="Identity", now=now),
        lambda: claims.withdraw(db.session.get(User, ada.id), claim.public_id, now),
    ]
    for answers in races(app, verbs):
        assert sum(is_refusal(answer) for answer in answers) == 1
        assert db.session.scalar(select(Case.closed_at)) is not None
        db.session.rollback()


def test_of_the_same_wish_sent_many_times_at_once_one_waits(app, ada, now):
    def send() -> Claim:
        person = db.session.get(User, ada.id)
        return claims.submit(person, what=IDENTITY, files=[(png(), "a.png")], now=now)

    for answers in races(app, [send] * 4):
        assert sum(not is_refusal(answer) for answer in answers) == 1
        assert (count(Claim.id), count(Case.id)) == (1, 1)
        db.session.rollback()


def test_of_many_things_asked_for_at_once_three_are_taken(app, now):
    many = people.make_person("many", offers=("Ink", "Jam", "Knots", "Looms"))
    wanted = [one.what for one in claims.overview(many, now).choices]

    def send(what: str) -> Claim:
        person = db.session.get(User, many.id)
        return claims.submit(person, what=what, files=[(PDF, "a.pdf")], now=now)

    for answers in races(app, [lambda what=what: send(what) for what in wanted]):
        assert (len(answers), sum(not is_refusal(answer) for answer in answers)) == (5, 3)
        assert count(Claim.id) == 3
        db.session.rollback()
