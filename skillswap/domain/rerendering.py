"""What becomes of people's markup when the rules for it change? It is made anew, little by little.

Posts, bios, shared notes and announcements keep the HTML of their Markdown, and under which rules
it was made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from skillswap.db import db
from skillswap.lib.markdown import RULES_VERSION, render_markdown, render_post
from skillswap.models import Announcement, ExchangeNote, Post, User


def _post(body: str) -> dict[str, Any]:
    made = render_post(body)
    return {
        "body_html": made.html,
        "lead_html": made.lead,
        "is_long": made.is_long,
        "word_count": made.words,
    }


# table, its key, its Markdown, and what is made of that
KEPT: list[tuple[Any, Any, Any, Callable[[str], dict[str, Any]]]] = [
    (Post, Post.id, Post.body, _post),
    (User, User.id, User.bio, lambda body: {"bio_html": render_markdown(body)}),
    (
        ExchangeNote,
        ExchangeNote.exchange_id,
        ExchangeNote.body,
        lambda body: {"body_html": render_markdown(body)},
    ),
    (
        Announcement,
        Announcement.id,
        Announcement.body,
        lambda body: {"body_html": render_markdown(body)},
    ),
]


def rerender_due(now: datetime, limit: int) -> int:
    """Make up to so many texts anew that were made under older rules."""
    done = 0
    for table, key, body, make in KEPT:
        if done < limit:
            done += _anew(table, key, body, make, limit - done)
    return done


def _anew(table: Any, key: Any, body: Any, make: Callable[[str], Any], limit: int) -> int:
    """Everything is made before the first row is written: making takes longer than writing."""
    rows = db.session.execute(
        select(key, table.version, body)
        .where(table.rules_version < RULES_VERSION)
        .order_by(table.rules_version)
        .limit(limit)
    ).all()
    made = []
    for row in rows:
        made.append((row, make(row[2])))
        time.sleep(0)  # let pages of the same process come first
    for row, values in made:
        db.session.execute(
            update(table)
            .where(key == row[0], table.version == row[1])  # or somebody has written meanwhile
            .values(rules_version=RULES_VERSION, **values)
            .execution_options(synchronize_session=False)
        )
    return len(made)
