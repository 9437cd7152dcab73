"""Does everybody hold exactly what a plain reading of the rules gives them, whatever their past?

Random pasts of thirteen people are written as rows; beside them stands a naive telling of the
fourteen rules. Then time passes, and the Monday's look takes away and gives what it should.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean, median

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import answering, badge_checks, badges
from skillswap.lib.clock import utcnow
from skillswap.lib.markdown import RULES_VERSION
from skillswap.models import (
    BadgeCode,
    BadgeGrant,
    Event,
    Exchange,
    ExchangeLeg,
    LearningSession,
    Notification,
    Pitch,
    PitchState,
    Post,
    PostKind,
    PostState,
    RatedRole,
    Rating,
    RatingState,
    Report,
    ReportCategory,
    ReportState,
    SessionState,
    User,
)
from skillswap.models.badge import LOSABLE
from tests import people
from tests.support.rows import stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CROWD, SKILLS = 13, ("Chess", "Piano", "Spanish", "Knots")
KEPT, MISSED, LATE = "kept", "missed", "late"


@dataclass(frozen=True)
class Met:
    """A session: who with whom, in which of their exchanges, how it ended, what they gave."""

    one: int
    other: int
    swap: int  # which exchange of the two
    back: bool  # the other teaches
    days: int  # ago
    end: str  # a mark is the teacher's
    stars: int  # by the learner; 0: none
    returned: bool  # the teacher rates as well

    @property
    def teacher(self) -> int:
        return self.other if self.back else self.one

    @property
    def learner(self) -> int:
        return self.one if self.back else self.other

    @property
    def skill(self) -> int:
        return (self.swap + self.back) % len(SKILLS)


@dataclass(frozen=True)
class Asked:
    """A pitch that was answered after so many hours, or never."""

    learner: int
    teacher: int
    days: int
    hours: int | None
    accepted: bool


@dataclass(frozen=True)
class Wrote:
    author: int
    likes: int
    state: PostState
    kind: PostKind


@dataclass(frozen=True)
class Reported:
    person: int
    days: int
    state: ReportState


Past = list[Met | Asked | Wrote | Reported]


def spread(kind: str, one: int, count: int, start: int, swap: int, days: int, stars: int) -> Past:
    """Several things of one kind, as people's pasts have them: in rows."""
    others = [(one + 1 + number % (CROWD - 1)) % CROWD for number in range(start, start + count)]
    match kind:
        case "taught" | "learned":
            back = kind == "learned"
            return [Met(one, o, swap, back, days, KEPT, stars, stars > 3) for o in others]
        case "weekly":
            weeks = range(count)
            return [
                Met(one, others[0], swap, n % 2 == 1, days + 7 * n, KEPT, 0, False) for n in weeks
            ]
        case "missed" | "late":
            return [Met(one, others[0], swap, False, days, kind, 0, False)]
        case "asked":
            hours = (None, 1, 20, 30)[stars % 4]
            return [Asked(o, one, days, hours, hours is not None and swap == 0) for o in others]
        case "wrote":
            state = PostState.HIDDEN if swap == 3 else PostState.PUBLISHED
            writing = PostKind.GENERAL if swap == 2 else PostKind.TUTORIAL
            return [Wrote(one, stars + 1, state, writing)] * count
        case _:
            return [Reported(one, days, (ReportState.UPHELD, ReportState.DISMISSED)[swap % 2])]


KINDS = ("taught", "taught", "learned", "weekly", "missed", "late", "asked", "wrote", "reported")
pasts = st.lists(
    st.builds(
        spread,
        kind=st.sampled_from(KINDS),
        one=st.integers(0, 1),
        count=st.integers(1, 12),
        start=st.integers(0, 3),
        swap=st.integers(0, 3),
        days=st.sampled_from((1, 20, 100, 150, 179, 181)),
        stars=st.sampled_from((0, 4, 5, 5)),
    ),
    min_size=1,
    max_size=9,
).map(lambda rows: [one for row in rows for one in row])
# the best of everything, but for one who was absent once
STAR = [
    *spread("taught", 0, 12, 0, 0, 150, 5),
    *spread("learned", 0, 12, 0, 1, 20, 0),
    *spread("missed", 0, 1, 0, 1, 100, 0),
    *spread("taught", 0, 3, 0, 2, 1, 5),
    *spread("asked", 0, 12, 0, 0, 20, 1),
    *spread("asked", 1, 3, 0, 0, 20, 2),
    *spread("wrote", 0, 5, 0, 0, 1, 4),
]


# -- a plain reading ------------------------------------------------------------------------------


def naive(past: Past, who: int, later: int) -> set[str]:
    """What that person has earned, so many days from now."""
    mets = [one for one in past if isinstance(one, Met)]
    kept = [one for one in mets if one.end == KEPT]
    taught = [one for one in kept if one.teacher == who]
    learned = [one for one in kept if one.learner == who]
    earned = set()
    if learned:
        earned.add("first_lesson")
    if taught:
        earned.add("first_class")
    if {exchange_of(one) for one in taught} & {exchange_of(one) for one in learned}:
        earned.add("fair_swap")
    if len({one.learner for one in taught}) >= 10:
        earned.add("mentor_10")
    if min(len({one.skill for one in taught}), len({one.skill for one in learned})) >= 3:
        earned.add("polymath")
    if any(is_long(days) for days in days_by_exchange(taught + learned)):
        earned.add("long_haul")
    rated = {one.teacher for one in learned if one.stars}
    if len(rated | {one.learner for one in taught if one.returned}) >= 10:
        earned.add("good_neighbour")
    asked = [one for one in past if isinstance(one, Asked)]
    if sum(one.learner == who and one.accepted for one in asked) >= 3:
        earned.add("clear_pitch")
    wrote = [one for one in past if isinstance(one, Wrote) and one.author == who]
    liked = [one for one in wrote if one.likes >= 5 and one.kind is PostKind.TUTORIAL]
    if sum(one.state is PostState.PUBLISHED for one in liked) >= 5:
        earned.add("author")
    return earned | lately(past, who, later)


def exchange_of(one: Met) -> tuple[int, int, int]:
    return (min(one.one, one.other), max(one.one, one.other), one.swap)


def days_by_exchange(mets: list[Met]) -> list[list[int]]:
    found = defaultdict(list)
    for one in mets:
        found[exchange_of(one)].append(one.days)
    return list(found.values())


def is_long(days: list[int]) -> bool:
    return len(days) >= 8 and max(days) - min(days) >= 49


def lately(past: Past, who: int, later: int) -> set[str]:
    """What looks at the last 180 days."""
    fresh = [one for one in past if not isinstance(one, Wrote) and one.days + later < 180]
    mets = [one for one in fresh if isinstance(one, Met)]
    mine = [one for one in mets if one.end == KEPT and who in (one.teacher, one.learner)]
    marks = [one for one in mets if one.end != KEPT and one.teacher == who]
    lost = sum(1 if one.end == MISSED else 0.5 for one in marks)
    reliable = bool(mine) and len(mine) / (len(mine) + lost) >= 0.95
    earned = {"reliable"} if reliable and len(mine) + len(marks) >= 10 else set()
    asked = [one for one in fresh if isinstance(one, Asked) and one.teacher == who]
    waits = [one.hours for one in asked if one.hours is not None]
    if len(asked) >= 10 and len(waits) >= 0.9 * len(asked) and median(waits) <= 24:
        earned.add("fast_responder")
    taught = [one for one in mine if one.teacher == who]
    votes = defaultdict(list)
    for one in taught:
        if one.stars:
            votes[one.learner].append(one.stars)
    stars = mean(mean(given) for given in votes.values()) if len(votes) >= 5 else 0
    if len(taught) >= 10 and len({one.learner for one in taught}) >= 5 and stars >= 4.6:
        upheld = any(
            isinstance(one, Reported) and one.person == who and one.state is ReportState.UPHELD
            for one in fresh
        )
        earned |= {"top_mentor"} if reliable and not upheld else set()
    return earned


# -- the same as rows -----------------------------------------------------------------------------


def begin() -> tuple[datetime, list[int], list[int]]:
    """Thirteen people, and four skills."""
    crowd = [people.make_person(f"person{number:02}") for number in range(CROWD)]
    skills = [people.make_skill(name) for name in SKILLS]
    return utcnow(), [one.id for one in crowd], [one.id for one in skills]


class Writer:
    """Writes a past as rows."""

    def __init__(self, now: datetime, ids: list[int], skills: list[int]) -> None:
        self.now, self.ids, self.skills = now, ids, skills
        self.exchanges: dict[tuple[int, int, int], list[ExchangeLeg]] = {}

    def write(self, past: Past) -> None:
        """What others point to first; few statements, since there are many examples."""
        mets = [one for one in past if isinstance(one, Met)]
        sessions = [self.session(one) for one in mets]
        asked = [one for one in past if isinstance(one, Asked)]
        pitches = [self.asked(one) for one in asked]
        wrote = [self.post(one) for one in past if isinstance(one, Wrote)]
        reported = [self.report(one) for one in past if isinstance(one, Reported)]
        db.session.add_all([*sessions, *pitches, *wrote, *reported])
        db.session.flush()
        for one, session in zip(mets, sessions, strict=True):
            self.rate(one, session)
        for two, pitch in zip(asked, pitches, strict=True):
            if two.accepted:
                db.session.add(self.said_yes(pitch))
        db.session.flush()

    def pitch(self, learner: int, teacher: int, **columns: object) -> Pitch:
        values = {
            "learner_id": self.ids[learner],
            "teacher_id": self.ids[teacher],
            "skill_id": self.skills[0],
            "body": people.BODY,
            "state": PitchState.ACCEPTED,
            "sent_at": self.now - 300 * DAY,
            "respond_by": self.now - 290 * DAY,
        }
        return Pitch(**values | columns)

    def legs(self, one: Met) -> list[ExchangeLeg]:
        """The exchange of a session, made when it is the first. Its pitch was never sent."""
        key = exchange_of(one)
        if key not in self.exchanges:
            first, second = self.ids[key[0]], self.ids[key[1]]
            pitch = self.pitch(key[1], key[0])
            db.session.add(pitch)
            db.session.flush()
            exchange = Exchange(
                pitch_id=pitch.id,
                learner_id=second,
                teacher_id=first,
                opened_at=self.now - 290 * DAY,
                quiet_since=self.now,
            )
            db.session.add(exchange)
            db.session.flush()
            legs = [
                ExchangeLeg(
                    exchange_id=exchange.id,
                    position=place,
                    teacher_id=(first, second)[place],
                    learner_id=(second, first)[place],
                    skill_id=self.skills[0],
                )
                for place in (0, 1)
            ]
            db.session.add_all(legs)
            db.session.flush()
            self.exchanges[key] = legs
        return self.exchanges[key]

    def session(self, one: Met) -> LearningSession:
        teacher, learner = self.ids[one.teacher], self.ids[one.learner]
        leg = next(leg for leg in self.legs(one) if leg.teacher_id == teacher)
        start = self.now - one.days * DAY
        ends = {
            KEPT: {"state": SessionState.COMPLETED},
            MISSED: {"state": SessionState.NO_SHOW, "absent_user_id": teacher},
            LATE: {
                "state": SessionState.CANCELLED,
                "cancelled_late": True,
                "cancelled_by_id": teacher,
            },
        }
        return LearningSession(
            exchange_id=leg.exchange_id,
            leg_id=leg.id,
            teacher_id=teacher,
            learner_id=learner,
            skill_id=self.skills[one.skill],
            minutes=60,
            starts_at=start,
            ends_at=start + HOUR,
            created_at=start - DAY,
            ended_at=start + HOUR,
            **ends[one.end],
        )

    def rate(self, one: Met, session: LearningSession) -> None:
        teacher, learner = session.teacher_id, session.learner_id
        if one.stars:
            self.rating(session, learner, teacher, RatedRole.TEACHER, one.stars)
        if one.returned:
            self.rating(session, teacher, learner, RatedRole.LEARNER, 5)

    def rating(
        self, session: LearningSession, rater: int, rated: int, role: RatedRole, stars: int
    ) -> None:
        at = session.ended_at
        assert at is not None
        db.session.add(
            Rating(
                learning_session_id=session.id,
                rater_id=rater,
                rated_id=rated,
                rated_role=role,
                stars=stars,
                state=RatingState.PUBLISHED,
                created_at=at,
                publish_by=at,
                published_at=at,
            )
        )

    def asked(self, one: Asked) -> Pitch:
        """What counts is when it was answered, or when it expired."""
        at = self.now - one.days * DAY
        hours = one.hours or 0
        state = PitchState.ACCEPTED if one.accepted else PitchState.DECLINED
        return self.pitch(
            one.learner,
            one.teacher,
            state=PitchState.EXPIRED if one.hours is None else state,
            sent_at=at - hours * HOUR,
            respond_by=at,
            first_answered_at=None if one.hours is None else at,
        )

    def said_yes(self, pitch: Pitch) -> Event:
        return Event(
            kind="pitch.accepted",
            actor_id=pitch.teacher_id,
            subject_type=Pitch.__tablename__,
            subject_id=pitch.id,
            happened_at=pitch.respond_by,
        )

    def post(self, one: Wrote) -> Post:
        return Post(
            author_id=self.ids[one.author],
            kind=one.kind,
            state=one.state,
            title="How to",
            body="Begin.",
            body_html="<p>Begin.</p>",
            lead_html="<p>Begin.</p>",
            rules_version=RULES_VERSION,
            word_count=1,
            like_count=one.likes,
            created_at=self.now,
            published_at=self.now,
        )

    def report(self, one: Reported) -> Report:
        return Report(
            reporter_id=self.ids[12],
            person_id=self.ids[one.person],
            subject_type="users",
            subject_id=self.ids[one.person],
            category=ReportCategory.OTHER,
            state=one.state,
            created_at=self.now - one.days * DAY,
        )


def held(ids: list[int]) -> dict[int, set[str]]:
    """What each of the thirteen holds, by their place."""
    found: dict[int, set[str]] = {number: set() for number in range(CROWD)}
    rows = select(BadgeGrant.user_id, BadgeGrant.code).where(BadgeGrant.lost_at.is_(None))
    for user_id, code in db.session.execute(rows):
        assert code not in found[ids.index(user_id)]
        found[ids.index(user_id)].add(code.value)
    return found


def recount(now: datetime) -> None:
    """What the sweep does before badges are looked at."""
    for person in db.session.scalars(select(User).execution_options(populate_existing=True)):
        answering.recount(person, now)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(past=STAR, later=0)
@example(past=STAR, later=85)
@given(past=pasts, later=st.sampled_from((0, 8, 40, 85, 170)))
def test_everybody_holds_what_the_rules_say(app, past: Past, later: int) -> None:
    now, ids, skills = stage(begin)
    at = now + later * DAY
    with transaction():
        Writer(now, ids, skills).write(past)
        recount(now)
        first = badges.grant(ids, list(BadgeCode), now)
    right = {number: naive(past, number, 0) for number in range(CROWD)}
    assert held(ids) == right
    assert len(first) == sum(map(len, right.values()))
    with transaction():
        assert badges.grant(ids, list(BadgeCode), now) == []
    monday = max(at, badges.next_monday(now))
    days = (monday - now).total_seconds() / 86_400
    with transaction():
        recount(monday)
    with transaction():
        badge_checks.check_due(monday, 99)
    for number, kept in held(ids).items():
        assert kept - LOSABLE == right[number] - LOSABLE
        assert kept & LOSABLE == lately(past, number, days)
    lost = select(BadgeGrant.id).where(BadgeGrant.lost_at.is_not(None))
    told = select(Notification.subject_id).join(Event).where(Event.kind == "badge.lost")
    assert set(db.session.scalars(told)) == set(db.session.scalars(lost))
    assert list(badges.drift()) == []
