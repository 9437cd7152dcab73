"""Each check of `flask doctor` is silent on what the verbs made, and speaks of a broken row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.sql.dml import UpdateBase

from skillswap.db import db, transaction
from skillswap.domain import comments, doctor, learning_sessions, likes, media
from skillswap.domain.catalogue import load_catalogue
from skillswap.models import (
    BookedSlot,
    Comment,
    CommentState,
    Conversation,
    ConversationMember,
    Event,
    Exchange,
    ExchangeLeg,
    LearningSession,
    Media,
    MediaKind,
    Notification,
    OutcomeAnswer,
    Pitch,
    PitchState,
    PostLike,
    Proposal,
    SessionState,
    SkillName,
    User,
)
from tests import people


@pytest.fixture
def place(ada: User, ben: User, now: datetime) -> LearningSession:
    """The catalogue, a pitch, an exchange, a kept session, one ahead and one offered; no files,
    which tests before this one may have left.
    """
    for name in list(media.store().names()):
        media.store().delete(name)
    with transaction():
        load_catalogue(now)
    exchange = people.make_exchange(ben, ada, offered="sourdough", now=now - timedelta(days=9))
    ended = people.make_session(ada, exchange, now=now - timedelta(days=8))
    with transaction():
        for person in (ada, ben):
            learning_sessions.give_outcome(
                person, ended.public_id, answer=OutcomeAnswer.HAPPENED, now=now
            )
    ahead = people.make_session(ben, exchange, now=now)
    later = people.next_quarter(now + timedelta(days=5))
    people.make_proposal(ada, exchange, starts=[later], now=now)
    people.make_pitch(people.cy(), ada, "piano", now=now)
    post = people.make_post(ada, now=now)
    with transaction():
        said = comments.make_comment(ben, post.public_id, body="Lovely.", now=now)
        likes.like_post(ben, post.public_id, now)
        likes.like_comment(ada, said.public_id, now)
    return ahead


def found(stored: tuple[str, ...] | None = ()) -> list[str]:
    """The names of the checks that found something."""
    return [check.name for check in doctor.examine(stored) if not check.is_well]


@pytest.mark.usefixtures("place")
def test_what_the_verbs_make_is_well() -> None:
    assert found() == []


def completed() -> object:
    """The condition for the session that was kept."""
    return LearningSession.state == SessionState.COMPLETED


BROKEN: dict[str, tuple[Callable[[], UpdateBase], str]] = {
    "an hour is missing": (
        lambda: delete(BookedSlot).where(
            BookedSlot.slot == select(func.max(BookedSlot.slot)).scalar_subquery()
        ),
        "booked hours",
    ),
    "a session was moved without its hours": (
        lambda: (
            update(LearningSession)
            .where(completed())
            .values(
                starts_at=LearningSession.__table__.c.starts_at,
                ends_at=select(func.max(LearningSession.created_at)).scalar_subquery(),
            )
        ),
        "booked hours",
    ),
    "hours are held for a cancelled session": (
        lambda: update(LearningSession).where(completed()).values(state=SessionState.CANCELLED),
        "booked hours",
    ),
    "an offer is open for a session that is over": (
        lambda: (
            update(Proposal)
            .where(Proposal.learning_session_id.in_(select(LearningSession.id).where(completed())))
            .values(state="open")
        ),
        "open offers",
    ),
    "a move is open for a session that is not scheduled": (
        lambda: (
            update(Proposal)
            .where(Proposal.state == "open")
            .values(kind="move", lapse_at=func.coalesce(Proposal.start_2, Proposal.start_1))
        ),
        "open offers",
    ),
    "a session to be agreed has no offer": (
        lambda: delete(Proposal).where(Proposal.state == "open"),
        "open offers",
    ),
    "an accepted pitch has no exchange": (
        lambda: update(Pitch).values(state=PitchState.ACCEPTED),
        "accepted pitches",
    ),
    "an exchange has lost a leg": (
        lambda: delete(ExchangeLeg).where(
            ExchangeLeg.position == 1, ExchangeLeg.exchange_id.in_(select(Exchange.id))
        ),
        "accepted pitches",
    ),
    "a session is completed and nobody said so": (
        lambda: (
            update(LearningSession)
            .where(LearningSession.state == SessionState.SCHEDULED)
            .values(state=SessionState.COMPLETED)
        ),
        "completed sessions",
    ),
    "somebody unrated has a rank": (
        lambda: update(User).where(User.username == "ada").values(rating_rank=4_900),
        "rating totals",
    ),
    "a teacher seems to answer what they did not": (
        lambda: update(User).where(User.username == "ada").values(answered_count=7),
        "answers of teachers",
    ),
    "a notification is about something else than its event": (
        lambda: update(Notification).values(subject_id=Notification.subject_id + 1_000),
        "notifications",
    ),
    "an event is of a kind nobody knows": (
        lambda: update(Event).where(Event.kind == "pitch.sent").values(kind="pitch.sung"),
        "notifications",
    ),
    "a skill has no name to be found by": (
        lambda: delete(SkillName).where(SkillName.key == "sourdough"),
        "every skill",
    ),
    "a picture is shown that is not there": (
        lambda: update(User).where(User.username == "ada").values(avatar="gone.webp"),
        "pictures",
    ),
    "a conversation counts a line that is not there": (
        lambda: update(Conversation).values(last_seq=Conversation.last_seq + 1),
        "conversations",
    ),
    "a like was lost": (lambda: delete(PostLike), "likes and comments"),
    "a like of a comment counts twice": (
        lambda: update(Comment).values(like_count=2),
        "likes and comments",
    ),
    "a comment went without its number": (
        lambda: update(Comment).values(state=CommentState.DELETED),
        "likes and comments",
    ),
    "a conversation has one side": (
        lambda: delete(ConversationMember).where(
            ConversationMember.user_id == select(func.min(User.id)).scalar_subquery()
        ),
        "conversations",
    ),
}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_row_is_found(what: str) -> None:
    statement, check = BROKEN[what]
    with transaction():
        db.session.execute(statement().execution_options(synchronize_session=False))
    # what is broken at its source is something else in the lists made of it as well
    (name,) = [one for one in found() if one != "lists say what they are made of"]
    assert name.startswith(check)


@pytest.mark.usefixtures("place")
@pytest.mark.only_on("sqlite")  # PostgreSQL cannot be talked out of its foreign keys by a pragma
def test_a_row_that_refers_to_nothing_is_found() -> None:
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("UPDATE pitches SET skill_id = 99999")
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    assert "rows refer to rows that are there" in found()


def test_files_without_rows_and_rows_without_files_are_found(
    place: LearningSession, ada: User, now: datetime
) -> None:
    assert found(("left-over.webp",)) == ["pictures and their files match"]
    with transaction():
        db.session.add(
            Media(name="a.webp", owner_id=ada.id, kind=MediaKind.AVATAR, size=9, created_at=now)
        )
    assert found() == ["pictures and their files match"]
    assert found(("a.webp",)) == []
    with transaction():
        db.session.execute(update(Media).values(small_name="b.webp"))
    assert found(("a.webp",)) == ["pictures and their files match"]
    assert found(("a.webp", "b.webp")) == found(None) == []


def test_the_command_prints_a_line_for_each_check_and_ends_with_1_on_trouble(
    app: Flask, place: LearningSession
) -> None:
    runner = app.test_cli_runner()
    well = runner.invoke(args=["doctor"])
    assert well.exit_code == 0
    assert well.output.count("ok       ") == len(doctor.examine(())) + 1
    assert "note     Files lie in the folder " in well.output
    assert "note     REDIS_URL is not set" in well.output
    with transaction():
        db.session.execute(delete(BookedSlot))
    ill = runner.invoke(args=["doctor"])
    assert ill.exit_code == 1
    assert f"session {place.public_id}" in ill.output
