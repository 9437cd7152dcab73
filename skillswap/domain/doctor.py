"""Do the rows agree with one another? Reads only; `flask doctor` prints what it finds.

What the database refuses by itself is not asked here again, except foreign keys, which SQLite
checks only while it is told to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select, text

from skillswap.db import db
from skillswap.domain import (
    answering,
    badges,
    boards,
    claims,
    comments,
    impressions,
    likes,
    listings,
    name_words,
    points,
    rating_totals,
    trends,
)
from skillswap.domain.catalogue import catalogue
from skillswap.domain.consequences import FOLLOWS
from skillswap.domain.wording import WORDS
from skillswap.lib.clock import quarters, utcnow
from skillswap.lib.text import search_key
from skillswap.models import (
    BookedSlot,
    ClaimFile,
    Conversation,
    ConversationMember,
    Event,
    Exchange,
    ExchangeLeg,
    LearningSession,
    Media,
    MediaKind,
    Message,
    Notification,
    Outcome,
    OutcomeAnswer,
    Pitch,
    PitchState,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
    Skill,
    SkillName,
    SkillState,
    User,
)

NO_HOURS = (SessionState.PROPOSED, SessionState.CANCELLED)  # they hold nobody's hours
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the rows, and each row that answers it wrongly."""

    name: str
    findings: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def line(self) -> str:
        """For the command: what was asked, how many rows are wrong, and the first few."""
        if self.is_well:
            return f"ok       {self.name}"
        more = f" and {len(self.findings) - SHOWN} more" if len(self.findings) > SHOWN else ""
        return f"TROUBLE  {self.name}: {'; '.join(self.findings[:SHOWN])}{more}"


def examine(stored: Collection[str] | None) -> list[Check]:
    """All checks. `stored` are the names of the files that are kept; None: nobody could say."""
    return [
        Check("rows refer to rows that are there", tuple(_foreign_keys())),
        Check("booked hours are those of the sessions", tuple(_booked_hours())),
        Check("open offers belong to sessions still to be agreed", tuple(_offers(utcnow()))),
        Check("accepted pitches have their exchange and its legs", tuple(_exchanges())),
        Check("completed sessions were said to have happened", tuple(_outcomes())),
        Check("rating totals are what the ratings come to", tuple(rating_totals.drift())),
        Check("lists say what they are made of", tuple(listings.drift(utcnow()))),
        Check("what people do about skills is noted", tuple(trends.drift(utcnow()))),
        Check("people are found by their names", tuple(name_words.drift())),
        Check("showings of teachers are counted", tuple(impressions.drift(utcnow()))),
        Check("answers of teachers are counted", tuple(_answers(utcnow()))),
        Check("notifications can be worded and opened", tuple(_notifications())),
        Check("every skill answers to a word", tuple(_skills())),
        Check("pictures and their files match", tuple(_pictures(stored))),
        Check("documents can be opened", tuple(claims.unreadable())),
        Check("badges that were earned are held", tuple(badges.drift())),
        Check("points of weeks and months are those of their lines", tuple(points.drift())),
        Check("likes and comments are counted", (*likes.drift(), *comments.drift())),
        Check("who is on boards has met two people", tuple(boards.drift())),
        Check("conversations have two sides and no gaps", tuple(_conversations())),
    ]


def counters(now: datetime) -> Iterator[str]:
    """What is wrong among the numbers that are kept beside their rows, as far as few statements
    tell. For the page of numbers; `examine` asks the rest.
    """
    yield from rating_totals.drift()
    yield from _answers(now)
    yield from likes.drift()
    yield from comments.drift()
    yield from boards.drift()


def _foreign_keys() -> Iterator[str]:
    if db.engine.dialect.name == "sqlite":
        for row in db.session.execute(text("PRAGMA foreign_key_check")):
            yield f"{row[0]} row {row[1]} refers to a missing row of {row[2]}"
    else:
        unchecked = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
        for (name,) in db.session.execute(text(unchecked)):
            yield f"{name} was never checked"


def _booked_hours() -> Iterator[str]:
    """Both people hold every quarter hour of each session that was agreed, and nothing else."""
    rows = db.session.execute(
        select(
            BookedSlot.learning_session_id,
            BookedSlot.user_id,
            func.count(),
            func.min(BookedSlot.slot),
            func.max(BookedSlot.slot),
        ).group_by(BookedSlot.learning_session_id, BookedSlot.user_id)
    )
    held = {(row[0], row[1]): tuple(row[2:]) for row in rows}
    agreed = db.session.execute(
        select(
            LearningSession.id,
            LearningSession.public_id,
            LearningSession.starts_at,
            LearningSession.ends_at,
            LearningSession.teacher_id,
            LearningSession.learner_id,
        ).where(LearningSession.state.not_in(NO_HOURS))
    )
    for one in agreed:
        span = quarters(one.starts_at, one.ends_at)
        for user_id in (one.teacher_id, one.learner_id):
            if held.pop((one.id, user_id), None) != (len(span), span[0], span[-1]):
                yield f"session {one.public_id} and person {user_id} differ"
    for session_id, user_id in held:
        yield f"person {user_id} holds hours for session number {session_id} without need"


def _offers(now: datetime) -> Iterator[str]:
    """New times belong to a session without one, a move to an agreed one. Where both said at its
    start how it went, a move that the clock has ended waits for the next sweep.
    """
    fits = or_(
        and_(Proposal.kind == ProposalKind.MOVE, Proposal.lapse_at <= now),
        and_(
            Proposal.kind == ProposalKind.NEW,
            LearningSession.state == SessionState.PROPOSED,
        ),
        and_(
            Proposal.kind == ProposalKind.MOVE,
            LearningSession.state == SessionState.SCHEDULED,
        ),
    )
    stray = (
        select(LearningSession.public_id, LearningSession.state)
        .join(Proposal, Proposal.learning_session_id == LearningSession.id)
        .where(Proposal.state == ProposalState.OPEN, ~fits)
    )
    for public_id, state in db.session.execute(stray):
        yield f"session {public_id} is {state} and has an open offer"
    offered = select(Proposal.learning_session_id)
    bare = select(LearningSession.public_id).where(
        LearningSession.state == SessionState.PROPOSED, LearningSession.id.not_in(offered)
    )
    for public_id in db.session.scalars(bare):
        yield f"session {public_id} is to be agreed and has no offer"


def _exchanges() -> Iterator[str]:
    rows = db.session.execute(
        select(Pitch.public_id, Pitch.state, Exchange.id)
        .outerjoin(Exchange, Exchange.pitch_id == Pitch.id)
        .where((Pitch.state == PitchState.ACCEPTED) != Exchange.id.is_not(None))
    )
    for public_id, state, exchange_id in rows:
        yield f"pitch {public_id} is {state} and has {'an' if exchange_id else 'no'} exchange"
    legs = db.session.execute(
        select(Exchange.public_id, Pitch.offered_skill_id, func.count(ExchangeLeg.id))
        .join(Pitch, Pitch.id == Exchange.pitch_id)
        .outerjoin(ExchangeLeg, ExchangeLeg.exchange_id == Exchange.id)
        .group_by(Exchange.public_id, Pitch.offered_skill_id)
    )
    for public_id, offered, count in legs:
        if count != (1 if offered is None else 2):
            yield f"exchange {public_id} has {count} legs"


def _outcomes() -> Iterator[str]:
    said = select(Outcome.learning_session_id).where(Outcome.answer == OutcomeAnswer.HAPPENED)
    query = select(LearningSession.public_id).where(
        LearningSession.state == SessionState.COMPLETED, LearningSession.id.not_in(said)
    )
    for public_id in db.session.scalars(query):
        yield f"nobody said that session {public_id} happened"


def _answers(now: datetime) -> Iterator[str]:
    """The columns that domain/answering.py owns. What has left the 180 days since the last sweep
    may be in them still.
    """
    least, most = now - answering.WINDOW, now - answering.WINDOW - answering.SLACK
    left_at = case((answering.was_left(), Pitch.respond_by))
    columns = [
        func.count().filter(moment > since)
        for moment in (Pitch.first_answered_at, left_at)
        for since in (least, most)
    ]
    rows = db.session.execute(select(Pitch.teacher_id, *columns).group_by(Pitch.teacher_id))
    counted = {row[0]: tuple(row[1:]) for row in rows}
    teachers = select(User.id, User.username, User.answered_count, User.unanswered_count)
    for user_id, username, answered, unanswered in db.session.execute(teachers):
        low, high, left_low, left_high = counted.get(user_id, (0, 0, 0, 0))
        if not (low <= answered <= high and left_low <= unanswered <= left_high):
            yield f"{username} answered {low} and left {left_low}, not {answered} and {unanswered}"


def _notifications() -> Iterator[str]:
    rows = db.session.execute(
        select(Notification.id, Event.id, Event.kind)
        .outerjoin(
            Event,
            and_(
                Event.id == Notification.event_id,
                Event.subject_type == Notification.subject_type,
                Event.subject_id == Notification.subject_id,
            ),
        )
        .where(Event.id.is_(None) | Event.kind.not_in(list(WORDS)))
    )
    for number, event_id, kind in rows:
        yield f"notification {number} is about {kind if event_id else 'an event that is not there'}"
    unknown = select(Event.kind).where(Event.kind.not_in(list(FOLLOWS))).distinct()
    for kind in db.session.scalars(unknown):
        yield f"nobody knows what follows from {kind}"


def _skills() -> Iterator[str]:
    named = select(SkillName.skill_id).where(~SkillName.is_alias)
    nameless = select(Skill.slug).where(Skill.state != SkillState.MERGED, Skill.id.not_in(named))
    for slug in db.session.scalars(nameless):
        yield f"{slug} has no name to be found by"
    known = set(db.session.scalars(select(Skill.slug)))
    words = set(db.session.scalars(select(SkillName.key)))
    for entry in catalogue():
        if entry.slug not in known and search_key(entry.name) not in words:
            yield f"{entry.slug} of the catalogue is missing (flask load-skills)"


def _conversations() -> Iterator[str]:
    """Places count from 1 without gaps; each side is there; what is attached belongs to a line."""
    lines = (
        select(
            Message.conversation_id,
            func.count().label("lines"),
            func.max(Message.seq).label("last"),
        )
        .group_by(Message.conversation_id)
        .subquery()
    )
    sides = (
        select(ConversationMember.conversation_id, func.count().label("sides"))
        .group_by(ConversationMember.conversation_id)
        .subquery()
    )
    held, last = func.coalesce(lines.c.lines, 0), func.coalesce(lines.c.last, 0)
    query = (
        select(Conversation.public_id, Conversation.last_seq, held, last, sides.c.sides)
        .outerjoin(lines, lines.c.conversation_id == Conversation.id)
        .outerjoin(sides, sides.c.conversation_id == Conversation.id)
        .where(
            or_(
                Conversation.last_seq != held,
                Conversation.last_seq != last,
                func.coalesce(sides.c.sides, 0) != 2,
            )
        )
    )
    for public_id, counted, found, highest, people in db.session.execute(query):
        yield f"{public_id} counts {counted}, has {found} up to {highest}, and {people or 0} sides"
    attached = select(Message.media_id).where(Message.media_id.is_not(None))
    left = select(Media.name).where(Media.kind == MediaKind.CHAT, Media.id.not_in(attached))
    for name in db.session.scalars(left):
        yield f"no message holds the file {name}"


def _pictures(stored: Collection[str] | None) -> Iterator[str]:
    small = select(Media.small_name).where(Media.small_name.is_not(None))
    sealed = select(ClaimFile.name).where(ClaimFile.name.is_not(None))
    rows = {*db.session.scalars(select(Media.name)), *db.session.scalars(small)}
    rows |= {name for name in db.session.scalars(sealed) if name}
    kept = rows if stored is None else set(stored)
    for name in sorted(rows - kept):
        yield f"the file {name} is lost"
    for name in sorted(kept - rows):
        yield f"the file {name} belongs to nothing"
    shown = select(User.username, User.avatar).where(User.avatar.is_not(None))
    for username, avatar in db.session.execute(shown):
        if avatar not in rows:
            yield f"{username} shows {avatar}, which is not there"
