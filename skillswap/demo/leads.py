"""What happens to the five whom people sign in as, so that every page has something to show?

ada teaches and ben learns; they have a two-way exchange with a past, a session tomorrow and
times for ada to pick, three weeks in a row. ada has a session that begins within the quarter
hour, pitches to answer and a session to confirm. cy is a stranger to both. mo moderates, root
administers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from skillswap.demo.cast import Person
from skillswap.demo.diary import next_quarter
from skillswap.demo.plan import DAY, HOUR, Meeting, Plan, Story
from skillswap.lib.clock import from_wall, zone
from skillswap.models import DeclineReason, OutcomeAnswer

SOON = timedelta(minutes=2)  # the next quarter hour, but not at this very moment
CONTEST = (
    "I waited in the call of the week before: the old link was still open on my phone. "
    "By the time I saw it, the hour was over. I should have written at once."
)
TOMORROW_HOUR = 20  # in London; after lunch in Mexico City, when ben has slept


class Leads:
    """Adds the stories of the five to a plan; before the crowd's, so that their hours are free."""

    def __init__(self, plan: Plan, people: Mapping[str, Person]) -> None:
        self.plan, self.now, self.people = plan, plan.now, people

    def fill(self) -> None:
        """All their stories."""
        self.soon()
        self.ada_and_ben()
        self.ada_teaches()
        self.ada_is_asked()
        self.ben_asks()
        self.ben_teaches()
        self.others()

    # -- the means ---------------------------------------------------------------------------------

    def send(
        self, learner: str, teacher: str, skill: str, days: float, *, offered: str = ""
    ) -> Story:
        """A pitch from so many days ago, in the words written for it."""
        return self.plan.send(
            self.people[learner],
            self.people[teacher],
            skill,
            (self.now - days * DAY).replace(microsecond=0),
            offered=offered,
            lead=f"{_short(learner)}-{_short(teacher)}",
        )

    def open(
        self, learner: str, teacher: str, skill: str, days: float, *, offered: str = ""
    ) -> Story:
        """One that was accepted within a day."""
        story = self.send(learner, teacher, skill, days, offered=offered)
        earliest = story.sent_at + 3 * HOUR
        self.plan.accept(story, self.plan.moment(story.teacher, earliest, earliest + 18 * HOUR))
        return story

    def meet(
        self,
        story: Story,
        day: float,
        *,
        leg: int = 0,
        minutes: int = 60,
        by: str = "",
        picked: bool = True,
        silent: Sequence[str] = (),
    ) -> Meeting:
        """A session about so many days from now (before it: negative)."""
        around = self.now + day * DAY
        start = self.plan.diary.find(
            story.learner, story.teacher, around - DAY / 2, around + DAY / 2, minutes
        )
        return self.meet_at(
            story,
            start or next_quarter(around),
            leg=leg,
            minutes=minutes,
            by=by,
            picked=picked,
            silent=silent,
        )

    def meet_at(
        self,
        story: Story,
        start: datetime,
        *,
        leg: int = 0,
        minutes: int = 60,
        by: str = "",
        picked: bool = True,
        silent: Sequence[str] = (),
    ) -> Meeting:
        """A session at that very start."""
        before = [one.end for one in story.meetings if one.end < self.now - 9 * HOUR]
        return self.plan.meet(
            story,
            leg,
            start,
            before[-1] if before else story.opened_at or story.sent_at,
            minutes=minutes,
            proposer=self.people[by] if by else None,
            picked=picked,
            others=None if picked else 2,
            silent=[self.people[username] for username in silent],
        )

    # -- the stories -------------------------------------------------------------------------------

    def soon(self) -> None:
        """ada's lesson with Inês, whose call can be joined when somebody first looks."""
        story = self.open("ada", "ines-duarte", "portuguese", 34, offered="watercolour")
        start = next_quarter(self.now + SOON)
        self.plan.diary.hold(story.learner, story.teacher, start, 60)  # nothing else is put there
        for number, day in enumerate((-28, -21, -14, -7)):
            self.meet(story, day, leg=number % 2)
        self.meet_at(story, start, minutes=60, by="ines-duarte")

    def ada_and_ben(self) -> None:
        """Watercolour for sourdough, an hour each in turn, and once a cold."""
        story = self.open("ben", "ada", "watercolour", 53, offered="sourdough")
        tomorrow = self.now.astimezone(zone("Europe/London")).date() + DAY
        start = from_wall(datetime.combine(tomorrow, time(TOMORROW_HOUR)), "Europe/London")
        self.plan.diary.hold(story.learner, story.teacher, start, 60)
        for number, day in enumerate((-46, -39, -32, -25)):
            self.meet(story, day, leg=number % 2)
        cancelled = self.meet(story, -18)
        if cancelled.picked_at:
            at = cancelled.start - 5 * HOUR  # late: half a mark
            self.plan.call_off(cancelled, self.people["ada"], at)
        missed = self.meet(story, -11)
        could_not = (self.people["ben"], OutcomeAnswer.I_COULD_NOT_COME)
        self.plan.go_wrong(missed, [self.people["ada"]], [could_not])
        self.meet(story, -5, leg=1, minutes=45)
        self.meet_at(story, start, by="ben")
        self.meet(story, 7, leg=1, by="ben", picked=False).weeks = 2

    def ada_teaches(self) -> None:
        """One session waits for ada to say that it happened; an earlier exchange is completed."""
        malik = self.open("malik-robinson", "ada", "piano", 19)
        missed = self.meet(malik, -15)  # he contests the mark, which mo may decide
        ada = self.people["ada"]
        self.plan.go_wrong(missed, [ada], [(ada, OutcomeAnswer.THEY_DID_NOT_COME)])
        self.plan.contest(missed, malik.learner, self.now - 2 * DAY, CONTEST)
        self.meet(malik, -9)
        self.meet(malik, -1.6, silent=("ada",))
        moved = self.meet(malik, 5)
        self.plan.move(moved, malik.learner, "A delivery comes that day. Would this suit you too?")
        mei = self.open("mei-ling-tsai", "ada", "watercolour", 150)
        for day in (-143, -136, -129):
            last = self.meet(mei, day)
        self.plan.complete(mei, mei.learner, last.end + 3 * DAY)

    def ada_is_asked(self) -> None:
        """Three pitches wait for ada; she has said no once, and was told no once."""
        self.send("patricia-nunes", "ada", "piano", 4.2, offered="portuguese")
        self.send("nour-khalil", "ada", "illustration", 1.3)
        self.send("freya-halvorsen", "ada", "watercolour", 0.2)
        gustavo = self.send("gustavo-pimentel", "ada", "watercolour", 22)
        self.plan.decline(gustavo, gustavo.sent_at + DAY, DeclineReason.TOO_VAGUE)
        mateus = self.send("ada", "mateus-albuquerque", "portuguese", 38, offered="watercolour")
        self.plan.decline(mateus, mateus.sent_at + 2 * DAY, DeclineReason.NO_TIME)

    def ben_asks(self) -> None:
        """Two of ben's pitches wait for an answer; one was declined, long ago."""
        camila = self.send("ben", "camila-rojas", "watercolour", 62)
        self.plan.decline(camila, camila.sent_at + DAY, DeclineReason.LEVEL)
        self.send("ben", "hannah-whitcombe", "piano", 2.4, offered="sourdough")
        self.send("ben", "phoebe-langdon", "piano", 0.4, offered="spanish")

    def ben_teaches(self) -> None:
        """A session with Oliver is just over, and a pitch has come in."""
        oliver = self.open("oliver-nyberg", "ben", "spanish", 27)
        self.meet(oliver, -18)
        self.meet(oliver, -10)
        differ = self.meet(oliver, -4)
        ben = self.people["ben"]
        said = [(oliver.learner, OutcomeAnswer.HAPPENED), (ben, OutcomeAnswer.AGREED_NOT_TO)]
        self.plan.go_wrong(differ, [oliver.learner], said)
        self.meet(oliver, -0.8, silent=("ben", "oliver-nyberg"))
        self.meet(oliver, 3)
        moved = self.meet(oliver, 6)
        self.plan.move(moved, oliver.teacher, "The bakery needs me until then. A little later?")
        self.send("naomi-sinclair", "ben", "spanish", 1.1)

    def others(self) -> None:
        """cy swaps with Hye-jin and is asked by Tala; mo teaches Marcus."""
        hye_jin = self.open("cy", "hye-jin-oh", "korean", 24, offered="javascript")
        self.meet(hye_jin, -16)
        self.meet(hye_jin, -8, leg=1)
        self.meet(hye_jin, 4, minutes=45)
        self.send("tala", "cy", "javascript", 0.7)
        marcus = self.open("marcus-feldmann", "mo", "levantine-arabic", 20)
        self.meet(marcus, -12)
        self.meet(marcus, 3, picked=False, by="mo")


def _short(username: str) -> str:
    """How the texts name somebody: "ines" for ines-duarte, "hye-jin" for hye-jin-oh."""
    first, _dash, last = username.partition("-")
    return "hye-jin" if first == "hye" else first if last else username
