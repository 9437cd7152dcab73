"""What do people of the demo write for everybody these days, and what do others say to it?

Written between the steps of the plan, so that everything stands in the order of its instants; who
has completed an exchange may write about it. What is older comes in by `archive.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from skillswap.demo.archive import insert_old
from skillswap.demo.cast import Person
from skillswap.demo.pictures import drawn
from skillswap.demo.plan import DAY, HOUR, MINUTE, Story
from skillswap.demo.texts import Said, Text, texts
from skillswap.domain import achievements, comments, media, pictures, posts
from skillswap.models import Post, User

YOUNG = 3 * DAY  # and so told of
LATEST = 20 * MINUTE  # nothing is younger, so that nothing is ahead while the demo loads
TOLD = 5  # exchanges of the crowd that somebody writes about
RECENT = 45 * DAY
WAITS = ("mei-ling-tsai", "ada")  # who has written about theirs, and is asked just now
ENDINGS = (
    "If you have been thinking about it: write the pitch. The worst that happens is a kind no.",
    "What I keep is a page of notes in somebody else's handwriting, which is the best kind.",
    "I would begin again tomorrow, and worse at it, if that meant the same hours.",
    "The last session was the shortest and we both pretended not to notice.",
    "There is a next thing already. There always is.",
    "I was sure that I could not. It took an hour to be less sure.",
)


# -- writing --------------------------------------------------------------------------------------


@dataclass(order=True, slots=True)
class Act:
    """Something that is written at an instant."""

    at: datetime
    number: int
    do: Callable[[], None] = field(compare=False)


class Posts:
    """Writes what was written up to an instant, in the caller's transaction."""

    def __init__(
        self, people: Mapping[str, Person], users: Mapping[str, User], now: datetime
    ) -> None:
        self.people, self.users, self.now = people, users, now.replace(microsecond=0)
        self.made: list[Post] = []
        self.told = 0  # of exchanges
        self.acts: list[Act] = []
        here = [text for text in texts() if self._here(text.who, self.now - text.age)]
        self.made += insert_old(
            [text for text in here if text.age > YOUNG], people, users, self.now
        )
        for text in here:
            if text.age <= YOUNG:
                self._plan(text)
        self.acts.sort()

    def _plan(self, text: Text) -> None:
        """The post and what is said to it, by those who were here by then."""
        at = self.now - text.age
        keys: dict[str, str] = {}
        self._at(at, partial(self._publish, text, at, keys))
        for said in text.said:
            if self._here(said.who, at + said.after):
                self._at(at + said.after, partial(self._comment, said, at + said.after, keys))

    def _here(self, who: str, at: datetime) -> bool:
        return self.people[who].joined_at + DAY / 4 < at <= self.now - LATEST

    def _at(self, at: datetime, do: Callable[[], None]) -> None:
        self.acts.append(Act(at, len(self.acts), do))

    def until(self, at: datetime | None, others: Callable[[datetime], None]) -> None:
        """All that was written before then; without an instant, the rest. `others` write first
        what they have up to each of these instants."""
        while self.acts and (at is None or self.acts[0].at < at):
            act = self.acts.pop(0)
            others(act.at)
            act.do()

    def _publish(self, text: Text, at: datetime, keys: dict[str, str]) -> None:
        author, shown = self.users[text.who], []
        if text.picture:
            made = pictures.add(author, drawn(text.picture), media.store(), at)
            shown.append((made.name, text.alt))
        post = posts.publish(
            author,
            kind=text.kind,
            title=text.title,
            body=text.body,
            skills=text.skills,
            pictures=shown,
            now=at,
        )
        keys["post"] = post.public_id
        self.made.append(post)

    def _comment(self, said: Said, at: datetime, keys: dict[str, str]) -> None:
        parent = keys.get("comment", "") if said.answers else ""
        made = comments.make_comment(
            self.users[said.who], keys["post"], body=said.body, parent=parent, now=at
        )
        if not said.answers:
            keys["comment"] = made.public_id

    # -- about exchanges ---------------------------------------------------------------------------

    def ended(self, story: Story, exchange: str, at: datetime) -> None:
        """An exchange is completed: of some the learner writes, and names the other if they agree.
        One such answer is still to come, from ada."""
        pair = (story.learner.username, story.teacher.username)
        waits = pair == WAITS
        at = self.now - DAY - HOUR if waits else at + 5 * HOUR
        if not waits and (self.told >= TOLD or at < self.now - RECENT):
            return
        if not self._here(pair[0], at):
            return
        ending = ENDINGS[self.told % len(ENDINGS)]
        self.told += 1
        self._at(at, partial(self._tell, pair[0], exchange, ending, at))
        if not waits and self._here(pair[1], at + 7 * HOUR):
            self._at(at + 7 * HOUR, partial(self._agree, pair[1], at + 7 * HOUR))
        self.acts.sort()

    def _tell(self, who: str, exchange: str, ending: str, at: datetime) -> None:
        author = self.users[who]
        draft = achievements.begin_achievement(author, exchange, now=at)
        post = posts.publish(
            author,
            kind=draft.kind,
            title=draft.title,
            body=f"{draft.body}\n\n{ending}",
            skills=[skill.slug for skill in posts.skills_of(draft)],
            client_key=draft.client_key or "",
            named=True,
            now=at,
        )
        self.made.append(post)

    def _agree(self, who: str, at: datetime) -> None:
        """The partner agrees to what they are asked about."""
        person = self.users[who]
        for asked in achievements.namings_of(person, at, 1):
            achievements.agree_to_naming(person, asked.public_id, seen=asked.seen, now=at)
