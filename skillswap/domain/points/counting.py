"""What is an event worth, and to whom? A consequence: it writes the lines of the ledger.

What is read here is the event, the ledger before it, and what of a row never changes: so the
same events make the same ledger again, line by line (`rebuilding.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from skillswap.db import db
from skillswap.domain.points import flags, sessions, writing
from skillswap.domain.points.rules import (
    ANSWER_WITHIN,
    FLAT,
    LEAST_WORDS,
    STANDING_AFTER,
    STANDS_FOR,
)
from skillswap.domain.points.writing import (
    Award,
    Later,
    award,
    give_back,
    last_lines,
    take_back,
)
from skillswap.models import (
    Event,
    PointsDue,
    PointsEntry,
    PointsKind,
    PointsReason,
    Post,
    PostKind,
    Rating,
    User,
)

K, R = PointsKind, PointsReason
Whose = Callable[[Event], Iterable[int | None]]


def count(event: Event) -> None:
    """Write every line that this event means, once, in its transaction, and look whether they
    come from too few people."""
    apply(event)
    flags.look(event)


def apply(event: Event) -> None:
    """The lines alone."""
    if (rule := COUNTS.get(event.kind)) is not None:
        writing.begin()
        rule[1](event)
        writing.add_up()


def hold(event: Event) -> None:
    """Let nobody else count for whom this event may concern. Before it has its number."""
    if (rule := COUNTS.get(event.kind)) is not None:
        writing.hold(user_id for user_id in rule[0](event) if user_id is not None)


# -- pitches --------------------------------------------------------------------------------------


def _answerer(event: Event) -> Iterable[int]:
    """The teacher, when it is they who answered: not a yes that came with the pitch."""
    teacher_id = event.facts["between"][1]
    return [teacher_id] if event.actor_id == teacher_id else []


def _answered(event: Event) -> None:
    """The first answer of a teacher, whatever it says."""
    sent_at = db.session.scalar(
        select(Event.happened_at)
        .where(
            Event.subject_type == event.subject_type,
            Event.subject_id == event.subject_id,
            Event.kind == "pitch.sent",
            Event.id < event.id,
        )
        .order_by(Event.id)
        .limit(1)
    )
    for teacher_id in _answerer(event):
        if sent_at is None:
            continue
        in_time = event.happened_at - sent_at <= ANSWER_WITHIN
        if in_time:  # once more, after it had been undone
            give_back(event, last_lines(teacher_id, event.subject_type, event.subject_id))
        award(
            event,
            Award(
                teacher_id,
                K.ANSWER,
                FLAT[K.ANSWER] if in_time else 0,
                f"pitches/{event.subject_id}",
                R.WHOLE if in_time else R.SLOW,
                event.facts["between"][0],
                None,
                {name: event.facts.get(name) for name in ("skill", "public_id")},
            ),
        )


def _undone(event: Event) -> None:
    """The decline is no answer any more, if it was what counted."""
    teacher_id = event.facts["between"][1]
    for line in last_lines(teacher_id, event.subject_type, event.subject_id):
        kind = db.session.scalar(select(Event.kind).where(Event.id == line.event_id))
        if kind == "pitch.declined":
            take_back(event, [line], "undone")


# -- ratings --------------------------------------------------------------------------------------


def _rater(event: Event) -> Iterable[int | None]:
    if event.kind in ("rating.sealed", "rating.retracted"):
        return [event.actor_id]
    return [db.session.scalar(select(Rating.rater_id).where(Rating.id == event.subject_id))]


def _rated(event: Event) -> None:
    row = db.session.execute(
        select(Rating.rater_id, Rating.rated_id).where(Rating.id == event.subject_id)
    ).one()
    source = f"ratings/{event.subject_id}"
    award(event, Award(row[0], K.RATING, FLAT[K.RATING], source, partner_id=row[1]))


def _lines_of_rating(event: Event) -> Sequence[PointsEntry]:
    which = [Rating.id == event.subject_id]
    if event.kind == "rating.retracted":  # its subject is the session
        which = [
            Rating.learning_session_id == event.subject_id,
            Rating.rater_id == event.actor_id,
        ]
    row = db.session.execute(select(Rating.id, Rating.rater_id).where(*which)).one()
    return last_lines(row.rater_id, Rating.__tablename__, row.id)


def _rating_gone(event: Event) -> None:
    take_back(event, _lines_of_rating(event), event.kind.partition(".")[2])


def _rating_released(event: Event) -> None:
    give_back(event, _lines_of_rating(event))


# -- posts ----------------------------------------------------------------------------------------


def _author(event: Event) -> Iterable[int | None]:
    return [db.session.scalar(select(Post.author_id).where(Post.id == event.subject_id))]


def _author_if_tutorial(event: Event) -> Iterable[int | None]:
    is_one = PostKind.TUTORIAL in (event.facts.get("post_kind"), event.facts.get("kind"))
    return _author(event) if is_one else []


def _nobody(_event: Event) -> Iterable[int]:
    return ()


def _due(event: Event) -> None:
    """A tutorial counts a day after it was last changed, once."""
    _not_due(event)
    if not list(_author_if_tutorial(event)):
        return
    given = select(PointsEntry.id).where(
        *writing.about(event.subject_type, event.subject_id),
        PointsEntry.kind == K.TUTORIAL,
        PointsEntry.source == f"posts/{event.subject_id}",
    )
    if db.session.scalar(given) is None:
        db.session.add(PointsDue(post_id=event.subject_id, due_at=event.happened_at + STANDS_FOR))
        db.session.flush()


def _not_due(event: Event) -> None:
    db.session.execute(
        delete(PointsDue)
        .where(PointsDue.post_id == event.subject_id)
        .execution_options(synchronize_session=False)
    )


def _lasted(event: Event) -> None:
    _not_due(event)
    words, (author_id,) = event.facts["words"], _author(event)
    long_enough = words >= LEAST_WORDS
    source = f"posts/{event.subject_id}" + ("" if long_enough else "/brief")
    points, reason = (FLAT[K.TUTORIAL], R.WHOLE) if long_enough else (0, R.BRIEF)
    facts = {name: event.facts.get(name) for name in ("words", "title", "public_id")}
    if author_id is not None:
        award(event, Award(author_id, K.TUTORIAL, points, source, reason, facts=facts))


def _post_gone(event: Event) -> None:
    """What a post has given is taken back with it, likes too."""
    _not_due(event)
    for author_id in _author(event):
        if author_id is not None:
            lines = last_lines(author_id, event.subject_type, event.subject_id)
            take_back(event, lines, event.kind.partition(".")[2])


def _post_released(event: Event) -> None:
    _due(event)
    for author_id in _author(event):
        if author_id is not None:
            give_back(event, last_lines(author_id, event.subject_type, event.subject_id))


def _liked(event: Event) -> None:
    """The first like of each member of standing. What gives nothing is said once for each post."""
    for author_id in _author_if_tutorial(event):
        if author_id is None or event.actor_id in (None, author_id):
            continue
        source, points, reason = f"posts/{event.subject_id}", FLAT[K.LIKE], R.WHOLE
        partner_id: int | None = event.actor_id
        if not _is_of_standing(event.actor_id, event):
            source, points, reason, partner_id = f"{source}/newcomer", 0, R.NEWCOMER, None
        elif _is_full(author_id, event):
            source, partner_id = f"{source}/full", None  # the cap makes it nothing
        else:
            source = f"{source}/{event.actor_id}"
        facts = {name: event.facts.get(name) for name in ("title", "public_id")}
        award(event, Award(author_id, K.LIKE, points, source, reason, partner_id, None, facts))


def _is_full(author_id: int, event: Event) -> bool:
    like = Award(author_id, K.LIKE, FLAT[K.LIKE], "")
    return writing.is_full(event, like)


def _is_of_standing(liker_id: int | None, event: Event) -> bool:
    """A member for a week who has kept a session."""
    kept = select(PointsEntry.id).where(
        PointsEntry.user_id == User.id,
        PointsEntry.kind.in_(writing.OF_SESSIONS),
        PointsEntry.reason.not_in(writing.NOT_KEPT),
        PointsEntry.event_id < event.id,
    )
    joined: datetime | None = db.session.scalar(
        select(User.created_at).where(User.id == liker_id, kept.exists())
    )
    return joined is not None and joined + STANDING_AFTER <= event.happened_at


# -- once in a while ------------------------------------------------------------------------------


def _named(event: Event) -> Iterable[int | None]:
    """Whom the event says it is about; else its subject is a person."""
    return [event.facts.get("whose", event.subject_id)]


def _once(kind: PointsKind) -> Callable[[Event], None]:
    """The same for each such event: once for its subject."""

    def give(event: Event) -> None:
        source = f"{event.subject_type}/{event.subject_id}"
        for user_id in _named(event):
            if user_id is not None:
                award(event, Award(user_id, kind, FLAT[kind], source))

    return give


def _checked(event: Event) -> None:
    """Once for each thing that was checked, unless that was taken back: a renewal gives nothing."""
    source = f"claims/{event.facts.get('thing', event.subject_id)}"
    for user_id in _named(event):
        if user_id is None or _stands(user_id, source):
            continue
        award(event, Award(user_id, K.CLAIM, FLAT[K.CLAIM], f"{source}/{event.subject_id}"))


def _stands(user_id: int, source: str) -> bool:
    """Whether a line of such a source has given something, and no later one has turned it."""
    turned = select(Later.id).where(Later.reverses_id == PointsEntry.id).exists()
    given = select(PointsEntry.id).where(
        PointsEntry.user_id == user_id,
        PointsEntry.kind == K.CLAIM,
        PointsEntry.source.startswith(f"{source}/", autoescape=True),
        PointsEntry.points > 0,
        ~turned,
    )
    return db.session.scalar(given.limit(1)) is not None


def _streak(event: Event) -> None:
    """Once for the week in which four, eight, twelve … were reached."""
    source, facts = f"streaks/{event.facts['week']}", {"weeks": event.facts["weeks"]}
    award(event, Award(event.subject_id, K.STREAK, FLAT[K.STREAK], source, facts=facts))


def _revoked(event: Event) -> None:
    for user_id in _named(event):
        if user_id is not None:
            lines = last_lines(user_id, event.subject_type, event.subject_id)
            take_back(event, lines, event.kind.partition(".")[2])


# whose points an event may move, and how
COUNTS: dict[str, tuple[Whose, Callable[[Event], None]]] = {
    "session.completed": (sessions.both, sessions.completed),
    "session.no_show": (sessions.both, sessions.not_kept),
    "session.unconfirmed": (sessions.both, sessions.not_kept),
    "exchange.completed": (sessions.both, sessions.exchange_completed),
    "pitch.accepted": (_answerer, _answered),
    "pitch.declined": (_answerer, _answered),
    "pitch.asked": (_answerer, _answered),
    "pitch.undone": (_answerer, _undone),
    "rating.sealed": (_rater, _rated),
    "rating.retracted": (_rater, _rating_gone),
    "rating.hidden": (_rater, _rating_gone),
    "rating.released": (_rater, _rating_released),
    "post.published": (_nobody, _due),
    "post.edited": (_nobody, _due),
    "post.lasted": (_author, _lasted),
    "post.hidden": (_author, _post_gone),
    "post.deleted": (_author, _post_gone),
    "post.released": (_author, _post_released),
    "post.liked": (_author_if_tutorial, _liked),
    "profile.completed": (_named, _once(K.PROFILE)),
    "streak.reached": (_named, _streak),
    "claim.approved": (_named, _checked),
    "claim.revoked": (_named, _revoked),
    "report.upheld": (_named, _once(K.REPORT)),
    "report.overturned": (_named, _revoked),
}
