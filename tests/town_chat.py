"""The conversations of the town: everything that can stand in one, from ada's side.

Made by the verbs of the domain with the clock turned back, like the rest of `town.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import conversations, follows
from skillswap.lib.clock import utcnow
from skillswap.lib.storage import Folder
from skillswap.models import Conversation, User
from tests import people

MINUTE = timedelta(minutes=1)
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch" * 2
RIGHT_TO_LEFT = "مرحبا، هل نلتقي غدا في المساء؟"
LINK = "The paper: https://example.org/a/very/long/address/that/goes/on?and=on&and=on"


def fill(crowd: Mapping[str, User], now: datetime) -> list[str]:
    """All of them; returns the pages that ada may see."""
    ada, ben = crowd["ada"], crowd["ben"]
    thread = _lively(ada, ben, now)
    waits = _say(crowd["cy"], ada, "May I ask you something about paper?", now - 9 * MINUTE)
    frozen = _say(crowd["jo"], ada, "Send me money", now - 8 * MINUTE)
    with transaction():
        db.session.scalars(
            select(Conversation).where(Conversation.public_id == frozen)
        ).one().frozen_at = now
    for follower, followed in ((ada, ben), (ben, ada), (crowd["dina"], ada), (ada, crowd["rui"])):
        with transaction():
            follows.follow(follower, followed.username, now)
    stranger = people.make_person("pia", offers=("Chess",))
    mine = _last_of(ada, thread)
    return [
        "/chat",
        "/chat?requests=1",
        f"/chat/{thread}",
        f"/chat/{thread}?q=line",
        f"/chat/{thread}?q=nothing+of+that",
        f"/chat/{waits}",
        f"/chat/{frozen}",
        f"/chat/with/{stranger.username}",
        f"/messages/{mine}/edit",
        "/people/ada/followers",
        "/people/ada/following",
    ]


def _lively(ada: User, ben: User, now: datetime) -> str:
    """Two screens of lines, with everything a line can be."""
    for number in range(36):
        who, other = (ada, ben) if number % 3 else (ben, ada)
        key = _say(who, other, f"Line {number} of a long talk", now - (70 - number) * MINUTE)
    for number, body in enumerate((LONG, RIGHT_TO_LEFT, LINK, "word " * 900)):
        _say(ben, ada, body, now - (30 - number) * MINUTE)
    at = now - 12 * MINUTE
    _say(ada, ben, "Helo", at)
    with transaction():
        conversations.edit_message(ada, _last_of(ada, key), body="Hello", now=at + MINUTE)
    _say(ada, ben, "To the wrong person", at + 2 * MINUTE)
    with transaction():
        conversations.delete_message(
            ada, _last_of(ada, key), store=Folder(Path()), now=at + 3 * MINUTE
        )
    _say(ada, ben, "My last words, which can still be mended", now - 5 * MINUTE)
    _say(ben, ada, "And mine, which are not read yet", now - 4 * MINUTE)
    return key


def _say(person: User, other: User, body: str, now: datetime) -> str:
    with transaction():
        _message, key = conversations.send_to(
            person, other.username, body=body, client_key="", now=now
        )
    return key


def _last_of(person: User, key: str) -> str:
    """The public id of a person's latest message there."""
    thread = conversations.thread_of(person, key, utcnow())
    lines = conversations.lines_of(thread).lines
    return [line.public_id for line in lines if line.may_delete][-1]
