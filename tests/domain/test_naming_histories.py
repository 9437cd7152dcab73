"""Is the partner named only while they say so, whatever two people do in whatever order?

Ada has completed an exchange with ben and writes about it; cy follows her. They publish, edit,
tick and untick, agree, refuse, take back, block, delete, wait, while the sweep runs or does not.
Beside it stands a naive telling of when the name may be read.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import achievements, feed, follows, notifications, posts, safety
from skillswap.errors import DomainError
from skillswap.lib.clock import utcnow
from skillswap.models import Block, ExchangeState, Post, PostState, User
from tests import people, written
from tests.conftest import empty_tables

DAY = timedelta(days=1)
NAME = "Zebedee"
STEPS = (
    *("publish", "tick", "reword", "reword", "untick"),
    *("agree", "agree", "agree", "stale", "refuse", "withdraw"),
    *("wait", "wait", "sweep", "block", "unblock", "blocked", "delete"),
)
histories = st.lists(st.sampled_from(STEPS), min_size=5, max_size=14)


class Story:
    """The three, the draft, and what an onlooker would say of the name."""

    def __init__(self) -> None:
        empty_tables()
        self.now: datetime = utcnow()
        ada, ben, cy = (
            people.make_person("ada", offers=("Watercolour",)),
            people.make_person("ben", offers=("Spanish",), last_name=NAME),
            people.make_person("cy"),
        )
        self.ids = [person.id for person in (ada, ben, cy)]
        with transaction():
            follows.follow(cy, "ada", self.now)
        exchange = people.make_exchange(ben, ada, now=self.now - DAY)
        with transaction():  # as if they had met: that takes two dozen steps more
            db.session.merge(exchange).move_to(ExchangeState.COMPLETED)
        self.post_id = written.begin(ada, exchange, self.now).id
        self.seen = ""
        self.asked_at: datetime | None = None  # ben is asked since then
        self.yes = self.no = False

    def person(self, nth: int) -> User:
        return db.session.get_one(User, self.ids[nth])

    @property
    def post(self) -> Post:
        return db.session.get_one(Post, self.post_id, populate_existing=True)

    @property
    def is_asked(self) -> bool:
        return self.asked_at is not None and self.now < self.asked_at + 14 * DAY

    def step(self, verb: str) -> None:
        """One thing somebody tries. What is refused changes nothing."""
        try:
            with transaction():
                getattr(self, verb)()
        except DomainError:
            db.session.rollback()
        db.session.expunge_all()

    # -- ada --

    def write(self, *, body: str = "", named: bool | None = None) -> None:
        post, ada = self.post, self.person(0)
        facts = {"kind": post.kind, "title": "", "body": body or post.body, "now": self.now}
        if post.state is PostState.DRAFT:
            posts.publish(ada, client_key=post.client_key or "", named=named, **facts)
        else:
            posts.edit(ada, post.public_id, version=post.version, named=named, **facts)

    def publish(self) -> None:
        first = self.post.state is PostState.DRAFT
        self.write(named=True if first else None)
        if first and self.is_there():
            self.asked_at = self.now
        elif first:
            self.no = True

    def tick(self) -> None:
        untold = not (self.yes or self.no or self.asked_at)
        self.write(named=True)
        if untold and self.is_there():
            self.asked_at = self.now
        elif untold:
            self.no = True

    def untick(self) -> None:
        before = self.post.state is PostState.DRAFT
        self.write(named=False)
        if not before and not self.lapsed():
            self.yes, self.asked_at = False, None

    def reword(self) -> None:
        draft = self.post.state is PostState.DRAFT
        self.now += timedelta(minutes=1)
        self.write(body=f"We have met, and it is {self.now.isoformat()}")
        if not draft and self.yes:
            self.yes = False
            self.asked_at = self.now if self.is_there() else None

    def delete(self) -> None:
        posts.delete(self.person(0), self.post.public_id, now=self.now)
        self.yes, self.asked_at, self.no = False, None, True

    # -- ben --

    def agree(self, seen: str | None = None) -> None:
        ben, key = self.person(1), self.post.public_id
        fresh = achievements.naming_of(ben, key, self.now).seen
        achievements.agree_to_naming(ben, key, seen=fresh if seen is None else seen, now=self.now)
        assert self.is_asked  # or it was refused above
        assert seen in (None, fresh)
        self.yes, self.asked_at = True, None

    def stale(self) -> None:
        """He answers a page that he opened earlier, and opens it anew."""
        seen, ben = self.seen, self.person(1)
        self.seen = achievements.naming_of(ben, self.post.public_id, self.now).seen
        self.agree(seen)

    def refuse(self) -> None:
        achievements.refuse_naming(self.person(1), self.post.public_id, now=self.now)
        self.say_no()

    def withdraw(self) -> None:
        achievements.withdraw_naming(self.person(1), self.post.public_id, now=self.now)
        self.say_no()

    def say_no(self) -> None:
        self.yes, self.asked_at, self.no = False, None, True

    # -- the world --

    def wait(self) -> None:
        self.now += 8 * DAY

    def sweep(self) -> None:
        achievements.lapse_due(self.now, 10)
        if self.lapsed():
            self.say_no()

    def lapsed(self) -> bool:
        return self.asked_at is not None and not self.is_asked

    def is_there(self) -> bool:
        """No block stands between the two."""
        return not db.session.scalars(select(Block)).all()

    def block(self) -> None:
        safety.block(self.person(0), "ben", self.now)
        self.part()

    def blocked(self) -> None:
        safety.block(self.person(1), "ada", self.now)
        self.part()

    def part(self) -> None:
        if self.yes or self.asked_at:
            self.say_no()

    def unblock(self) -> None:
        safety.unblock(self.person(0), "ben", self.now)

    # -- what is read --

    def look(self) -> None:
        """Everywhere a post is read, the name stands for nobody, or for all who may see him."""
        post = self.post
        for reader in (None, self.person(2), self.person(0)):
            cards = posts.cards_of([post.id], reader)
            assert len(cards) == (post.state is PostState.PUBLISHED)
            for card in cards:
                assert (card.partner is not None) is self.yes
                assert NAME not in card.title + card.html
        self.look_at_lists()
        db.session.rollback()

    def look_at_lists(self) -> None:
        cy, ada = self.person(2), self.person(0)
        shown = feed.following(cy, None).rows
        assert [card.partner is not None for card in shown] == [self.yes] * len(shown)
        for reader in (cy, ada):
            for line in notifications.page_of(reader, None, self.now).rows:
                assert NAME not in line.text
                if line.subject_type == "posts" and line.actor and NAME in line.actor.name:
                    assert (reader.id, line.kind) == (ada.id, "post.partner_agreed")  # to her alone


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_no_history_names_a_partner_who_does_not_agree(browser, history: list[str]) -> None:
    story = Story()
    for verb in ("publish", *history):
        story.step(verb)
        story.look()
    key, yes = story.post.public_id, story.yes
    visitor = browser()
    for url in (f"/posts/{key}", "/people/ada/posts", "/people/ada", "/feeds/people/ada.atom"):
        answer = visitor.get(url)
        assert NAME not in answer.text or yes, url


@pytest.mark.usefixtures("app")
def test_the_steps_reach_what_they_are_about() -> None:
    story = Story()
    seen = []
    for verb in ("publish", "agree", "reword", "agree", "withdraw", "tick", "agree"):
        story.step(verb)
        seen.append((story.yes, story.no))
    assert seen == [
        (False, False),
        (True, False),
        (False, False),
        (True, False),
        (False, True),
        (False, True),
        (False, True),
    ]
