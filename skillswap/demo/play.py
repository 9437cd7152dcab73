"""How does the plan become rows? Each step is a verb of the domain, at the instant it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.demo.cast import Person
from skillswap.demo.plan import Meeting, Step, Story, Verb
from skillswap.domain import (
    contests,
    exchanges,
    learning_sessions,
    notifications,
    pitches,
    ratings,
)
from skillswap.models import DeclineReason, User

MOST_AT_ONCE = 100
ROOM_URL = "https://meet.jit.si"  # where the calls of the past were; nobody reads it


class Play:
    """Plays steps in the order of their instants, in the caller's transaction."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        rows = db.session.scalars(select(User).where(User.username.in_(people))).all()
        self.users = {user.username: user for user in rows}
        self.pitches: dict[Story, str] = {}  # their public ids
        self.exchanges: dict[Story, tuple[str, list[int]]] = {}  # and the ids of the legs
        self.meetings: dict[Meeting, str] = {}
        self.ratings: dict[tuple[Meeting, str], str] = {}  # by who is rated

    def play(self, steps: Sequence[Step]) -> None:
        """All of them. A rule that says no is a mistake in the plan, and nothing is kept."""
        verbs = {
            Verb.SEND: self.send,
            Verb.ACCEPT: self.accept,
            Verb.DECLINE: self.decline,
            Verb.WITHDRAW: self.withdraw,
            Verb.IGNORE: self.ignore,
            Verb.EXPIRE: self.expire,
            Verb.OFFER: self.offer,
            Verb.PICK: self.pick,
            Verb.CANCEL: self.cancel,
            Verb.MOVE: self.move,
            Verb.JOIN: self.join,
            Verb.CONFIRM: self.confirm,
            Verb.CONTEST: self.contest,
            Verb.COMPLETE: self.complete,
            Verb.END: self.end,
            Verb.RATE: self.rate,
            Verb.PUBLISH: self.publish,
            Verb.REPLY: self.reply,
        }
        for step in steps:
            verbs[step.verb](step, self.users[step.actor.username])

    # -- pitches -----------------------------------------------------------------------------------

    def send(self, step: Step, actor: User) -> None:
        """A pitch is sent."""
        story = step.story
        pitch = pitches.send_pitch(
            actor,
            self.users[story.teacher.username],
            skill=story.skill,
            offered=story.offered,
            body=step.words,
            now=step.at,
        )
        self.pitches[story] = pitch.public_id

    def accept(self, step: Step, actor: User) -> None:
        """It is accepted: the exchange is open."""
        opened = pitches.accept_pitch(actor, self.pitches[step.story], body=step.words, now=step.at)
        legs = sorted(opened.legs, key=lambda leg: leg.position)
        self.exchanges[step.story] = (opened.public_id, [leg.id for leg in legs])

    def decline(self, step: Step, actor: User) -> None:
        """It is declined."""
        reason = step.reason or DeclineReason.PREFER_NOT_TO_SAY
        pitches.decline_pitch(
            actor, self.pitches[step.story], reason=reason, body=step.words, now=step.at
        )

    def withdraw(self, step: Step, actor: User) -> None:
        """It is taken back."""
        pitches.withdraw_pitch(actor, self.pitches[step.story], now=step.at)

    def ignore(self, step: Step, actor: User) -> None:
        """It is hidden from the inbox."""
        pitches.ignore_pitch(actor, self.pitches[step.story], now=step.at)

    def expire(self, step: Step, actor: User) -> None:
        """Nobody answered it in time."""
        pitch = pitches.sent_pitch(actor, self.pitches[step.story])
        pitches.expire_if_due(pitch, step.at)

    # -- sessions ----------------------------------------------------------------------------------

    def offer(self, step: Step, actor: User) -> None:
        """Times are offered."""
        meeting = _meeting(step)
        public_id, legs = self.exchanges[step.story]
        offered = learning_sessions.propose_times(
            actor,
            public_id,
            leg_id=legs[meeting.leg],
            starts=step.starts,
            minutes=meeting.minutes,
            weeks=meeting.weeks,
            body=step.words,
            now=step.at,
        )
        self.meetings[meeting] = offered.public_id
        if step.preparation:
            teacher = self.users[meeting.teacher.username]
            learning_sessions.prepare_session(
                teacher, offered.public_id, body=step.preparation, version=0, now=step.at
            )

    def pick(self, step: Step, actor: User) -> None:
        """One of them is picked."""
        meeting = _meeting(step)
        learning_sessions.accept_times(
            actor, self.meetings[meeting], start=meeting.start, now=step.at
        )

    def cancel(self, step: Step, actor: User) -> None:
        """A session is called off."""
        public_id = self.meetings[_meeting(step)]
        learning_sessions.cancel_session(actor, public_id, reason=step.words, now=step.at)

    def move(self, step: Step, actor: User) -> None:
        """Another time is asked for."""
        meeting = _meeting(step)
        learning_sessions.propose_move(
            actor,
            self.meetings[meeting],
            starts=step.starts,
            minutes=meeting.minutes,
            body=step.words,
            now=step.at,
        )

    def join(self, step: Step, actor: User) -> None:
        """Somebody opens the call."""
        public_id = self.meetings[_meeting(step)]
        learning_sessions.join_session(actor, public_id, jitsi_url=ROOM_URL, now=step.at)

    def confirm(self, step: Step, actor: User) -> None:
        """Somebody says how it went."""
        public_id = self.meetings[_meeting(step)]
        learning_sessions.give_outcome(actor, public_id, answer=step.answer, now=step.at)

    def contest(self, step: Step, actor: User) -> None:
        """Somebody says that a mark is wrong."""
        contests.contest(actor, self.meetings[_meeting(step)], body=step.words, now=step.at)

    # -- exchanges ---------------------------------------------------------------------------------

    def complete(self, step: Step, actor: User) -> None:
        """An exchange has reached its goal: one says so, the other agrees."""
        public_id = self.exchanges[step.story][0]
        exchange = exchanges.complete_exchange(actor, public_id, now=step.at)
        exchanges.complete_exchange(exchange.partner_of(actor), public_id, now=step.at)

    def end(self, step: Step, actor: User) -> None:
        """An exchange ends before it."""
        public_id = self.exchanges[step.story][0]
        exchanges.cancel_exchange(actor, public_id, reason=step.words, now=step.at)

    # -- ratings -----------------------------------------------------------------------------------

    def rate(self, step: Step, actor: User) -> None:
        """Somebody seals a rating, on the page they were asked to come to."""
        meeting = _meeting(step)
        public_id = self.meetings[meeting]
        given = ratings.rate_session(
            actor,
            public_id,
            stars=step.stars,
            tags=step.tags,
            body=step.words,
            meet_again=step.stars > 3 or None,
            now=step.at,
        )
        rated = meeting.story.partner_of(step.actor).username
        self.ratings[meeting, rated] = given.public_id
        notifications.read_about(actor, "learning_sessions", public_id, step.at)

    def publish(self, step: Step, _actor: User) -> None:
        """The time of one that stayed alone is over."""
        ratings.publish_due(step.at, MOST_AT_ONCE)

    def reply(self, step: Step, actor: User) -> None:
        """The rated one answers in public."""
        key = self.ratings[_meeting(step), step.actor.username]
        ratings.reply_to_rating(actor, key, body=step.words, now=step.at)


def _meeting(step: Step) -> Meeting:
    if step.meeting is None:
        raise ValueError(f"{step.verb} is about a session")
    return step.meeting


def last_acts(steps: Sequence[Step]) -> dict[str, datetime]:
    """When each person last did something, by username."""
    return {step.actor.username: step.at for step in steps if step.verb is not Verb.EXPIRE}
