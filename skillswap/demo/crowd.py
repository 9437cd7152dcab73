"""What goes on among the many people of the demo whom nobody signs in as?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from skillswap.demo.cast import Pair, Person, pairs
from skillswap.demo.plan import DAY, HOUR, RESPOND_DAYS, Meeting, Plan, Story, Verb
from skillswap.models import DeclineReason

# how many of each; (with a skill in return, without)
RUNNING, FRESH, FINISHED, ENDED = (13, 15), (5, 8), (5, 7), (1, 2)
PENDING, DECLINED, WITHDRAWN, EXPIRED, IGNORED = (7, 13), (6, 17), (2, 7), (1, 4), (0, 3)
REASONS = (*DeclineReason, DeclineReason.NO_TIME, DeclineReason.NO_TIME)
STORIES_EACH = 2  # as a learner, and one more as a teacher
LENGTHS = (45, 60, 60, 60, 90)
WEEKS_BETWEEN = (7, 7, 10, 14)


class Crowd:
    """Adds the stories of everybody but the five leads to a plan."""

    def __init__(self, plan: Plan, people: Mapping[str, Person]) -> None:
        self.plan, self.rng, self.now = plan, plan.rng, plan.now
        found = pairs(people, plan.now)
        self.rng.shuffle(found)
        self.two_way = [pair for pair in found if pair.returns]
        self.one_way = [pair for pair in found if not pair.returns]
        self.learns: Counter[str] = Counter()
        self.teaches: Counter[str] = Counter()
        self.met: set[frozenset[str]] = set()
        for story in plan.stories:  # those with the leads
            self._count(story.learner, story.teacher, bool(story.offered))

    def fill(self) -> None:
        """All the stories."""
        kinds: list[tuple[tuple[int, int], Callable[[bool], bool]]] = [
            (RUNNING, self.running),
            (FRESH, self.fresh),
            (FINISHED, self.finished),
            (ENDED, self.ended),
            (DECLINED, self.declined),
            (WITHDRAWN, self.withdrawn),
            (EXPIRED, self.expired),
            (IGNORED, self.ignored),
            (PENDING, self.pending),
        ]
        for (two_way, one_way), story in kinds:
            for returns in [True] * two_way + [False] * one_way:
                story(returns)

    def _pair(self, two_way: bool, before: datetime) -> Pair | None:
        """The next two who were both here by then and are not too busy."""
        among = self.two_way if two_way else self.one_way
        for pair in among:
            learner, teacher = pair.learner, pair.teacher
            both = frozenset((learner.username, teacher.username))
            free = (
                self.learns[learner.username] < STORIES_EACH
                and self.teaches[teacher.username] < STORIES_EACH + 1
                and (not two_way or self.teaches[learner.username] < STORIES_EACH)
                and max(learner.joined_at, teacher.joined_at) + DAY / 4 < before
                and both not in self.met
            )
            if free:
                among.remove(pair)
                self._count(learner, teacher, two_way)
                return pair
        return None

    def _count(self, learner: Person, teacher: Person, two_way: bool) -> None:
        self.met.add(frozenset((learner.username, teacher.username)))
        self.learns[learner.username] += 1
        self.teaches[teacher.username] += 1
        if two_way:
            self.teaches[learner.username] += 1

    def _send(self, two_way: bool, at: datetime) -> Story | None:
        pair = self._pair(two_way, at)
        if pair is None:
            return None
        sent_at = self.plan.moment(pair.learner, at, min(at + 8 * HOUR, self.now - HOUR / 2))
        offered = self.rng.choice(pair.returns) if two_way else ""
        return self.plan.send(pair.learner, pair.teacher, pair.skill, sent_at, offered=offered)

    def _open(self, two_way: bool, opened_at: datetime) -> Story | None:
        """A pitch that was accepted about then."""
        story = self._send(two_way, opened_at - self.rng.uniform(0.4, 4) * DAY)
        if story is not None:
            earliest = max(story.sent_at + HOUR / 2, opened_at - 6 * HOUR)
            self.plan.accept(story, self.plan.moment(story.teacher, earliest, opened_at))
        return story

    # -- exchanges ---------------------------------------------------------------------------------

    def running(self, two_way: bool) -> bool:
        """Some sessions kept, one ahead; or one just over, or times still to be picked."""
        ahead = self.rng.uniform(-0.8, 9)
        weeks = self.rng.choice(WEEKS_BETWEEN)
        past = self.rng.choice((0, 1, 1, 2, 2))
        days = [ahead - number * weeks for number in range(past, -1, -1)]
        if self.rng.random() < 0.4:
            days.append(ahead + weeks)
        opened = min(days[0] - self.rng.uniform(3.2, 6), -self.rng.uniform(0.6, 4))
        story = self._open(two_way, self.now + opened * DAY)
        if story is None:
            return False
        met = self._meetings(story, days, waiting=self.rng.random() < 0.3)
        coming = [one for one in met if one.start > self.now + DAY and one.picked_at]
        if coming and self.rng.random() < 0.15:
            self._call_off(coming[0])
        return True

    def fresh(self, two_way: bool) -> bool:
        """Opened in these days; the first times are offered."""
        opened_at = self.now - self.rng.uniform(0.5, 3) * DAY
        story = self._open(two_way, opened_at)
        if story is not None:
            self._meetings(story, [self.rng.uniform(2, 6)], waiting=self.rng.random() < 0.7)
        return story is not None

    def finished(self, two_way: bool) -> bool:
        """Some sessions, and then both had what they came for."""
        last, weeks = -self.rng.uniform(6, 80), self.rng.choice(WEEKS_BETWEEN)
        past = self.rng.choice((2, 2, 3))
        days = [last - number * weeks for number in range(past - 1, -1, -1)]
        story = self._open(two_way, self.now + (days[0] - self.rng.uniform(3.2, 6)) * DAY)
        if story is None:
            return False
        met = self._meetings(story, days)
        if met:
            actor = self.rng.choice((story.learner, story.teacher))
            self.plan.complete(story, actor, met[-1].end + 3 * DAY)
        return True

    def ended(self, two_way: bool) -> bool:
        """One session, and one that was still ahead when one of them gave up."""
        days = [-self.rng.uniform(9, 60)]
        days.append(days[0] + 9)
        story = self._open(two_way, self.now + (days[0] - self.rng.uniform(3.2, 6)) * DAY)
        if story is None:
            return False
        met = self._meetings(story, days)
        if len(met) == len(days) and met[-1].picked_at:
            actor = self.rng.choice((story.learner, story.teacher))
            end_at = met[-1].picked_at + (met[-1].start - met[-1].picked_at) / 2
            self.plan.end(story, actor, end_at)
        return True

    def _meetings(self, story: Story, days: list[float], *, waiting: bool = False) -> list[Meeting]:
        """Sessions around those days from now, the legs in turn. `waiting`: the last is open."""
        since = story.opened_at or story.sent_at
        met: list[Meeting] = []
        for number, day in enumerate(days):
            minutes = self.rng.choice(LENGTHS)
            around = self.now + day * DAY
            earliest, latest = max(around - DAY / 2, since + 33 * HOUR), around + DAY / 2
            if day <= 0:  # it has taken place
                latest = min(latest, self.now - timedelta(minutes=minutes) - HOUR / 2)
            else:
                earliest = max(earliest, self.now + 6 * HOUR)
            if (start := self._free(story, earliest, latest, minutes)) is None:
                continue
            last = number == len(days) - 1 and day > 1
            leg = len(met) % 2 if story.offered else 0
            picked = not (last and waiting)
            met.append(self.plan.meet(story, leg, start, since, minutes=minutes, picked=picked))
            if start < self.now:
                since = min(met[-1].end, self.now - 6 * HOUR)
        return met

    def _free(
        self, story: Story, earliest: datetime, latest: datetime, minutes: int
    ) -> datetime | None:
        return self.plan.diary.find(story.learner, story.teacher, earliest, latest, minutes)

    def _call_off(self, meeting: Meeting) -> None:
        if meeting.picked_at:
            person = self.rng.choice((meeting.story.learner, meeting.story.teacher))
            latest = self.now - 10 * HOUR / 60
            at = self.plan.moment(person, min(meeting.picked_at + HOUR / 12, latest), latest)
            self.plan.call_off(meeting, person, at)

    # -- pitches that opened nothing ---------------------------------------------------------------

    def declined(self, two_way: bool) -> bool:
        """The teacher said no."""
        story = self._send(two_way, self.now - self.rng.uniform(2, 90) * DAY)
        if story is not None:
            latest = story.sent_at + self.rng.choice((20, 40)) * HOUR
            at = self.plan.moment(story.teacher, story.sent_at + HOUR, latest)
            self.plan.decline(story, at, self.rng.choice(REASONS))
        return story is not None

    def withdrawn(self, two_way: bool) -> bool:
        """The learner took it back."""
        return self._answer(two_way, Verb.WITHDRAW, self.rng.uniform(2, 60))

    def expired(self, two_way: bool) -> bool:
        """Nobody answered in time."""
        story = self._send(two_way, self.now - self.rng.uniform(RESPOND_DAYS + 1, 60) * DAY)
        if story is not None:
            at = story.sent_at + RESPOND_DAYS * DAY + HOUR / 60
            self.plan.add(Verb.EXPIRE, story.learner, story, at)
        return story is not None

    def ignored(self, two_way: bool) -> bool:
        """The teacher hid it; the learner still hopes."""
        return self._answer(two_way, Verb.IGNORE, self.rng.uniform(2, 9))

    def _answer(self, two_way: bool, verb: Verb, days: float) -> bool:
        story = self._send(two_way, self.now - days * DAY)
        if story is not None:
            actor = story.learner if verb is Verb.WITHDRAW else story.teacher
            earliest, latest = story.sent_at + HOUR, story.sent_at + 26 * HOUR
            self.plan.add(verb, actor, story, self.plan.moment(actor, earliest, latest))
        return story is not None

    def pending(self, two_way: bool) -> bool:
        """Waits for an answer, for some days or since a moment ago."""
        days = self.rng.choice((self.rng.uniform(0.05, 1), self.rng.uniform(1, 10)))
        return self._send(two_way, self.now - days * DAY) is not None
