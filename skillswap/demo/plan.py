"""What happens in the demo, when? A plan of steps, made before anything touches the database.

Each step is one verb of the domain at one instant. Played in the order of their instants
(`play.py`), every rule of the domain sees the past it would have seen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from skillswap.demo.cast import Person
from skillswap.demo.diary import Diary, awake
from skillswap.demo.words import Letter, Words
from skillswap.models import DeclineReason, OutcomeAnswer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)
JUST_NOW = timedelta(minutes=3)  # the latest anything has happened
LEAD = timedelta(hours=30)  # nobody offers a start nearer than that
SEEN_JOINING = timedelta(days=7)  # who came when is only told of recent sessions
RESPOND_DAYS = 14
TRIES = 8


class Verb(StrEnum):
    """What a step does; `play.py` has a function for each."""

    SEND, ACCEPT, DECLINE, WITHDRAW = "send", "accept", "decline", "withdraw"
    IGNORE, EXPIRE = "ignore", "expire"
    OFFER, PICK, TURN_DOWN, CANCEL = "offer", "pick", "turn_down", "cancel"
    MOVE = "move"
    JOIN, CONFIRM, CONTEST = "join", "confirm", "contest"
    COMPLETE, END = "complete", "end"
    RATE, PUBLISH, REPLY = "rate", "publish", "reply"


@dataclass(slots=True, eq=False)
class Story:
    """A pitch, and the exchange it may open."""

    learner: Person
    teacher: Person
    skill: str
    offered: str
    sent_at: datetime
    opened_at: datetime | None = None
    meetings: list[Meeting] = field(default_factory=list)

    def partner_of(self, person: Person) -> Person:
        """The other of the two."""
        return self.teacher if person is self.learner else self.learner


@dataclass(slots=True, eq=False)
class Meeting:
    """A session: offered, perhaps picked, perhaps over."""

    story: Story
    leg: int
    start: datetime
    minutes: int
    picked_at: datetime | None = None
    weeks: int = 0  # the same time again, offered along

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.start + timedelta(minutes=self.minutes)

    @property
    def teacher(self) -> Person:
        """Who teaches in this leg."""
        return self.story.learner if self.leg else self.story.teacher

    @property
    def skill(self) -> str:
        """What is taught in this leg."""
        return self.story.offered if self.leg else self.story.skill


@dataclass(frozen=True, slots=True)
class Step:
    """One verb at one instant."""

    at: datetime
    order: int
    verb: Verb
    actor: Person
    story: Story
    meeting: Meeting | None = None
    words: str = ""
    reason: DeclineReason | None = None
    starts: Sequence[datetime] = ()
    preparation: str = ""
    answer: OutcomeAnswer = OutcomeAnswer.HAPPENED
    stars: int = 0
    tags: Sequence[str] = ()


class Plan:
    """The steps so far, with the means to add what belongs together."""

    def __init__(self, now: datetime, rng: random.Random) -> None:
        self.now, self.rng = now, rng
        self.diary, self.words = Diary(rng), Words(rng)
        self.stories: list[Story] = []
        self._steps: list[Step] = []

    def steps(self) -> list[Step]:
        """All of them, in the order in which they happen."""
        return sorted(self._steps, key=lambda step: (step.at, step.order))

    def add(self, verb: Verb, actor: Person, story: Story, at: datetime, **more: object) -> None:
        """Note a step. What has not happened yet is left out: it is what people wait for."""
        if at <= self.now - JUST_NOW:
            self._steps.append(Step(at, len(self._steps), verb, actor, story, **more))  # type: ignore[arg-type]

    def moment(self, person: Person, earliest: datetime, latest: datetime) -> datetime:
        """An instant of that span at which this person is likely awake."""
        for _try in range(TRIES):
            at = earliest + (latest - earliest) * self.rng.random()
            if awake(person, at, self.rng):
                break
        return at.replace(microsecond=0)

    # -- pitches -----------------------------------------------------------------------------------

    def send(
        self,
        learner: Person,
        teacher: Person,
        skill: str,
        sent_at: datetime,
        *,
        offered: str = "",
        lead: str = "",
    ) -> Story:
        """A pitch, with the words written for it or some that fit."""
        letter = Letter(learner, teacher, skill, offered, sent_at)
        story = Story(learner, teacher, skill, offered, sent_at)
        self.stories.append(story)
        words = self.words.lead(letter, lead) if lead else self.words.pitch(letter)
        self.add(Verb.SEND, learner, story, sent_at, words=words)
        return story

    def _letter(self, story: Story) -> Letter:
        return Letter(story.learner, story.teacher, story.skill, story.offered, story.sent_at)

    def accept(self, story: Story, at: datetime) -> None:
        """The teacher says yes: the exchange is open from then on."""
        story.opened_at = at
        words = self.words.accept(self._letter(story))
        self.add(Verb.ACCEPT, story.teacher, story, at, words=words)

    def decline(self, story: Story, at: datetime, reason: DeclineReason) -> None:
        """The teacher says no."""
        words = self.words.decline(self._letter(story), reason)
        self.add(Verb.DECLINE, story.teacher, story, at, words=words, reason=reason)

    # -- sessions ----------------------------------------------------------------------------------

    def meet(
        self,
        story: Story,
        leg: int,
        start: datetime,
        since: datetime,
        *,
        minutes: int = 60,
        proposer: Person | None = None,
        picked: bool = True,
        others: int | None = None,
        silent: Sequence[Person] = (),
    ) -> Meeting:
        """A session at `start`: offered after `since` and picked, unless it is still to be.

        Once it is over both come back to say that it happened, as far as there was time and they
        are not `silent`.
        """
        meeting = Meeting(story, leg, start, minutes)
        story.meetings.append(meeting)
        self.diary.book(story.learner, story.teacher, start, minutes)
        proposer = proposer or self.rng.choice((story.learner, story.teacher))
        latest = min(start - LEAD, self.now - 5 * HOUR)
        earliest = max(since + HOUR / 2, latest - 5 * DAY)
        if earliest > latest:
            raise ValueError("no time left to agree on that start")
        offered_at = self.moment(proposer, earliest, latest)
        starts = self._starts(meeting, offered_at, others)
        self.add(
            Verb.OFFER,
            proposer,
            story,
            offered_at,
            meeting=meeting,
            starts=starts,
            words=self.words.offer(proposer),
            preparation=self.words.preparation(meeting.teacher, meeting.skill),
        )
        if picked:
            self._pick(meeting, proposer, offered_at, min(starts))
            self._happen(meeting, silent)
        return meeting

    def _starts(self, meeting: Meeting, at: datetime, others: int | None) -> list[datetime]:
        """The start that will be picked, and up to two more the two are free at."""
        starts = [meeting.start]
        story = meeting.story
        for _other in range(self.rng.choice((0, 1, 2)) if others is None else others):
            earliest = max(at + LEAD, meeting.start - 2 * DAY)
            if meeting.start > self.now:
                earliest = max(earliest, self.now + 6 * HOUR)  # or the offer would have lapsed
            start = self.diary.find(
                story.learner,
                story.teacher,
                earliest,
                meeting.start + 2 * DAY,
                meeting.minutes,
            )
            if start is not None:
                self.diary.hold(story.learner, story.teacher, start, meeting.minutes)
                starts.append(start)
        return sorted(starts)

    def _pick(
        self, meeting: Meeting, proposer: Person, offered_at: datetime, first: datetime
    ) -> None:
        """The other picks within a day, and before the offer lapses."""
        other = meeting.story.partner_of(proposer)
        latest = min(offered_at + 22 * HOUR, first - 4 * HOUR, self.now - 10 * MINUTE)
        meeting.picked_at = self.moment(other, offered_at + 10 * MINUTE, latest)
        self.add(Verb.PICK, other, meeting.story, meeting.picked_at, meeting=meeting)

    def _happen(self, meeting: Meeting, silent: Sequence[Person]) -> None:
        """Both come, and both say so afterwards: one within a day, the other within two more."""
        both = [meeting.story.learner, meeting.story.teacher]
        self.rng.shuffle(both)
        if meeting.start > self.now - SEEN_JOINING:
            for person in both:
                at = meeting.start + timedelta(seconds=self.rng.randint(-240, 200))
                self.add(Verb.JOIN, person, meeting.story, at, meeting=meeting)
        at = meeting.end
        talking = [person for person in both if person not in silent]
        for person, hours in zip(talking, (20, 40), strict=False):
            at = self.moment(person, at + 5 * MINUTE, at + hours * HOUR)
            self.add(Verb.CONFIRM, person, meeting.story, at, meeting=meeting)

    def move(self, meeting: Meeting, person: Person, words: str) -> None:
        """Somebody would like another time, and the other has not answered yet."""
        story, around = meeting.story, meeting.start + 3 * HOUR
        start = self.diary.find(
            story.learner, story.teacher, around, around + 2 * DAY, meeting.minutes
        )
        if start is None or meeting.picked_at is None:
            return
        self.diary.hold(story.learner, story.teacher, start, meeting.minutes)
        at = max(meeting.picked_at + 5 * MINUTE, self.now - 2 * HOUR)
        self.add(Verb.MOVE, person, story, at, meeting=meeting, starts=[start], words=words)

    def go_wrong(
        self, meeting: Meeting, came: Sequence[Person], said: Sequence[tuple[Person, OutcomeAnswer]]
    ) -> None:
        """A session that was picked, remembered in other words: each says so some hours later."""
        self._forget(meeting)
        for person in came:
            at = meeting.start + 2 * MINUTE
            self.add(Verb.JOIN, person, meeting.story, at, meeting=meeting)
        for number, (person, answer) in enumerate(said, start=1):
            at = meeting.end + 3 * number * HOUR
            story = meeting.story
            self.add(Verb.CONFIRM, person, story, at, meeting=meeting, answer=answer)

    def contest(self, meeting: Meeting, person: Person, at: datetime, words: str) -> None:
        """Somebody says that the mark of a session is wrong."""
        self.add(Verb.CONTEST, person, meeting.story, at, meeting=meeting, words=words)

    def call_off(self, meeting: Meeting, person: Person, at: datetime) -> None:
        """A session that was picked does not take place after all."""
        self._forget(meeting)
        words = self.words.cancel(person)
        self.add(Verb.CANCEL, person, meeting.story, at, meeting=meeting, words=words)

    def complete(self, story: Story, person: Person, at: datetime) -> None:
        """An exchange has reached its goal. Three days after the last session both have said so."""
        self.add(Verb.COMPLETE, person, story, self.moment(person, at, at + DAY))

    def end(self, story: Story, person: Person, at: datetime) -> None:
        """An exchange ends before its goal, and with it whatever it had ahead."""
        for meeting in story.meetings:
            if meeting.start > at:
                self._forget(meeting)
        self.add(Verb.END, person, story, at, words=self.words.ending(person))

    def _forget(self, meeting: Meeting) -> None:
        """Nobody comes to it, nobody says how it went."""
        after = (Verb.JOIN, Verb.CONFIRM)
        self._steps = [
            step for step in self._steps if step.meeting is not meeting or step.verb not in after
        ]
