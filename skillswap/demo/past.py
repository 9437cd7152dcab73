"""Whom have the teachers of the demo taught long ago? Short exchanges, completed since.

They come last into the plan, so that the rest of it stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from skillswap.demo.cast import Person
from skillswap.demo.plan import DAY, HOUR, Plan

LONGEST_AGO, LATEST = 172, 100  # days: answers count for 180, and then others' stories begin
ADAS, OTHERS, OTHERS_EACH = 8, 12, 4
SETTLED = 25 * DAY  # for so long they have been here when it begins
STEP = 8  # days from one to the next of a teacher
HOUR_LONG = 60


class Past:
    """Adds to a plan what some teachers did half a year ago."""

    def __init__(self, plan: Plan, people: Mapping[str, Person]) -> None:
        self.plan, self.now, self.people = plan, plan.now, people
        self.met = {frozenset((one.learner.username, one.teacher.username)) for one in plan.stories}
        self.busy: Counter[str] = Counter()

    def fill(self) -> None:
        """ada's first, then those who teach the most."""
        taught = Counter(one.teacher.username for one in self.plan.stories if one.meetings)
        self._teacher(self.people["ada"], ADAS)
        for username, _count in taught.most_common(OTHERS + 1):
            if username != "ada":
                self._teacher(self.people[username], OTHERS_EACH)

    def _teacher(self, teacher: Person, wanted: int) -> None:
        found, free_from = 0, self.now - LONGEST_AGO * DAY
        for learner in self._learners(teacher):
            if found == wanted:
                return
            here = max(teacher.joined_at, learner.joined_at) + SETTLED
            begins = max(free_from, here)
            if begins < self.now - LATEST * DAY and self._exchange(learner, teacher, begins):
                found, free_from = found + 1, begins + STEP * DAY

    def _learners(self, teacher: Person) -> Sequence[Person]:
        """Those who want what is offered and have not met the teacher; the least busy first."""
        known = [
            person
            for username, person in self.people.items()
            if set(person.wanted) & set(teacher.offered)
            and username != teacher.username
            and frozenset((username, teacher.username)) not in self.met
        ]
        return sorted(known, key=lambda person: self.busy[person.username])

    def _exchange(self, learner: Person, teacher: Person, begins: datetime) -> bool:
        skill = next(one for one in learner.wanted if one in teacher.offered)
        plan = self.plan
        around = begins + 5 * DAY
        start = plan.diary.find(learner, teacher, around, around + 3 * DAY, HOUR_LONG)
        if start is None:
            return False
        sent_at = plan.moment(learner, around - 5 * DAY, around - 4 * DAY)
        story = plan.send(learner, teacher, skill, sent_at)
        plan.accept(story, plan.moment(teacher, sent_at + HOUR, sent_at + timedelta(hours=20)))
        met = plan.meet(story, 0, start, story.opened_at or sent_at, minutes=HOUR_LONG, others=0)
        plan.complete(story, learner, met.end + 3 * DAY)
        self.busy[learner.username] += 1
        return True
