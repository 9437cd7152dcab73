"""Whatever happened meanwhile: an overturned strike leaves all as it would be without it.

What happened is worked through once more in plain Python, without the strikes that were
overturned, and has to come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from skillswap.db import db, transaction
from skillswap.domain import comments, media, posts, ratings, safety, strikes
from skillswap.domain.strikes import Outcome
from skillswap.errors import DomainError
from skillswap.lib.clock import utcnow
from skillswap.models import Strike, StrikeState, User
from tests import people, striking, town
from tests.conftest import empty_tables
from tests.lib.test_media import picture

DAY = timedelta(days=1)
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # it would take minutes
THINGS = ("person", "post", "comment", "rating")
SANCTIONS = ((Outcome.NOTE, None), (Outcome.LIMITED, 7), (Outcome.LIMITED, 20))
SANCTIONS += ((Outcome.SUSPENDED, 7), (Outcome.SUSPENDED, 20), (Outcome.BANNED, None))
strike_steps = st.tuples(
    st.just("strike"), st.sampled_from(SANCTIONS), st.sampled_from(THINGS), st.booleans()
)
other_steps = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from((1, 8, 21))),
    st.tuples(st.just("overturn"), st.integers(0, 5)),
    st.tuples(st.sampled_from(("sweep", "limit", "suspend", "restore", "upload", "remove"))),
    st.tuples(st.sampled_from(("delete post", "delete comment", "hold rating"))),
)
steps = st.one_of(strike_steps, other_steps)
FREE = ("active", None, "")
HARDNESS = {"active": 0, "limited": 1, "suspended": 2}


@dataclass
class Place:
    """One member, what they made, and what has happened."""

    now: datetime
    ben: User
    cy: User
    root: User
    mo: User
    made: dict[str, Any]
    strikes: list[Strike] = field(default_factory=list)
    log: list[tuple[datetime, Any]] = field(default_factory=list)
    count: int = 0

    def look(self) -> None:
        """Everything as it is in the database by now."""
        db.session.rollback()
        db.session.expire_all()
        for name in ("ben", "cy", "root", "mo"):
            setattr(self, name, again(getattr(self, name)))
        self.made = {name: again(row) for name, row in self.made.items()}
        self.strikes = [again(row) for row in self.strikes]

    def words(self) -> str:
        """Others than before."""
        self.count += 1
        return f"Words {self.count}"


def again(row: Any) -> Any:
    return db.session.get_one(type(row), inspect(row).identity)


def build() -> Place:
    empty_tables()
    now = utcnow() - 60 * DAY
    ada, ben, cy = people.ada(), people.ben(), people.cy()
    exchange = people.make_exchange(ben, ada, now=now - 8 * DAY)
    start = people.next_quarter(now - 5 * DAY)
    one = town.kept_session(ada, ben, exchange, start=start, now=now - 7 * DAY)
    for rater in (ada, ben):
        with transaction():
            made = ratings.rate_session(rater, one.public_id, stars=3, now=now - 4 * DAY)
    post = people.make_post(ben, now=now - DAY)
    with transaction():
        comment = comments.make_comment(ben, post.public_id, body="Well said.", now=now - DAY)
    made = {"person": ben, "post": post, "comment": comment, "rating": made}
    place = Place(now, ben, cy, people.root(), people.make_person("max", staff_role="admin"), made)
    do(place, ("upload",))
    return place


def do(place: Place, step: Any) -> None:
    """One step, noted if it was possible."""
    place.look()
    try:
        noted = STEPS[step[0]](place, *step[1:])
    except DomainError:
        return
    if noted is not None:
        place.log.append((place.now, noted))


def strike(place: Place, sanction: Any, thing: str, hide: bool) -> Any:
    outcome, days = sanction
    words = place.words()
    key = striking.waiting(place.cy, place.ben, place.made[thing], place.now)
    made = striking.upheld(
        place.root, key, outcome, days=days, words=words, hide=hide, now=place.now
    )
    place.strikes.append(made)
    return "strike", len(place.strikes) - 1, outcome, days, thing if hide else None, words


def overturn(place: Place, number: int) -> None:
    if number < len(place.strikes):
        one = place.strikes[number]
        striking.answered(place.mo, place.ben, one, overturned=True, now=place.now)
        check(place)


def wait(place: Place, days: int) -> None:
    place.now += days * DAY


def sweep(place: Place) -> None:
    with transaction():
        safety.restore_due(place.now, 9)
        strikes.forget_pictures_due(place.now, 9)


def by_hand(verb: str) -> Any:
    def act(place: Place) -> Any:
        words = place.words()
        with transaction():
            if verb == "restore":
                safety.restore(place.ben, now=place.now)
            else:
                getattr(safety, verb)(place.ben, days=10, reason=words, now=place.now)
        return verb, words

    return act


def upload(place: Place) -> Any:
    with transaction():
        media.change_avatar(place.ben, picture(), media.store(), place.now)
    return "picture", place.ben.avatar


def remove(place: Place) -> Any:
    with transaction():
        media.remove_avatar(place.ben, media.store())
    return "picture", None


def delete_post(place: Place) -> Any:
    with transaction():
        posts.delete(place.ben, place.made["post"].public_id, now=place.now)
    return "post", "deleted"


def delete_comment(place: Place) -> Any:
    with transaction():
        comments.delete_comment(place.ben, place.made["comment"].public_id, now=place.now)
    return "comment", "deleted"


def hold_rating(place: Place) -> Any:
    with transaction():
        ratings.hold_rating(place.root, place.made["rating"].public_id, now=place.now)
    return "rating", "held"


STEPS = {
    "strike": strike,
    "overturn": overturn,
    "wait": wait,
    "sweep": sweep,
    "limit": by_hand("limit"),
    "suspend": by_hand("suspend"),
    "restore": by_hand("restore"),
    "upload": upload,
    "remove": remove,
    "delete post": delete_post,
    "delete comment": delete_comment,
    "hold rating": hold_rating,
}


# -- once more, without what was overturned -------------------------------------------------------


def ended(account: Any, now: datetime) -> Any:
    return FREE if account[1] is not None and account[1] <= now else account


def hit(account: Any, outcome: Outcome, days: int | None, words: str, at: datetime) -> Any:
    """The harder of the two, of two alike the longer one."""
    if outcome is Outcome.NOTE:
        return account
    state = "limited" if outcome is Outcome.LIMITED else "suspended"
    until = at + days * DAY if days else None
    new = (state, until, words)
    far = datetime.max.replace(tzinfo=at.tzinfo)
    old_key = (HARDNESS[account[0]], account[1] or far if account[0] != "active" else at)
    return new if (HARDNESS[state], until or far) > old_key else account


def without_overturned(place: Place) -> dict[str, Any]:
    gone = {
        number for number, one in enumerate(place.strikes) if one.state is StrikeState.OVERTURNED
    }
    found = {"post": "published", "comment": "published", "rating": "published"}
    account, shown = FREE, None
    for at, (verb, *facts) in place.log:
        account = ended(account, at)
        if verb == "strike":
            number, outcome, days, hidden, words = facts
            if number in gone:
                continue
            account = hit(account, outcome, days, words, at)
            if hidden == "person":
                shown = None
            elif hidden and found[hidden] != "deleted":
                found[hidden] = "hidden"
        elif verb in ("limit", "suspend"):
            account = ("limited" if verb == "limit" else "suspended", at + 10 * DAY, facts[0])
        elif verb == "restore":
            account = FREE
        elif verb == "picture":
            shown = facts[0]
        else:
            found[verb] = facts[0]
    return found | {"account": ended(account, place.now), "picture": shown}


def check(place: Place) -> None:
    place.look()
    found = {name: place.made[name].state.value for name in ("post", "comment", "rating")}
    ben = place.ben
    account = ended((ben.state.value, ben.state_until, ben.state_body), place.now)
    found |= {"account": account, "picture": ben.avatar}
    assert found == without_overturned(place)


@settings(
    max_examples=12,
    suppress_health_check=list(HealthCheck),
    deadline=None,
    phases=WITHOUT_SHRINKING,
)
@given(history=st.lists(steps, min_size=5, max_size=12), start=st.tuples(strike_steps))
def test_without_a_wrong_strike_all_is_as_if_it_had_never_been(app, history, start):
    place = build()
    for step in (*start, *history):
        do(place, step)
    for number in range(len(place.strikes)):
        do(place, ("overturn", number))
    check(place)
