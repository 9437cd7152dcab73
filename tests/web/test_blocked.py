"""A block, place by place: in none of them do the two find each other any more.

The table is that of SECURITY.md A10. Each place is looked at from either side, by its pages and by
its verbs; before the block the same pages show the other, or the test would prove nothing. What an
open page hears is in `tests/live/test_blocked.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from skillswap.db import db, transaction
from skillswap.domain import (
    boards,
    bookmarks,
    comments,
    conversations,
    follows,
    likes,
    safety,
    saved_teachers,
)
from skillswap.lib.clock import utcnow
from skillswap.models import PeriodKind, PointsPeriod, User
from tests import people, wishing, written
from tests.conftest import HTMX

DAY = timedelta(days=1)
NAME = "Canary"
TEXT = {"body": "Would you sit by the river with me this week?"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the two could meet."""

    gone: tuple[str, ...] = ()  # pages about the other: 404 afterwards
    lists: tuple[str, ...] = ()  # pages that showed the other and do so no more
    verbs: tuple[str, ...] = ()  # POSTs to the other: 404


# {me} and {other} are usernames, the rest public ids
PLACES: dict[str, Place] = {
    "pitch": Place(
        ("/people/{other}/pitch", "/pitches/{pitch}"),
        ("{box}",),
        ("/people/{other}/pitch", "/pitches/{pitch}/accept", "/pitches/{pitch}/withdraw"),
    ),
    "message": Place(("/chat/with/{other}",), (), ("/chat/with/{other}",)),
    "follow": Place(
        ("/people/{other}/followers", "/people/{other}/following"),
        ("/people/me/followers", "/people/third/followers"),
        ("/people/{other}/follow", "/people/{other}/save"),
    ),
    "comment": Place(
        ("/comments/{comment}",),
        ("/posts/{thirds_post}",),
        ("/posts/{post}/comments", "/posts/{post}/like", "/comments/{comment}/like"),
    ),
    "mention": Place(("/posts/{naming}/naming",), (), ("/posts/{naming}/naming/agree",)),
    "profile": Place(
        ("/people/{other}", "/people/{other}/why", "/people/{other}/ratings"),
        ("/saved",),
        ("/people/{other}/mute", "/people/{other}/dismiss"),
    ),
    "availability": Place(
        ("/exchanges/{exchange}/propose", "/sessions/{session}/move"),
        ("/sessions", "/sessions/month"),
        ("/exchanges/{exchange}/propose", "/sessions/{session}/move"),
    ),
    "search": Place((), ("/search?q=example", "/teachers?q=example", "/teachers?skill={skill}")),
    "leaderboard": Place((), ("/leaderboard",)),
    "recommendations": Place((), ("/explore/people", "/explore/skills/{skill}")),
    "the thread": Place(("/chat/{thread}",), ("/chat",), ("/chat/{thread}/messages",)),
    "feed": Place(
        ("/posts/{post}", "/people/{other}/posts", "/wishes/{wish}"),
        ("/feed?tab=following", "/feed?tab=for-you", "/bookmarks", "/wishes?show=all"),
    ),
    "notifications": Place((), ("/notifications",)),
    "exchange": Place(
        ("/exchanges/{exchange}", "/sessions/{session}", "/report?about=person&key={other}"),
        ("/exchanges", "/dashboard"),
        ("/exchanges/{exchange}/notes", "/sessions/{session}/cancel"),
    ),
}


NOWHERE: dict[str, list[tuple[str, int]]] = {name: [] for name in PLACES}


def make(username: str, **columns: Any) -> User:
    return people.make_person(
        username,
        offers=("Spanish", "Watercolour"),
        wants=("Watercolour", "Spanish"),
        boards_since=utcnow() - 100 * DAY,
        first_name=NAME,
        **columns,
    )


def scene(me: User, other: User) -> dict[str, str]:
    """The two have to do with each other in every place; what it is called there."""
    now, third = utcnow(), people.make_person("third", offers=("Chess",))
    pitch = people.make_pitch(other, me, "watercolour")
    naming = written.asked(other, me, now, offered="chess")  # they completed an exchange before
    exchange = people.make_exchange(me, other, "spanish", offered="watercolour")
    session = people.make_session(me, exchange)
    post, thirds = people.make_post(other, skills=("Spanish",)), people.make_post(third)
    with transaction():
        for one, whom in ((me, other), (other, me), (other, third)):
            follows.follow(one, whom.username, now)
        comment = comments.make_comment(other, thirds.public_id, body="Lovely.", now=now)
        likes.like_post(other, people.make_post(me).public_id, now)
        bookmarks.bookmark(me, post.public_id, now)
        saved_teachers.save(me, other.username, now)
        _message, thread = conversations.send_to(
            other, me.username, body="Here I am.", client_key="", now=now
        )
    score(me, other)
    wish = wishing.make_wish(other, "spanish")
    return {
        "other": other.username,
        "skill": "spanish",
        "box": "/pitches",
        "pitch": pitch.public_id,
        "naming": naming.public_id,
        "exchange": exchange.public_id,
        "session": session.public_id,
        "post": post.public_id,
        "thirds_post": thirds.public_id,
        "comment": comment.public_id,
        "thread": thread,
        "wish": wish.public_id,
    }


def score(*who: User) -> None:
    period = boards.at(PeriodKind.WEEK, utcnow())
    row = {"kind": period.kind, "number": period.number, "points": 90, "sessions": 3}
    with transaction():
        for person in who:
            db.session.merge(PointsPeriod(**row, user_id=person.id))


def shows(client: Any, place: Place, facts: dict[str, str]) -> list[tuple[str, int]]:
    """Where the other is not to be found, of the pages that should show them."""
    found = []
    for url in (one.format(**facts) for one in (*place.lists, *place.gone)):
        answer = client.get(url, follow_redirects=True)
        if answer.status_code != 200 or NAME not in answer.text:
            found.append((url, answer.status_code))
    return found


def hides(client: Any, place: Place, facts: dict[str, str]) -> list[tuple[str, int]]:
    """Where the other is still to be found."""
    found = []
    for headers in ({}, HTMX):
        for url in (one.format(**facts) for one in (*place.lists, *place.gone)):
            answer = client.get(url, headers=headers)
            right = 200 if url in [one.format(**facts) for one in place.lists] else 404
            trace = NAME in answer.text or "/people/other" in answer.text
            if answer.status_code != right or trace:
                found.append((url, answer.status_code))
    verbs = [one.format(**facts) for one in place.verbs]
    sent = [(f"POST {url}", client.post(url, data=TEXT).status_code) for url in verbs]
    return found + [one for one in sent if one[1] != 404]


@pytest.mark.parametrize("side", ["who blocked", "who was blocked"])
def test_in_none_of_the_places_do_they_find_each_other(browser, app, side):
    me = people.make_person(
        "me",
        offers=("Watercolour", "Chess"),
        wants=("Spanish",),
        boards_since=utcnow() - 100 * DAY,
    )
    other = make("other")
    facts = scene(me, other)
    client = browser(me)
    assert {name: shows(client, place, facts) for name, place in PLACES.items()} == NOWHERE
    one, two = (me, other) if side == "who blocked" else (other, me)
    with transaction():
        safety.block(one, two.username, utcnow())
    assert {name: hides(client, place, facts) for name, place in PLACES.items()} == NOWHERE


def test_what_a_block_parted_is_told_to_nobody_afterwards(browser, ada, ben, now):
    """Follows, likes and comments of the other reach no bell, not even through a third."""
    third = people.make_person("third")
    post = people.make_post(third)
    with transaction():
        comments.make_comment(ada, post.public_id, body="First.", now=now)
        safety.block(ada, "ben", now)
    with transaction():
        comments.make_comment(ben, post.public_id, body="Second.", now=now)
        likes.like_post(ben, post.public_id, now)
        follows.follow(ben, "third", now)
    assert "Ben" not in browser(ada).get("/notifications").text
    assert "Second." not in browser(ada).get(f"/posts/{post.public_id}").text
    assert "Ben" in browser(third).get("/notifications").text
