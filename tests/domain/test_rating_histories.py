"""Does a sealed rating stay unread whatever three people do, and does every total stay true?

Ada teaches ben and cy, and learns from both; they rate, think again, skip, retract, reply, block,
look, and wait, while the sweep runs or does not: legal steps and others, in any order. Their clock
stands beside a naive telling of who may read what.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import mean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from skillswap.db import db, transaction
from skillswap.domain import (
    doctor,
    exchanges,
    learning_sessions,
    notifications,
    profiles,
    rating_totals,
    ratings,
    safety,
)
from skillswap.domain.ratings import Filters
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Block,
    Event,
    Exchange,
    LearningSession,
    OutcomeAnswer,
    RatedRole,
    Rating,
    RatingState,
    User,
)
from skillswap.models.rating import RATE_WITHIN
from tests import people
from tests.support.rows import stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
S = RatingState
SECRET = "sealed until both have sealed"
DUE = (learning_sessions.settle_due, ratings.publish_due, ratings.prompt_due)
number = st.integers(0, 23)
rating = st.tuples(st.sampled_from(("rate", "rate", "pair", "skip")), number)
afterwards = st.tuples(st.sampled_from(("retract", "reply", "hold", "release")), number)
rare = st.tuples(st.sampled_from(("block", "unblock", "outcome", "outcome")), number)
passing = st.tuples(st.just("wait"), st.sampled_from((1, 25, 80, 24 * 6, 24 * 10, 24 * 14)))
sweeping = st.tuples(st.just("sweep"), st.just(0))
step = st.one_of(rating, rating, rating, afterwards, rare, passing, sweeping)
histories = st.lists(step, min_size=6, max_size=22)


def picture() -> dict[str, list[str]]:
    """Everything about ratings, to compare with."""
    db.session.expunge_all()
    db.session.rollback()
    tables = ("ratings", "rating_totals", "rating_prompts", "learning_sessions", "events", "users")
    return {
        name: sorted(map(repr, db.session.execute(select(db.metadata.tables[name])).all()))
        for name in tables
    }


def begin() -> tuple[datetime, list[int], int, list[str]]:
    """Four sessions that are over: two of ada with ben, two with cy, one each way.

    When it is, who the three are, who moderates, and the sessions.
    """
    now = people.next_quarter(utcnow())
    columns = {"places": 8, "daily_sessions": 8}
    ada, ben, cy = [
        people.make_person(name, offers=offered, **columns)
        for name, offered in (("ada", ("Spanish",)), ("ben", ("Chess",)), ("cy", ("Chess",)))
    ]
    keys = []
    for learner, hours in ((ben, 0), (cy, 2)):
        exchange = people.make_exchange(learner, ada, "spanish", offered="chess", now=now - 5 * DAY)
        for leg in (0, 1):
            start = now - (12 - hours - 5 * leg) * HOUR
            keys.append(meet(learner, exchange, leg, start, now - 4 * DAY))
    return now, [ada.id, ben.id, cy.id], people.mo().id, keys


def meet(person: User, exchange: Exchange, leg: int, start: datetime, at: datetime) -> str:
    """A session of one direction of an exchange, agreed at an instant."""
    start = people.next_quarter(start)
    legs = exchanges.exchange_of(person, exchange.public_id).legs
    with transaction():
        key = learning_sessions.propose_times(
            person,
            exchange.public_id,
            leg_id=legs[leg].id,
            starts=[start],
            minutes=60,
            now=at,
        ).public_id
    with transaction():
        learning_sessions.accept_times(exchange.partner_of(person), key, start=start, now=at)
    return key


class Story:
    """What they do after those sessions, by their clock."""

    def __init__(self) -> None:
        self.start, self.ids, self.mo_id, self.keys = stage(begin)
        self.now = self.start
        self.seen: dict[int, datetime] = {}
        self.looks = 0  # each at another of the three

    def people(self) -> list[User]:
        return [db.session.get_one(User, user_id) for user_id in self.ids]

    def rows(self) -> list[Rating]:
        query = select(Rating).options(selectinload(Rating.learning_session))
        return list(
            db.session.scalars(query.order_by(Rating.id).execution_options(populate_existing=True))
        )

    # -- what they try ----------------------------------------------------------------------------

    def step(self, verb: str, number: int) -> None:
        """One thing somebody tries. What is refused changes nothing."""
        if verb == "wait":
            self.now += timedelta(hours=number)
        elif verb == "sweep":
            self.sweep()
        elif verb == "pair":
            self.step("rate", number)
            self.step("rate", number + 1 if number % 2 == 0 else number - 1)
        else:
            before = picture()
            try:
                with transaction():
                    getattr(self, verb)(number)
            except (Refused, WrongState, NotFound):
                assert picture() == before
                return
        self.look()

    def sweep(self) -> None:
        read = {one.id: (one.state_at(self.now), one.since) for one in self.rows()}
        for due in DUE:
            with transaction():
                due(self.now, 99)
        for one in self.rows():
            assert (one.state, one.since) == read[one.id]
        with transaction():
            assert [due(self.now, 99) for due in DUE] == [0, 0, 0]

    def side(self, number: int) -> tuple[User, str]:
        """One of the four sessions, and one of its two."""
        key = self.keys[number // 2 % len(self.keys)]
        one = db.session.scalars(select(LearningSession).filter_by(public_id=key)).one()
        return db.session.get_one(User, one.teacher_id if number % 2 else one.learner_id), key

    def rate(self, number: int) -> None:
        person, key = self.side(number)
        ratings.rate_session(
            person,
            key,
            stars=1 + number % 5,
            body=SECRET,
            meet_again=bool(number % 3),
            private_body=SECRET,
            now=self.now,
        )

    def skip(self, number: int) -> None:
        person, key = self.side(number)
        ratings.skip_rating(person, key, now=self.now)

    def outcome(self, number: int) -> None:
        person, key = self.side(number)
        answer = (OutcomeAnswer.HAPPENED, OutcomeAnswer.THEY_DID_NOT_COME)[number % 3 == 0]
        learning_sessions.give_outcome(person, key, answer=answer, now=self.now)

    def given(self, number: int) -> Rating:
        found = self.rows()
        if not found:
            raise NotFound("rating")
        return found[number % len(found)]

    def retract(self, number: int) -> None:
        one = self.given(number)
        rater = db.session.get_one(User, one.rater_id)
        ratings.retract_rating(rater, one.public_id, now=self.now)

    def reply(self, number: int) -> None:
        one = self.given(number)
        rated = db.session.get_one(User, one.rated_id)
        ratings.reply_to_rating(rated, one.public_id, body="Thank you.", now=self.now)

    def hold(self, number: int) -> None:
        verb = ratings.hide_rating if number % 2 else ratings.hold_rating
        verb(db.session.get_one(User, self.mo_id), self.given(number).public_id, now=self.now)

    def release(self, number: int) -> None:
        staff = db.session.get_one(User, self.mo_id)
        ratings.release_rating(staff, self.given(number).public_id, now=self.now)

    def block(self, number: int) -> None:
        ada, *others = self.people()
        safety.block(ada, others[number % 2].username, self.now)

    def unblock(self, number: int) -> None:
        ada, *others = self.people()
        safety.unblock(ada, others[number % 2].username, self.now)

    # -- what always holds ------------------------------------------------------------------------

    def look(self) -> None:
        """Everything that is promised, of every row and every reader."""
        rows = self.rows()
        public = [one for one in rows if self.is_public(one, rows)]
        for one in rows:
            # the house agrees with the naive telling of who may read it
            assert (one.state_at(self.now) is S.PUBLISHED) is (one in public)
        self.check_pairs(rows)
        self.looks += 1
        for reader in (None, self.people()[self.looks % 3]):
            self.check_lists(reader, public)
        self.check_own_pages(rows, public)
        self.check_told(rows)
        self.check_totals(public)

    def is_public(self, one: Rating, rows: list[Rating]) -> bool:
        """Both have sealed theirs, or its time is over; neither taken back nor out of sight."""
        pair = [other for other in rows if other.learning_session_id == one.learning_session_id]
        over = one.publish_by <= self.now
        return (len(pair) == 2 or over) and one.state in (S.SEALED, S.PUBLISHED)

    def check_pairs(self, rows: list[Rating]) -> None:
        """Two that staff never held are read from one instant on, and that never moves."""
        touched = set(
            db.session.scalars(select(Event.subject_id).where(Event.kind == "rating.held"))
        )
        instants = defaultdict(set)
        for one in rows:
            assert one.publish_by == one.learning_session.ended_at + RATE_WITHIN
            if one.published_at is not None:
                assert self.seen.setdefault(one.id, one.published_at) == one.published_at
                assert one.published_at <= self.now
                instants[one.learning_session_id].add(one.published_at)
        for session_id, found in instants.items():
            pair = [one for one in rows if one.learning_session_id == session_id]
            if not touched & {one.id for one in pair}:
                assert len(found) == 1
                assert all(one.published_at for one in pair)

    def check_lists(self, reader: User | None, public: list[Rating]) -> None:
        """Lists, filters and counts hold what may be read, but for who is apart from the reader."""
        for rated in self.people():
            for role in RatedRole:
                expected = sorted(
                    one.stars
                    for one in public
                    if (one.rated_id, one.rated_role) == (rated.id, role)
                    and (reader is None or self.is_there(one.rater_id, reader))
                )
                page = ratings.ratings_of(rated, reader, Filters(role), None, self.now)
                assert sorted(card.stars for card in page.rows) == expected
                spread = ratings.spread_of(rated, reader, role, self.now)
                counted = [n for n, count in spread.by_stars.items() for _one in range(count)]
                assert sorted(counted) == expected
                assert spread.by_role[role] == len(expected)

    def is_there(self, user_id: int, reader: User) -> bool:
        """No block of either stands between them."""
        pairs = {(one.blocker_id, one.blocked_id) for one in db.session.scalars(select(Block))}
        return not pairs & {(user_id, reader.id), (reader.id, user_id)}

    def check_own_pages(self, rows: list[Rating], public: list[Rating]) -> None:
        """On the page of their session the two see the other's once it is public."""
        for key in self.keys:
            for number in (0, 1):
                person, _key = self.side(2 * self.keys.index(key) + number)
                try:
                    one = learning_sessions.session_of(person, key)
                except NotFound:
                    continue
                desk = ratings.desk_of(person, one, self.now)
                partner = one.partner_of(person)
                theirs = [
                    other.stars
                    for other in public
                    if (other.learning_session_id, other.rater_id) == (one.id, partner.id)
                ]
                assert ([desk.theirs.stars] if desk.theirs else []) == theirs
                mine = [
                    other
                    for other in rows
                    if (other.learning_session_id, other.rater_id) == (one.id, person.id)
                ]
                assert ([desk.mine] if desk.mine else []) == mine

    def check_told(self, rows: list[Rating]) -> None:
        """No line says what was sealed, nor that something is published which never was."""
        written = {one.learning_session_id for one in rows if one.published_at is not None}
        ids = select(LearningSession.id, LearningSession.public_id)
        keys = {row.id: row.public_id for row in db.session.execute(ids)}
        for person in self.people():
            asked = {one.session_public_id for one in ratings.to_rate(person, self.now, 9)}
            done = {keys[one.learning_session_id] for one in rows if one.rater_id == person.id}
            assert not asked & done
            for line in notifications.page_of(person, None, self.now).rows:
                assert SECRET not in line.text
        for kind, subject_id, facts in db.session.execute(
            select(Event.kind, Event.subject_id, Event.facts).where(Event.kind.like("rating.%"))
        ):
            assert SECRET not in str(facts)
            assert "stars" not in facts
            if kind == "rating.published":
                assert subject_id in written

    def check_totals(self, public: list[Rating]) -> None:
        """By the clock and as written, each by its plain definition."""
        written = [one for one in public if one.state is S.PUBLISHED]
        assert list(rating_totals.drift()) == []
        found = rating_totals.of(self.ids, self.now)
        for person in self.people():
            for role in RatedRole:
                raters, average, rank = self.naive(public, person, role)
                total = found[person.id][role]
                assert total.raters == raters
                assert abs(total.mean_milli - 1_000 * average) <= 0.51
                assert abs(total.rank_milli - 1_000 * rank) <= 0.51
            db.session.refresh(person)
            raters, average, rank = self.naive(written, person, RatedRole.TEACHER)
            assert person.rating_count == raters
            assert abs(person.rating_milli - 1_000 * average) <= 0.51
            assert abs(person.rating_rank - 1_000 * rank) <= 0.51
            shown = profiles.profile_of(person.username, None, self.now).rating
            assert shown is None  # two partners are under three
            private = rating_totals.private_averages(person, self.now)
            assert (private.meet_again, private.pitch) == (None, None)

    def naive(self, rows: list[Rating], person: User, role: RatedRole) -> tuple[int, float, float]:
        stars = defaultdict(list)
        for one in rows:
            if (one.rated_id, one.rated_role) == (person.id, role):
                stars[one.rater_id].append(one.stars)
        votes = [mean(given) for given in stars.values()]
        return len(votes), mean(votes) if votes else 0, (5 * 4.1 + sum(votes)) / (5 + len(votes))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
@pytest.mark.usefixtures("app")
def test_no_history_opens_a_seal_or_bends_a_total(history: list[tuple[str, int]]) -> None:
    story = Story()
    for verb, number in history:
        story.step(verb, number)
    story.now += 40 * DAY
    story.sweep()
    story.look()
    assert S.SEALED not in {one.state for one in story.rows()}
    trouble = [check.name for check in doctor.examine(()) if check.findings]
    assert set(trouble) <= {"every skill answers to a word"}  # no catalogue is loaded here


@pytest.mark.usefixtures("app")
def test_the_steps_reach_what_they_are_about() -> None:
    """A history as people have it: a pair, one alone that the clock publishes, one taken back."""
    story = Story()
    for verb, number in (("pair", 0), ("rate", 4), ("skip", 5), ("reply", 0), ("retract", 1)):
        story.step(verb, number)
    assert [one.state for one in story.rows()] == [S.PUBLISHED, S.RETRACTED, S.SEALED]
    for verb, number in (("wait", 24 * 14), ("sweep", 0), ("hold", 2), ("release", 2)):
        story.step(verb, number)
    assert [one.state for one in story.rows()] == [S.PUBLISHED, S.RETRACTED, S.PUBLISHED]
