"""What would people of the demo love to learn, and who offers to teach it?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial

from skillswap.db import db
from skillswap.demo.plan import DAY, MINUTE
from skillswap.domain import wishes
from skillswap.errors import DomainError
from skillswap.models import Level, User, Wish

BEGINNER, INTERMEDIATE = Level.BEGINNER, Level.INTERMEDIATE
# who, skill, level, words, how many days ago; the oldest first
WISHES = (
    ("ben", "piano", BEGINNER, ("An upright stands in my kitchen, slightly out of tune. One song by"
     " Christmas, with both hands, and I will be happy."), 62),
    ("jonas-petrauskas", "astronomy", BEGINNER, ("From the library roof I see a little sky between"
     " two chimneys. I would like to know what crosses it."), 41),
    ("leila-mansour", "pottery", BEGINNER, ("There is a wheel near my house that nobody uses on"
     " Tuesdays. I have clay, an apron and no idea."), 35),
    ("viktor-horvath", "smartphone-basics", BEGINNER, ("My daughter lives far away and sends"
     " photographs. I would like to answer with one of mine."), 29),
    ("kwame-ofori", "statistics", BEGINNER, ("On my radio show I read out health reports. I want to"
     " say what the numbers mean, and what they do not."), 22),
    ("theo-brandt", "urban-sketching", BEGINNER, ("Winter fairs, between two customers. Five"
     " minutes a drawing, cold fingers included."), 17),
    ("malik-robinson", "piano", BEGINNER, ("Gospel chords for a left-handed optimist. The choir is"
     " patient, I am less so."), 12),
    ("thiri", "illustration", BEGINNER, ("Margins, menus, tea shop dogs. I draw them every day and"
     " they still look like cats."), 9),
    ("phoebe-langdon", "watercolour", INTERMEDIATE, ("Weekends at the lake with a small tin of"
     " colours. My skies are fine, my water looks like gravel."), 5),
    ("sanna-niskanen", "piano", BEGINNER, ("It came with the flat and blocks my window. I want it"
     " to earn that."), 2),
    ("ada", "portuguese", BEGINNER, ("I visit my brother in Porto in spring. I need enough for his"
     " kitchen, his market and his two children, who correct everybody."), 1),
)  # fmt: skip
# who, whose wish, for what, in return, words, how many minutes ago
OFFERS = (
    ("ada", "thiri", "illustration", "", ("Dogs are mostly shoulders. I could show you on a video"
     " call how I build one up from three shapes, and you draw along."), 95),
    ("rui-tavares", "ada", "portuguese", "watercolour", ("We could cook in Portuguese, each"
     " at our own stove. Children are the best teachers, but I am more patient."), 70),
    ("paulo-mutemba", "ada", "portuguese", "", ("I have taught two aunts of mine to shop and to"
     " haggle. Half an hour on Sundays would bring you to the market by spring."), 40),
)  # fmt: skip


class Wishes:
    """Makes them by the verbs of the domain as time goes by; who may not just then leaves it."""

    def __init__(self, users: Mapping[str, User], now: datetime) -> None:
        self.users = users
        self.made: dict[tuple[str, str], Wish] = {}
        now = now.replace(microsecond=0)
        acts: list[tuple[datetime, Callable[[datetime], object]]] = []
        for name, skill, level, body, days in WISHES:
            acts.append((now - days * DAY, partial(self._wish, name, skill, level, body)))
        for teacher, name, skill, back, body, minutes in OFFERS:
            offer = partial(self._offer, teacher, name, skill, back, body)
            acts.append((now - minutes * MINUTE, offer))
        self.acts = sorted(acts, key=lambda act: act[0])

    def until(self, at: datetime | None, others: Callable[[datetime], None]) -> None:
        """All that was wished before then; without an instant, the rest. `others` write first
        what they have up to each of these instants."""
        while self.acts and (at is None or self.acts[0][0] < at):
            moment, act = self.acts.pop(0)
            others(moment)
            with suppress(DomainError), db.session.begin_nested():
                act(moment)

    def _wish(self, name: str, skill: str, level: Level, body: str, at: datetime) -> None:
        if self.users[name].created_at < at:
            self.made[name, skill] = wishes.make_wish(
                self.users[name], skill=skill, level=level, body=body, now=at
            )

    def _offer(
        self, teacher: str, name: str, skill: str, in_return: str, body: str, at: datetime
    ) -> None:
        if wish := self.made.get((name, skill)):
            wishes.offer_to_teach(
                self.users[teacher], wish.public_id, body=body, in_return=in_return, now=at
            )
