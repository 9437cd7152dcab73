"""What is copied when something is reported, who reads it, and in which order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import cases, pitches, profiles, reports, safety
from skillswap.domain.reports import SubjectKind
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.models import Case, Notification, Report, ReportCategory, ReportState, StaffRole
from tests import casework, people


def reported(reporter, kind, key, now, *, category=ReportCategory.SPAM, body="", block=False):
    with transaction():
        subject = reports.subject_of(reporter, SubjectKind(kind), key, now)
        return reports.make_report(
            reporter, subject, category=category, body=body, also_block=block, now=now
        )


def texts(report: Report) -> str:
    return " ".join(body for _label, body in report.evidence["texts"])


def test_the_copy_outlives_what_it_shows(ada, ben, mo, now):
    report = reported(ada, "person", "ben", now, body="Asks for money")
    with transaction():
        ben.bio = "Something harmless that was written afterwards, to look quite innocent."
    assert "one person at a time" in texts(report)
    (card,) = casework.reports_in(mo, casework.key_of(report.case_id))
    assert (card.reporter, card.body) == ("Ada Example", "Asks for money")
    assert card.evidence == report.evidence


def test_a_pitch_is_copied_with_every_word_said(ada, ben, now):
    pitch = people.make_pitch(ben, ada)
    with transaction():
        pitches.accept_pitch(ada, pitch.public_id, body="With pleasure.", now=now)
    report = reported(ada, "pitch", pitch.public_id, now)
    assert people.BODY in texts(report)
    assert "With pleasure." in texts(report)
    assert report.person_id == ben.id


def test_a_stranger_s_things_cannot_be_reported(ada, ben, cy, now):
    pitch = people.make_pitch(ben, ada, "piano")
    exchange = people.make_exchange(ben, ada)
    session = people.make_session(ada, exchange)
    for kind, thing in (("pitch", pitch), ("exchange", exchange), ("session", session)):
        with pytest.raises(NotFound):
            reports.subject_of(cy, SubjectKind(kind), thing.public_id, now)
    with pytest.raises(NotFound):
        reports.subject_of(cy, SubjectKind.PERSON, "cy", now)


def test_one_open_report_for_each_thing_and_reporter(ada, ben, cy, now):
    report = reported(ada, "person", "ben", now)
    with pytest.raises(WrongState):
        reported(ada, "person", "ben", now)
    reported(cy, "person", "ben", now)
    with transaction():
        db.session.get(Report, report.id).state = ReportState.DISMISSED
    reported(ada, "person", "ben", now)
    assert db.session.scalar(select(func.count()).select_from(Report)) == 3


def test_without_a_category_or_with_too_much_it_is_refused(ada, ben, now):
    with pytest.raises(Refused, match="report_category"):
        reported(ada, "person", "ben", now, category=None)
    with pytest.raises(Refused, match="too_long"):
        reported(ada, "person", "ben", now, body="x" * 2_001)
    with pytest.raises(Refused, match="control_characters"):
        reported(ada, "person", "ben", now, body="a\x00b")


def test_twenty_in_a_day_are_enough(ada, now, monkeypatch):
    monkeypatch.setattr(reports.making, "PER_DAY", 2)
    for name in ("bo", "di", "ed"):
        people.make_person(name)
    reported(ada, "person", "bo", now - timedelta(hours=25))
    reported(ada, "person", "di", now)
    reported(ada, "person", "ed", now)
    with pytest.raises(TooMany) as refused:
        reported(ada, "person", "bo", now)
    assert 0 < refused.value.retry_seconds <= 24 * 3_600 + 1


def test_nobody_is_told_and_the_block_comes_along(ada, ben, now):
    reported(ada, "person", "ben", now, block=True)
    assert db.session.scalar(select(func.count()).select_from(Notification)) == 0
    assert [one.username for one in safety.kept_away(ada)] == ["ben"]
    with pytest.raises(NotFound):
        profiles.profile_of("ada", ben, now)


def test_what_is_reported_twice_is_one_case(ada, ben, cy, mo, now):
    one = reported(ada, "person", "ben", now)
    other = reported(cy, "person", "ben", now)
    assert one.case_id == other.case_id
    found = casework.reports_in(mo, casework.key_of(one.case_id))
    assert [card.reporter for card in found] == ["Ada Example", "Cy Example"]


def test_safety_comes_first_then_the_oldest_day(ada, ben, cy, mo, now):
    di = people.make_person("di")
    made = [
        reported(ada, "person", "ben", now),
        reported(ada, "person", "cy", now - timedelta(days=2)),
        reported(cy, "person", "di", now, category=ReportCategory.SAFETY),
    ]
    keys = [casework.key_of(report.case_id) for report in made]
    assert casework.waiting(mo) == [keys[2], keys[1], keys[0]]
    reported(di, "person", "ben", now, category=ReportCategory.SAFETY)  # joins, and is urgent
    assert casework.waiting(mo) == [keys[0], keys[2], keys[1]]


def test_who_was_right_before_comes_first_of_a_day(ada, ben, cy, mo, now):
    for number, (who, state) in enumerate(
        [(ada, ReportState.UPHELD), (ada, ReportState.UPHELD), (ben, ReportState.DISMISSED)]
    ):
        people.make_person(f"p{number}")
        report = reported(who, "person", f"p{number}", now - timedelta(days=9))
        with transaction():
            db.session.get_one(Report, report.id).state = state
            cases.close(db.session.get_one(Case, report.case_id), now)
    di, ed, fay = (people.make_person(name) for name in ("di", "ed", "fay"))
    late = [
        reported(who, "person", whom.username, now)
        for who, whom in ((ben, di), (cy, ed), (ada, fay))
    ]
    keys = [casework.key_of(report.case_id) for report in late]
    assert casework.waiting(mo) == keys[::-1]


def test_staff_never_see_what_is_about_or_by_themselves(ada, mo, now):
    other = people.make_person("root", staff_role=StaffRole.ADMIN)
    made = [reported(ada, "person", "mo", now), reported(mo, "person", "ada", now)]
    keys = [casework.key_of(report.case_id) for report in made]
    assert casework.waiting(mo) == []
    assert db.session.scalar(cases.open_count(mo.id, now)) == 0
    assert db.session.scalar(cases.open_count(other.id, now)) == 2
    for key in keys:
        with pytest.raises(NotFound):
            casework.reports_in(mo, key)
        assert len(casework.reports_in(other, key)) == 1


def test_the_queue_pages_without_losing_any(ada, mo, now):
    for number in range(27):
        people.make_person(f"p{number:02}")
    made = [
        reported(ada, "person", f"p{number:02}", now + timedelta(days=number)).case_id
        for number in range(27)
    ]
    first = cases.queue(mo, None, None, now)
    rest = cases.queue(mo, None, first.after, now)
    keys = [casework.key_of(number) for number in made]
    assert [line.public_id for line in [*first.rows, *rest.rows]] == keys
