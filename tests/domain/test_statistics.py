"""Numbers of days: what each says, when it is kept, and that it can be found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from skillswap.db import db, transaction
from skillswap.domain import drifting, learning_sessions, pitches, statistics
from skillswap.domain.statistics import day_of
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DailyStat,
    Event,
    Exchange,
    ExchangeLeg,
    LearningSession,
    Metric,
    Pitch,
    PitchState,
    Post,
    Report,
    ReportCategory,
    SessionState,
    User,
)
from tests import people, wishing
from tests.support.rows import stage
from tests.town import kept_session

M, S = Metric, SessionState
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def monday() -> datetime:
    """Nine o'clock of a Monday five weeks back, in UTC."""
    at = utcnow() - 35 * DAY
    return (at - at.weekday() * DAY).replace(hour=9, minute=0, second=0, microsecond=0)


def roll_up(now: datetime) -> int:
    """What the sweep does."""
    with transaction():
        return statistics.roll_up_due(now, 100)


def of_day(at: datetime) -> dict[Metric, int | None]:
    """The numbers of that day."""
    query = select(DailyStat.metric, DailyStat.value).where(DailyStat.day == day_of(at))
    return {row.metric: row.value for row in db.session.execute(query)}


def numbers() -> dict[tuple[int, Metric], int | None]:
    """Every number that is kept."""
    rows = db.session.execute(select(DailyStat.day, DailyStat.metric, DailyStat.value))
    return {(row.day, row.metric): row.value for row in rows}


def add(row: Any) -> Any:
    """Write a row, as it could have come to be."""
    with transaction():
        db.session.add(row)
    return row


def pitched(learner: User, teacher: User, at: datetime, **columns: Any) -> Pitch:
    """A pitch of that moment."""
    about = people.make_skill("Watercolour")
    times = {"sent_at": at, "respond_by": at + 14 * DAY}
    columns = {"state": PitchState.EXPIRED, "body": people.BODY} | times | columns
    return add(Pitch(learner_id=learner.id, teacher_id=teacher.id, skill_id=about.id, **columns))


# -- what each says -------------------------------------------------------------------------------


def test_a_pitch_counts_on_its_day_with_all_that_comes_of_it(ada, ben, monday):
    exchange = people.make_exchange(ben, ada, now=monday)
    kept_session(ben, ada, exchange, start=monday + 5 * DAY, now=monday + DAY)
    people.make_pitch(ada, ben, "spanish", now=monday + DAY)
    roll_up(monday + 9 * DAY)
    first, second = of_day(monday), of_day(monday + DAY)
    came = (M.PITCHES, M.ANSWERED, M.ACCEPTED, M.AGREED, M.MET)
    assert [first[one] for one in came] == [1, 1, 1, 1, 1]
    assert [second[one] for one in came] == [1, 0, 0, 0, 0]
    assert (first[M.SESSIONS], first[M.KEPT]) == (0, 0)
    third = of_day(monday + 5 * DAY)
    assert (third[M.SESSIONS], third[M.KEPT]) == (1, 1)


def test_what_is_not_yet_answered_is_counted_again_the_next_nights(ada, ben, monday):
    pitch = people.make_pitch(ben, ada, now=monday)
    roll_up(monday + DAY)
    assert of_day(monday)[M.ANSWERED] == 0
    with transaction():
        pitches.accept_pitch(ada, pitch.public_id, now=monday + 6 * DAY)
    roll_up(monday + 7 * DAY)
    assert of_day(monday)[M.ACCEPTED] == 1
    assert of_day(monday + 6 * DAY)[M.ANSWER_MINUTES] == 6 * 24 * 60
    assert of_day(monday + DAY)[M.ANSWER_MINUTES] is None


@pytest.mark.parametrize(("after", "counts"), [(60 * DAY, 1), (60 * DAY + HOUR, 0)])
def test_what_comes_later_than_60_days_is_not_of_it(ada, ben, monday, after, counts):
    start = monday - 90 * DAY
    accepted = {"state": PitchState.ACCEPTED, "first_answered_at": start + DAY}
    pitched(ben, ada, start, answered_at=start + after, **accepted)
    add(joined(ben, start))
    roll_up(monday)
    assert of_day(start)[M.ANSWERED] == 1
    assert of_day(start)[M.ACCEPTED] == counts


def joined(person: User, at: datetime) -> Event:
    """With it the days of the place begin."""
    return Event(
        kind="person.joined",
        actor_id=person.id,
        subject_type="users",
        subject_id=person.id,
        happened_at=at,
    )


def test_what_a_wish_agreed_on_is_no_pitch_that_somebody_answered(ada, ben, monday):
    wish = wishing.make_wish(ben, now=monday)
    wishing.accept(ben, wishing.make_offer(ada, wish, now=monday + HOUR), now=monday + 2 * HOUR)
    roll_up(monday + DAY)
    assert of_day(monday)[M.PITCHES] == 0
    assert of_day(monday)[M.ANSWER_MINUTES] is None


def test_a_session_that_was_cancelled_was_agreed_and_not_kept(ada, ben, monday):
    exchange = people.make_exchange(ben, ada, now=monday)
    one = people.make_session(ben, exchange, start=monday + 3 * DAY, now=monday)
    with transaction():
        learning_sessions.cancel_session(ben, one.public_id, reason="I am ill.", now=monday + DAY)
    people.make_proposal(ben, exchange, now=monday + DAY)
    roll_up(monday + 4 * DAY)
    found = of_day(monday + 3 * DAY)
    assert (found[M.SESSIONS], found[M.KEPT]) == (1, 0)


def test_medians_and_active_people_are_of_seven_days(ada, ben, cy, monday):
    add(joined(cy, monday - DAY))
    for hours in (1, 5, 9):
        answered = monday + hours * HOUR
        pitched(ben, ada, monday, first_answered_at=answered, state=PitchState.CLARIFYING)
        db.session.expunge_all()
        db.session.execute(update(Pitch).values(state=PitchState.EXPIRED))
        db.session.commit()
    add(joined(ben, monday))
    add(joined(ben, monday + HOUR))
    roll_up(monday + 9 * DAY)
    assert of_day(monday)[M.ANSWER_MINUTES] == 5 * 60
    assert of_day(monday + 6 * DAY)[M.ANSWER_MINUTES] == 5 * 60
    assert of_day(monday + 7 * DAY)[M.ANSWER_MINUTES] is None
    actives = [of_day(monday + days * DAY)[M.ACTIVE] for days in (-1, 0, 5, 6, 7)]
    assert actives == [1, 2, 2, 1, 0]


def test_reports_count_when_made_and_when_decided(ada, ben, monday):
    for hours in (2, 30):
        reported(ada, ben, hours, monday, monday + hours * HOUR)
    add(joined(ada, monday))
    roll_up(monday + 3 * DAY)
    assert [of_day(monday + n * DAY)[M.REPORTS] for n in range(3)] == [2, 0, 0]
    assert [of_day(monday + n * DAY)[M.DECIDED] for n in range(3)] == [1, 1, 0]
    assert [of_day(monday + n * DAY)[M.REPORT_MINUTES] for n in range(2)] == [120, 120]


def reported(
    ada: User, ben: User, number: int, at: datetime, decided: datetime | None = None
) -> Report:
    """A report of that moment, about no matter what."""
    about = {"subject_type": "posts", "subject_id": number, "category": ReportCategory.SPAM}
    whose = {"reporter_id": ada.id, "person_id": ben.id}
    return add(Report(created_at=at, decided_at=decided, **about, **whose))


def test_who_joins_counts_on_the_day_in_utc(ada, monday):
    add(joined(ada, monday - 2 * DAY))
    evening = monday.replace(hour=23, minute=59)
    for number, at in enumerate((evening, evening + 2 * timedelta(minutes=1))):
        people.make_person(f"p{number}", joined=utcnow() - at)
    roll_up(monday + 3 * DAY)
    assert [of_day(monday + n * DAY)[M.JOINED] for n in range(3)] == [1, 1, 0]


# -- when they are kept ---------------------------------------------------------------------------


def test_a_day_is_kept_an_hour_after_it_is_over_and_once(ada, monday, queries):
    add(joined(ada, monday))
    midnight = (monday + DAY).replace(hour=0)
    assert roll_up(midnight + timedelta(minutes=59)) == 0
    assert numbers() == {}
    assert roll_up(midnight + HOUR) == 1
    assert {day for day, _metric in numbers()} == {day_of(monday)}
    queries.clear()
    assert roll_up(midnight + 20 * HOUR) == 0
    assert len(queries) == 1
    assert roll_up(midnight + 50 * HOUR) == 2


def test_in_an_empty_place_there_is_nothing_to_count(app, now):
    assert roll_up(now) == 0
    assert statistics.read(8) is None


def test_what_was_kept_wrongly_is_right_again_when_everything_is_counted_anew(app, ada, monday):
    add(joined(ada, monday))
    roll_up(utcnow())
    right = numbers()
    with transaction():
        db.session.execute(update(DailyStat).values(value=77))
        statistics.keep({(day_of(monday), M.DRIFT): 3})
    done = app.test_cli_runner().invoke(args=["statistics", "rebuild"])
    assert done.exit_code == 0, done.output
    assert "days are counted anew" in done.output
    db.session.rollback()
    assert numbers() == right | {(day_of(monday), M.DRIFT): 3}


def test_counters_are_looked_at_once_a_day(ada, monday):
    def look(now: datetime) -> tuple[int, int | None]:
        roll_up(now)
        with transaction():
            return drifting.look_due(now, 100), of_day(now - DAY).get(M.DRIFT)

    people.make_post(ada, now=monday)
    assert look(monday) == (0, None)
    add(joined(ada, monday))
    assert look(monday + DAY) == (1, 0)
    with transaction():
        db.session.execute(update(Post).values(like_count=9))
    assert look(monday + DAY + HOUR) == (0, 0)
    assert look(monday + 2 * DAY) == (1, 1)
    summary = statistics.read(8)
    assert summary is not None
    assert summary.drift == 1


# -- how they are read ----------------------------------------------------------------------------


def test_weeks_end_on_sundays_and_the_last_seven_days_yesterday(ada, monday, queries):
    begins = day_of(monday)
    kept = {(begins + day, M.JOINED): 1 for day in range(-7, 10)}
    kept |= {(begins + day, M.PITCHES): 4 for day in range(7)}
    kept |= {(begins + day, M.MET): 1 for day in range(7)}
    kept |= {(begins + day, M.ACTIVE): day for day in range(10)}
    kept |= {(begins + 9, M.SESSIONS): 8, (begins + 9, M.KEPT): 5}
    with transaction():
        statistics.keep(kept)
    queries.clear()
    found = statistics.read(8)
    assert len(queries) == 1
    assert found is not None
    assert found.until == (monday + 9 * DAY).date()
    assert [week.begins for week in found.weeks][-2:] == [
        (monday - 7 * DAY).date(),
        monday.date(),
    ]
    assert found.of(M.JOINED) == [0, 0, 0, 0, 0, 0, 7, 7]
    assert found.of(M.ACTIVE)[-2:] == [None, 6]
    assert found.seven.numbers[M.ACTIVE] == 9
    assert found.share(M.KEPT, M.SESSIONS) == 62
    assert found.share(M.ANSWERED, M.REPORTS) is None
    assert [(one.count, one.percent) for one in found.funnel] == [
        (28, 100),
        (0, 0),
        (0, 0),
        (0, 0),
        (7, 25),
    ]


# -- kept night by night, or found at once --------------------------------------------------------

VERBS = "joins sends asks forgets accepts agrees cancels meets reports decides nights".split()
waits = st.sampled_from((10, 10, 300, 300, 24 * 60, 24 * 60 * 9, 24 * 60 * 58))
histories = st.lists(st.tuples(st.sampled_from(VERBS), waits), min_size=4, max_size=26)


def begin() -> tuple[int, int, int, datetime]:
    """Two people, a skill, and a morning 160 days back."""
    ada, ben = (people.make_person(name, joined=500 * DAY) for name in ("ada", "ben"))
    begins = (utcnow() - 160 * DAY).astimezone(UTC)
    add(joined(ada, begins))
    return ada.id, ben.id, people.make_skill("Watercolour").id, begins


class Place:
    """Rows that come to be as the verbs of the domain write them, by one clock."""

    def __init__(self) -> None:
        self.ada, self.ben, self.skill, self.now = stage(begin)
        self.made = 0

    def step(self, verb: str, minutes: int) -> None:
        """Time goes by, then that happens if it can."""
        self.now = min(self.now + timedelta(minutes=minutes), utcnow())
        with transaction():
            getattr(self, verb)()
        db.session.expunge_all()

    def some(self, table: Any, *which: Any) -> Any:
        """The last row for which that holds."""
        return db.session.scalar(select(table).where(*which).order_by(table.id.desc()).limit(1))

    def happened(self, kind: str, table: str, number: int) -> None:
        about = {"subject_type": table, "subject_id": number, "happened_at": self.now}
        db.session.add(Event(kind=kind, actor_id=self.ben, **about))

    def joins(self) -> None:
        self.made += 1
        people.make_person(f"p{self.made}", joined=utcnow() - self.now)

    def sends(self) -> None:
        two = {"learner_id": self.ben, "teacher_id": self.ada, "skill_id": self.skill}
        when = {"sent_at": self.now, "respond_by": self.now + 14 * DAY}
        db.session.execute(
            update(Pitch).where(Pitch.state == PitchState.PENDING).values(state=PitchState.CLOSED)
        )
        db.session.add(Pitch(body=people.BODY, **two, **when))

    def waiting(self, *which: Any) -> Any:
        due = (Pitch.state == PitchState.PENDING, Pitch.respond_by > self.now)
        return self.some(Pitch, *due, *which)

    def asks(self) -> None:
        if pitch := self.waiting(Pitch.first_answered_at.is_(None)):
            pitch.first_answered_at = self.now

    def forgets(self) -> None:
        if pitch := self.waiting():
            pitch.first_answered_at = None

    def accepts(self) -> None:
        if pitch := self.waiting():
            pitch.state, pitch.answered_at = PitchState.ACCEPTED, self.now
            pitch.first_answered_at = pitch.first_answered_at or self.now
            two = {"learner_id": self.ben, "teacher_id": self.ada}
            leg = ExchangeLeg(position=0, skill_id=self.skill, **two)
            times = {"opened_at": self.now, "quiet_since": self.now}
            db.session.add(Exchange(pitch_id=pitch.id, legs=[leg], **two, **times))

    def agrees(self) -> None:
        leg = self.some(ExchangeLeg)
        if leg is None:
            return
        about = {"exchange_id": leg.exchange_id, "leg_id": leg.id, "skill_id": leg.skill_id}
        two = {"learner_id": self.ben, "teacher_id": self.ada, "minutes": 60}
        start = self.now + 3 * HOUR
        one = LearningSession(
            state=S.SCHEDULED,
            created_at=self.now,
            starts_at=start,
            ends_at=start + HOUR,
            **about,
            **two,
        )
        db.session.add(one)
        db.session.flush()
        self.happened("session.scheduled", "learning_sessions", one.id)

    def scheduled(self, *which: Any) -> Any:
        return self.some(LearningSession, LearningSession.state == S.SCHEDULED, *which)

    def cancels(self) -> None:
        if one := self.scheduled(LearningSession.starts_at > self.now):
            one.move_to(S.CANCELLED, self.now)

    def meets(self) -> None:
        if one := self.scheduled(LearningSession.ends_at <= self.now):
            one.move_to(S.COMPLETED, self.now)

    def reports(self) -> None:
        self.made += 1
        about = {"subject_type": "posts", "subject_id": self.made, "created_at": self.now}
        whose = {"reporter_id": self.ada, "person_id": self.ben, "category": ReportCategory.SPAM}
        db.session.add(Report(**about, **whose))

    def decides(self) -> None:
        if report := self.some(Report, Report.decided_at.is_(None)):
            report.decided_at = self.now

    def nights(self) -> None:
        statistics.roll_up_due(self.now, 100)


DAYS = 24 * 60
SLOW = [  # nights before and after each step, the last ones just within 60 days
    ("sends", 10),
    ("nights", 2 * DAYS),
    ("nights", 9 * DAYS),
    ("accepts", DAYS),
    ("nights", 2 * DAYS),
    ("nights", 41 * DAYS),
    ("agrees", DAYS),
    ("nights", DAYS),
    ("meets", DAYS),
    ("nights", 2 * DAYS),
]


@pytest.mark.usefixtures("app")
@settings(max_examples=8)
@given(histories)
@example(SLOW)
def test_numbers_kept_night_by_night_are_those_found_at_once(history):
    place = Place()
    for verb, minutes in history:
        place.step(verb, minutes)
    roll_up(place.now)
    kept = numbers()
    with transaction():
        db.session.execute(delete(DailyStat))
        statistics.rebuild(place.now)
    assert numbers() == kept
