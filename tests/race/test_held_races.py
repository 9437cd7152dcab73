"""When a held pitch is decided, withdrawn and closed in one instant, does one of it hold?"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import pitches, reports, safety
from skillswap.domain.reports import SubjectKind
from skillswap.models import (
    Case,
    Event,
    HeldPitch,
    HeldState,
    Pitch,
    ReportCategory,
    User,
    UserState,
)
from tests import people
from tests.holding import WORDS, hold, send, take, teacher
from tests.race.racing import again, races, winners


def count(table: type, *which) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*which))


def test_a_held_pitch_has_one_end(app, now):
    ben, mo, lea = people.ben(), people.mo(), teacher("lea")
    held = hold(ben, lea, now)
    key, case = held.public_id, take(mo, held, now)
    for answers in races(
        app,
        [
            lambda: pitches.release(again(mo), case, now=now),
            lambda: pitches.keep_back(again(mo), case, words="Not like this.", now=now),
            lambda: pitches.withdraw_held(again(ben), key, now=now),
            lambda: safety.block(again(lea), "ben", now),
        ],
    ):
        db.session.rollback()
        state = db.session.scalar(select(HeldPitch.state))
        assert state is not HeldState.HELD
        assert 1 <= len(winners(answers)) <= 2  # the block wins beside what came before it
        assert count(Case, Case.closed_at.is_(None)) == 0
        assert count(Pitch) == (4 if state is HeldState.RELEASED else 3)


def test_of_several_at_once_one_is_the_third(app, now):
    ben = people.ben()
    for name in ("ida", "jon"):
        one = send(ben, teacher(name), now - timedelta(days=2)).pitch
        with transaction():
            pitches.withdraw_pitch(ben, one.public_id, now=now - timedelta(days=2))
    to = [teacher(name) for name in ("kim", "lea", "max")]
    for answers in races(
        app,
        [
            lambda one=one: pitches.send_or_hold(
                again(ben),
                again(one),
                skill="chess",
                body=WORDS.format(name=one.username),
                now=now,
            )
            for one in to
        ],
    ):
        assert len(winners(answers)) == 3
        assert (count(Pitch), count(HeldPitch), count(Case)) == (3, 2, 2)


def test_four_reporters_at_once_limit_once(app, now):
    people.make_person("neo", joined=timedelta(days=9))
    crowd = [people.make_person(name) for name in ("ria", "sol", "tom", "uma")]

    def report(one: User) -> None:
        subject = reports.subject_of(again(one), SubjectKind.PERSON, "neo", now)
        reports.make_report(
            again(one),
            subject,
            category=ReportCategory.SPAM,
            body="",
            also_block=True,
            now=now,
        )

    for answers in races(app, [lambda one=one: report(one) for one in crowd]):
        assert len(winners(answers)) == 4
        assert count(Event, Event.kind == "report.limited") == 1
        assert count(User, User.state == UserState.LIMITED) == 1
        assert count(Case) == 1
