"""The posts of the town: each way in which one can stand, once, from ada's side.

Made by the verbs of the domain with the clock turned back, like the rest of `town.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

from PIL import Image

from skillswap.db import transaction
from skillswap.domain import (
    achievements,
    bookmarks,
    comments,
    follows,
    likes,
    media,
    pictures,
    posts,
    skill_follows,
)
from skillswap.models import Exchange, Post, PostKind, User
from tests import people
from tests.town_chat import RIGHT_TO_LEFT

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
LESSON = (
    """A wash is wet paint on wet paper.

## What you need

1. Paper that is **taped down**
2. A brush, and [a list of papers](https://example.org/papers)

> Wait until it no longer shines.

```
for sky in range(7): paint(sky, water="more than you think, and then a little more than that")
```

- soft
- hard

"""
    + "The rest is patience, and it takes as long as it takes. " * 20
)


class Board:
    """Makes the posts; `pages` are the addresses that ada may see."""

    def __init__(self, crowd: dict[str, User], now: datetime) -> None:
        self.crowd, self.now = crowd, now
        self.pages: list[str] = []

    def post(self, who: str, hours: float, body: str, **facts: object) -> Post:
        """Something that somebody posted so many hours ago."""
        with transaction():
            made = posts.publish(
                self.crowd[who],
                now=self.now - hours * HOUR,
                **{"kind": PostKind.GENERAL, "title": "", "body": body, **facts},  # type: ignore[arg-type]
            )
        self.pages.append(f"/posts/{made.public_id}")
        return made

    def shown(self, who: str, *sizes: tuple[int, int]) -> list[tuple[str, str]]:
        """Pictures of somebody, the second without words."""
        made = []
        for number, size in enumerate(sizes):
            out = BytesIO()
            Image.new("RGB", size, (40 + 50 * number, 110, 120)).save(out, "PNG")
            with transaction():
                kept = pictures.add(
                    self.crowd[who], out.getvalue(), media.store(), self.now - 90 * HOUR
                )
            made.append((kept.name, "" if number == 1 else "A plain colour"))
        return made

    def all_kinds(self) -> Post:
        """Of each kind, plain and rich, by short and by long names."""
        lesson = {"kind": PostKind.TUTORIAL, "title": "A wash in seven minutes"}
        taught = self.post("ada", 70, LESSON, skills=["watercolour", "piano"], **lesson)
        self.post("ben", 60, "Look.", pictures=self.shown("ben", (900, 500)))
        four = self.shown("rui", (400, 900), (900, 400), (500, 500), (640, 360))
        self.post("rui", 50, "Four walls of Mindelo.", pictures=four, skills=["portuguese"])
        long = {"kind": PostKind.TUTORIAL, "title": LONG + LONG[:50], "skills": ["chess"]}
        self.post("wolf", 40, f"{LONG * 3}\n\n{RIGHT_TO_LEFT} " + "word " * 200, **long)
        proud = {"kind": PostKind.ACHIEVEMENT, "title": "Forty lengths"}
        self.post("cy", 30, "I counted.", **proud)
        return taught

    def talk(self, post: Post) -> None:
        """Comments with answers, one taken back, one liked, one of ada's own that was edited."""
        at = self.now - 60 * HOUR
        first = self.say("ben", post, "How wet is wet?", at)
        for number, who in enumerate(("ada", "cy", "dina", "eli", "fay")):
            self.say(who, post, f"Like a window {number}", at + number * MINUTE, first)
        gone = self.say("gus", post, "A word too much", at + HOUR)
        self.say("hal", post, "Now what did it say?", at + 2 * HOUR, gone)
        with transaction():
            comments.delete_comment(self.crowd["gus"], gone, now=at + 3 * HOUR)
        mine = self.say("ada", post, f"See https://example.org/{LONG.lower()}", at + 4 * HOUR)
        with transaction():
            comments.edit_comment(self.crowd["ada"], mine, body="Thank you all", now=at + 5 * HOUR)
        with transaction():
            likes.like_comment(self.crowd["ada"], first, at + 5 * HOUR)
        self.pages += [f"/comments/{first}", f"/comments/{mine}/edit"]

    def say(self, who: str, post: Post, body: str, at: datetime, parent: str = "") -> str:
        """A comment; returns its key."""
        with transaction():
            return comments.make_comment(
                self.crowd[who], post.public_id, body=body, parent=parent, now=at
            ).public_id

    def like(self, post: Post) -> None:
        """By nearly everybody."""
        for who in ("ben", "cy", "dina", "eli", "fay", "gus", "hal", "ivo", "jo", "rui"):
            with transaction():
                likes.like_post(self.crowd[who], post.public_id, self.now - HOUR)

    def read(self, *kept: Post) -> None:
        """What ada follows and saves."""
        ada = self.crowd["ada"]
        for who in ("cy", "wolf"):
            with transaction():
                follows.follow(ada, who, self.now)
        with transaction():
            skill_follows.follow_skill(ada, "portuguese", self.now)
        for post in kept:
            with transaction():
                bookmarks.bookmark(ada, post.public_id, self.now)

    def unseen(self) -> None:
        """A draft, and a post of ada's that staff have hidden."""
        ada = self.crowd["ada"]
        with transaction():
            draft = posts.save_draft(
                ada, kind=PostKind.GENERAL, title="", body="Not yet", now=self.now
            )
        hidden = self.post("ada", 20, "Buy my paper")
        mo = people.mo()
        with transaction():
            posts.hide(mo, hidden.public_id, now=self.now)
        self.pages.append(f"/posts/new?draft={draft.public_id}")

    def named(self, exchange: Exchange) -> None:
        """Ivo asks for ada's name; ada has been given his, and may edit that post."""
        for who in ("ivo", "ada"):
            person = self.crowd[who]
            with transaction():
                draft = achievements.begin_achievement(
                    person, exchange.public_id, now=self.now - 6 * HOUR
                )
            facts = {"kind": draft.kind, "title": draft.title, "client_key": draft.client_key}
            told = self.post(who, 5, draft.body, named=True, **facts)
            tail = "naming" if who == "ivo" else "edit"
            self.pages.append(f"/posts/{told.public_id}/{tail}")
        ivo = self.crowd["ivo"]
        (asked,) = achievements.namings_of(ivo, self.now, 2)
        with transaction():
            achievements.agree_to_naming(ivo, asked.public_id, seen=asked.seen, now=self.now)


def fill(crowd: dict[str, User], exchange: Exchange, now: datetime) -> list[str]:
    """All of them; `exchange` is one that ada has completed with ivo. Returns the pages."""
    people.make_skill("Chess")
    crowd["wolf"] = people.make_person(
        "wolf", first_name="Wolfeschlegelsteinhausen" * 2, last_name="Bergerdorff-Weltenburger"
    )
    board = Board(crowd, now)
    lesson = board.all_kinds()
    board.talk(lesson)
    board.like(lesson)
    board.unseen()
    board.named(exchange)
    board.read(lesson)
    return [
        *board.pages,
        f"/posts/{lesson.public_id}/edit",
        f"/posts/{lesson.public_id}/delete",
        "/posts/new?kind=tutorial",
        "/feed?tab=for-you",
        "/bookmarks",
        "/people/ada/posts",
        "/explore/skills/portuguese",
        "/explore/skills/piano",
    ]
