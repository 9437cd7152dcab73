"""What do the people of the demo say about each other after a session?"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta

from skillswap.demo.cast import LEADS, Person
from skillswap.demo.plan import DAY, HOUR, Meeting, Plan, Step, Verb
from skillswap.demo.words import in_a_sentence
from skillswap.domain.ratings import TAGS
from skillswap.models import OutcomeAnswer, RatedRole
from skillswap.models.rating import RATE_WITHIN

STARS, WEIGHTS = (5, 4, 3, 2), (62, 29, 8, 1)
FIRST_RATED, LATER_RATED = 0.8, 0.35  # of the sides of a first session, and of a later one
WORDLESS, ANSWERED = 0.2, 0.2
LEADS_WAIT = timedelta(days=9)  # what was kept since then the leads have not rated yet

TEACHER = RatedRole.TEACHER
OPENINGS = {
    (TEACHER, 5): (
        "{first} explains {skill} so that it stays.",
        "I had tried {skill} alone for a year. One hour with {first} did more.",
        "{first} looked at what I had done first, and then knew where to begin.",
        "The best hour of {skill} I have had.",
        "{first} never hurried me, and still we did all that we had planned.",
        "I came with one question about {skill} and left with a way to practise.",
        "{first} sees at once what holds me back.",
        "Calm, clear, and with an example for everything.",
        "I was nervous about {skill}. That was over after five minutes.",
    ),
    (TEACHER, 4): (
        "A good hour of {skill}.",
        "{first} knows {skill} very well and likes to show it.",
        "We did a lot of {skill} in little time.",
        "{first} was well prepared, I less so.",
        "Friendly, patient, and honest about my mistakes.",
        "I understand {skill} better now than any video made me.",
    ),
    (TEACHER, 3): (
        "{first} is kind, but we went through {skill} a little fast for me.",
        "The hour was fine. I had hoped for more practice and less talk.",
        "We lost some time with the sound, so {skill} came short.",
    ),
    (TEACHER, 2): ("{first} was often away from the screen, and we did little {skill}.",),
    (RatedRole.LEARNER, 5): (
        "{first} came with good questions and had practised.",
        "A joy to teach: {first} tries everything at once.",
        "{first} knew exactly what to get out of the hour.",
        "Curious and quick. I learned something about {skill} myself.",
        "{first} sent me notes before, so that we could start with {skill} at once.",
        "I rarely see somebody work through {skill} with such patience.",
    ),
    (RatedRole.LEARNER, 4): (
        "{first} listens well and is getting on with {skill}.",
        "A pleasant hour. {first} could practise a little more between our sessions.",
        "{first} brought a clear goal for {skill}.",
        "Friendly and on time.",
    ),
    (RatedRole.LEARNER, 3): (
        "We found our way in the end, but {first} had not looked at what I sent.",
        "{first} was tired that evening, and {skill} needs a clear head.",
    ),
    (RatedRole.LEARNER, 2): ("{first} came a quarter of an hour late and left early.",),
}
ENDINGS = {
    5: (
        "I am looking forward to the next one.",
        "Thank you.",
        "I would recommend this to anybody who starts.",
        "We laughed a lot, too.",
        "My notes from that hour hang above my desk.",
        "",
        "",
    ),
    4: ("Next time I would like to go into more depth.", "We will go on.", "Thank you.", "", ""),
    3: ("Perhaps another hour would go better.", "", ""),
    2: ("",),
}
REPLIES = (
    "Thank you, {first}. It was a pleasure.",
    "That is kind of you, {first}. See you soon.",
    "Thank you. Your questions made it easy.",
    "I am glad that it helped. Keep at it.",
    "Thank you for taking the time to write this.",
)
SORRY = (
    "You are right, {first}, I had planned too much. I take less next time.",
    "Thank you for being honest. Tell me when you would like to try again.",
)


class Reviews:
    """Adds to a finished plan what its people say of each other.

    With dice of its own, so that the plan stays as it is.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.now = plan, plan.now
        self.rng = random.Random("ratings of the demo")
        self.said: dict[str, set[str]] = defaultdict(set)  # of whom, which openings

    def fill(self) -> None:
        """Of every session that both said had happened."""
        known = set()
        for meeting, kept_at in self._kept():
            first = meeting.story not in known
            known.add(meeting.story)
            self._meeting(meeting, kept_at, FIRST_RATED if first else LATER_RATED)

    def _kept(self) -> list[tuple[Meeting, datetime]]:
        said: dict[Meeting, list[Step]] = defaultdict(list)
        for step in self.plan.steps():
            if step.verb is Verb.CONFIRM and step.meeting is not None:
                said[step.meeting].append(step)
        return [
            (meeting, steps[-1].at)
            for meeting, steps in said.items()
            if [step.answer for step in steps] == [OutcomeAnswer.HAPPENED] * 2
        ]

    def _meeting(self, meeting: Meeting, kept_at: datetime, share: float) -> None:
        """What the two say, in the order in which they say it, and when it can be read."""
        story = meeting.story
        given = []
        for person in (story.learner, story.teacher):
            if self._rates(person, story.partner_of(person), kept_at, share):
                at = self._moment(person, kept_at + HOUR / 4, kept_at + 4 * DAY)
                stars = self.rng.choices(STARS, WEIGHTS)[0]
                given.append((at, person, stars, self._say(meeting, person, stars, at)))
        if not given:
            return
        public_at = max(at for at, *_more in given)
        if len(given) == 1:
            public_at = kept_at + RATE_WITHIN + timedelta(minutes=1)
            self.plan.add(Verb.PUBLISH, story.learner, story, public_at, meeting=meeting)
        for _at, person, stars, words in given:
            if words and self.rng.random() < ANSWERED:
                self._reply(meeting, person, stars, public_at)

    def _rates(self, person: Person, partner: Person, kept_at: datetime, share: float) -> bool:
        old = kept_at < self.now - LEADS_WAIT
        dice = self.rng.random()
        if person.username in LEADS:
            return old
        return partner.username in LEADS or dice < share

    def _say(self, meeting: Meeting, person: Person, stars: int, at: datetime) -> str:
        """Seal a rating; returns its words."""
        partner = meeting.story.partner_of(person)
        role = TEACHER if partner is meeting.teacher else RatedRole.LEARNER
        words = ""
        if self.rng.random() > WORDLESS:
            words = self._words(meeting, partner, role, stars)
        tags = self.rng.sample(list(TAGS[role]), self.rng.choice((0, 1, 2, 2, 3)))
        self.plan.add(
            Verb.RATE,
            person,
            meeting.story,
            at,
            meeting=meeting,
            words=words,
            stars=stars,
            tags=tags,
        )
        return words

    def _words(self, meeting: Meeting, partner: Person, role: RatedRole, stars: int) -> str:
        """Nothing twice about anybody: whoever finds no words of their own says nothing."""
        said = self.said[partner.username]
        fresh = [opening for opening in OPENINGS[role, stars] if opening not in said]
        if not fresh:
            return ""
        opening, ending = self.rng.choice(fresh), self.rng.choice(ENDINGS[stars])
        said.add(opening)
        skill = in_a_sentence(meeting.skill)
        return f"{opening} {ending}".strip().format(first=partner.first_name, skill=skill)

    def _reply(self, meeting: Meeting, rater: Person, stars: int, public_at: datetime) -> None:
        rated = meeting.story.partner_of(rater)
        at = self._moment(rated, public_at + HOUR, public_at + 3 * DAY)
        words = self.rng.choice(REPLIES if stars > 3 else SORRY).format(first=rater.first_name)
        self.plan.add(Verb.REPLY, rated, meeting.story, at, meeting=meeting, words=words)

    def _moment(self, person: Person, earliest: datetime, latest: datetime) -> datetime:
        """An instant of that span, by these dice."""
        dice, self.plan.rng = self.plan.rng, self.rng
        try:
            return self.plan.moment(person, earliest, latest)
        finally:
            self.plan.rng = dice
