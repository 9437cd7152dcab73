"""What can be reported, and what did it look like then?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import (
    comments,
    conversations,
    exchanges,
    learning_sessions,
    pitches,
    posts,
    ratings,
    skills,
    wishes,
)
from skillswap.domain.visibility import person_named
from skillswap.errors import NotFound
from skillswap.models import (
    Comment,
    Conversation,
    Exchange,
    ExchangeNote,
    LearningSession,
    MessageKind,
    Pitch,
    PitchTurn,
    Post,
    Rating,
    User,
    UserSkillKind,
    Wish,
    WishOffer,
)

TICKED_MOST = 20
Evidence = dict[str, list[list[str]]]


class SubjectKind(StrEnum):
    """What can be reported."""

    PERSON, PHOTO = "person", "photo"
    PITCH, SESSION, EXCHANGE = "pitch", "session", "exchange"
    CONVERSATION, RATING = "conversation", "rating"
    POST, COMMENT = "post", "comment"
    WISH, OFFER = "wish", "offer"


@dataclass(frozen=True, slots=True)
class Line:
    """One of the other's messages, as it would be shown to staff."""

    seq: int
    label: str
    body: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing as its reporter sees it."""

    kind: SubjectKind
    key: str  # a username, or a public id
    table: str
    row_id: int
    person: User  # whom it is about
    evidence: Evidence  # a copy of what the reporter can read
    lines: Sequence[Line] = ()  # of a conversation: what can be ticked


# -- what there is to see -------------------------------------------------------------------------


def subject_of(reader: User, kind: SubjectKind, key: str, now: datetime) -> Subject:
    """The thing of that key with a copy of it.

    Raises NotFound for what the reader may not see, and for what is about nobody else.
    """
    match kind:
        case SubjectKind.PERSON:
            return _a_person(reader, key)
        case SubjectKind.PHOTO:
            return _a_photo(reader, key)
        case SubjectKind.PITCH:
            return _a_pitch(reader, key)
        case SubjectKind.SESSION:
            return _a_session(reader, key)
        case SubjectKind.EXCHANGE:
            return _an_exchange(reader, key)
        case SubjectKind.CONVERSATION:
            return _a_conversation(reader, key, now)
        case SubjectKind.RATING:
            return _a_rating(reader, key, now)
        case SubjectKind.POST:
            return _a_post(reader, key)
        case SubjectKind.COMMENT:
            return _a_comment(reader, key)
        case SubjectKind.WISH:
            return _a_wish(reader, key, now)
        case SubjectKind.OFFER:
            return _an_offer(reader, key)


def _evidence(facts: Mapping[str, object], texts: Sequence[tuple[str, str | None]]) -> Evidence:
    """Plain words only, so that it can be read however the tables change."""
    return {
        "facts": [[label, str(value)] for label, value in facts.items() if value],
        "texts": [[label, body] for label, body in texts if body],
    }


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _somebody_else(reader: User, username: str) -> User:
    person = person_named(username.lower(), to=reader.id)
    if person.id == reader.id:
        raise NotFound("person")
    return person


def _a_photo(reader: User, username: str) -> Subject:
    """The picture of a person and nothing else of them; by its name, which never means another."""
    person = _somebody_else(reader, username)
    if person.avatar is None:
        raise NotFound("photo")
    facts = {"Name": person.name, "Username": person.username, "Picture": person.avatar}
    table, evidence = User.__tablename__, _evidence(facts, [])
    return Subject(SubjectKind.PHOTO, person.username, table, person.id, person, evidence)


def _a_person(reader: User, username: str) -> Subject:
    person = _somebody_else(reader, username)
    lines = skills.lines_of(person.id)
    listed = {
        label: ", ".join(line.name for line in lines if line.kind is kind)
        for label, kind in (("Teaches", UserSkillKind.OFFERED), ("Wants", UserSkillKind.WANTED))
    }
    facts = {"Name": person.name, "Username": person.username, "Picture": person.avatar or ""}
    notes = [(f"Note on {line.name}", line.note) for line in lines]
    texts = [("Headline", person.headline), ("About", person.bio), *notes]
    texts += [("Education", line) for line in person.education]
    evidence = _evidence(facts | listed, texts)
    return Subject(
        SubjectKind.PERSON, person.username, User.__tablename__, person.id, person, evidence
    )


def _a_pitch(reader: User, public_id: str) -> Subject:
    pitch = pitches.pitch_of(reader, public_id)
    names = {pitch.learner_id: pitch.learner.name, pitch.teacher_id: pitch.teacher.name}
    facts = {
        "From": pitch.learner.name,
        "To": pitch.teacher.name,
        "Skill": pitch.skill.name,
        "In return": pitch.offered_skill.name if pitch.offered_skill else "",
        "State": pitch.state,
        "Sent": _at(pitch.sent_at),
    }
    turns = db.session.scalars(
        select(PitchTurn).where(PitchTurn.pitch_id == pitch.id).order_by(PitchTurn.id)
    )
    said = [(f"{names[turn.author_id]}, {turn.kind}", turn.body) for turn in turns]
    texts = [(f"{pitch.learner.name}, pitch", pitch.body), *said]
    texts.append((f"{pitch.teacher.name}, answer", pitch.answer_body))
    other = pitches.other_of(pitch, reader)
    evidence = _evidence(facts, texts)
    return Subject(SubjectKind.PITCH, public_id, Pitch.__tablename__, pitch.id, other, evidence)


def _a_session(reader: User, public_id: str) -> Subject:
    one = learning_sessions.session_of(reader, public_id)
    names = {one.learner_id: one.learner.name, one.teacher_id: one.teacher.name}
    facts = {
        "Teacher": one.teacher.name,
        "Learner": one.learner.name,
        "Skill": one.skill.name,
        "State": one.state,
        "Starts": _at(one.starts_at),
        "Cancelled by": names.get(one.cancelled_by_id or 0, ""),
    }
    facts |= {f"Answer of {names[said.user_id]}": said.answer for said in one.outcomes}
    texts: list[tuple[str, str | None]] = [
        (f"{names[proposal.proposer_id]}, with the times", proposal.body)
        for proposal in one.proposals
    ]
    texts += [
        ("Place", one.place_body),
        ("Preparation", one.preparation),
        ("Reason", one.cancel_reason),
    ]
    return Subject(
        SubjectKind.SESSION,
        public_id,
        LearningSession.__tablename__,
        one.id,
        one.partner_of(reader),
        _evidence(facts, texts),
    )


def _an_exchange(reader: User, public_id: str) -> Subject:
    exchange = exchanges.exchange_of(reader, public_id)
    facts = {
        "Between": f"{exchange.learner.name} and {exchange.teacher.name}",
        "Skills": ", ".join(leg.skill.name for leg in exchange.legs),
        "State": exchange.state,
        "Since": _at(exchange.opened_at),
    }
    notes = db.session.scalar(
        select(ExchangeNote.body).where(ExchangeNote.exchange_id == exchange.id)
    )
    evidence = _evidence(facts, [("Shared notes", notes), ("Reason", exchange.end_reason)])
    other = exchange.partner_of(reader)
    return Subject(
        SubjectKind.EXCHANGE, public_id, Exchange.__tablename__, exchange.id, other, evidence
    )


def _a_rating(reader: User, public_id: str, now: datetime) -> Subject:
    """What somebody said of the reader, or of anybody else; one's own is not reported."""
    card = ratings.rating_of(reader, public_id, now)
    if card is None or card.mine:
        raise NotFound("rating")
    rating = db.session.scalars(
        select(Rating)
        .where(Rating.public_id == public_id)
        .options(joinedload(Rating.rater), joinedload(Rating.rated))
    ).one()
    facts = {
        "By": rating.rater.name,
        "About": f"{rating.rated.name}, {card.role}",
        "Skill": card.skill,
        "Stars": card.stars,
        "Words": ", ".join(card.tags),
        "Published": _at(card.since),
    }
    texts = [("Text", card.body), (f"Reply of {rating.rated.name}", card.reply_body)]
    table, by = Rating.__tablename__, rating.rater
    return Subject(SubjectKind.RATING, public_id, table, rating.id, by, _evidence(facts, texts))


def _a_post(reader: User, public_id: str) -> Subject:
    """Its words as they were written, and what is said to be on its pictures."""
    post = posts.readable_post(public_id, reader)
    if post.author_id == reader.id:
        raise NotFound("post")
    by = db.session.get_one(User, post.author_id)
    card = posts.card(public_id, reader)
    facts = {
        "By": by.name,
        "Kind": post.kind,
        "Published": _at(post.published_at),
        "Edited": _at(post.edited_at),
        "Skills": ", ".join(skill.name for skill in card.skills),
        "Pictures": ", ".join(one.url for one in card.pictures),
    }
    texts = [("Title", post.title), ("Text", post.body)]
    texts += [("On a picture", one.alt) for one in card.pictures]
    evidence = _evidence(facts, texts)
    return Subject(SubjectKind.POST, public_id, Post.__tablename__, post.id, by, evidence)


def _a_comment(reader: User, public_id: str) -> Subject:
    comment, post = comments.readable_comment(public_id, reader)
    if comment.author_id == reader.id:
        raise NotFound("comment")
    facts = {
        "By": comment.author.name,
        "On the post": post.title or post.public_id,
        "Written": _at(comment.created_at),
        "Edited": _at(comment.edited_at),
    }
    evidence = _evidence(facts, [("Comment", comment.body)])
    table, by = Comment.__tablename__, comment.author
    return Subject(SubjectKind.COMMENT, public_id, table, comment.id, by, evidence)


def _a_wish(reader: User, public_id: str, now: datetime) -> Subject:
    wish = wishes.wish_of(reader, public_id, now)
    if wish.learner_id == reader.id:
        raise NotFound("wish")
    facts = {
        "By": wish.learner.name,
        "Skill": wish.skill.name,
        "State": wish.state,
        "Made": _at(wish.made_at),
    }
    evidence = _evidence(facts, [("Wish", wish.body)])
    table, by = Wish.__tablename__, wish.learner
    return Subject(SubjectKind.WISH, public_id, table, wish.id, by, evidence)


def _an_offer(reader: User, public_id: str) -> Subject:
    """The words of the other of the two."""
    offer = wishes.offer_of(reader, public_id)
    incoming = offer.learner_id == reader.id
    other = offer.teacher if incoming else offer.learner
    facts = {
        "From": offer.teacher.name,
        "To": offer.learner.name,
        "Skill": offer.wish.skill.name,
        "In return": offer.return_skill.name if offer.return_skill else "",
        "State": offer.state,
        "Made": _at(offer.made_at),
    }
    said = ("Offer", offer.body) if incoming else ("Answer", offer.answer_body)
    table, evidence = WishOffer.__tablename__, _evidence(facts, [said])
    return Subject(SubjectKind.OFFER, public_id, table, offer.id, other, evidence)


def _a_conversation(reader: User, public_id: str, now: datetime) -> Subject:
    """Nothing of it is copied but what its reporter ticks: what else was written is private."""
    thread = conversations.thread_of(reader, public_id, now)
    theirs = [
        Line(line.seq, f"{thread.other.name}, {_at(line.created_at)}", line.body or line.file_title)
        for line in conversations.lines_of(thread).lines
        if line.sender_id == thread.other.id and line.kind is MessageKind.TEXT and line.body
    ]
    facts = _evidence({"Between": f"{reader.name} and {thread.other.name}"}, [])
    return Subject(
        SubjectKind.CONVERSATION,
        public_id,
        Conversation.__tablename__,
        thread.id or 0,
        thread.other,
        facts,
        theirs[-TICKED_MOST:],
    )
