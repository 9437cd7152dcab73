"""What does the clock do by itself? Every deadline, in one list, run every minute.

Each step is idempotent and works in small batches, each in a transaction of its own; a step that
fails is logged and the others go on. Reads show a deadline at once, whether or not this ran.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from skillswap.db import db, transaction
from skillswap.domain import (
    achievements,
    answering,
    badge_checks,
    boards,
    claims,
    contests,
    deliveries,
    digests,
    dismissals,
    drifting,
    email_links,
    exchanges,
    impressions,
    lasting,
    learning_sessions,
    leftovers,
    listings,
    live,
    merging,
    pictures,
    pitches,
    points,
    ratings,
    rerendering,
    rings,
    safety,
    saved_teachers,
    second_steps,
    statistics,
    strikes,
    trends,
    wishes,
)

log = logging.getLogger(__name__)
BATCH = 100
MOST_BATCHES = 50  # of one step in one sweep; what is left waits a minute

# name, and what moves up to so many rows that are due, returning how many it moved
STEPS: list[tuple[str, Callable[[datetime, int], int]]] = [
    ("people restored", safety.restore_due),
    ("pitches expired", pitches.expire_due),
    ("teachers reminded", pitches.remind_due),
    ("pauses ended", pitches.resume_due),
    ("rings lapsed", rings.lapse_due),
    ("rings closed", rings.close_due),
    ("answers recounted", answering.recount_due),
    ("offers lapsed", learning_sessions.lapse_due),
    ("sessions settled", learning_sessions.settle_due),
    ("ratings published", ratings.publish_due),
    ("ratings asked for", ratings.prompt_due),
    ("contests lapsed", contests.lapse_due),
    ("sessions reminded of", learning_sessions.remind_due),
    ("exchanges nudged", exchanges.nudge_due),
    ("exchanges at rest", exchanges.rest_due),
    ("exchanges settled", exchanges.settle_due),
    ("offers to wishes lapsed", wishes.lapse_offers_due),
    ("wishes lapsed", wishes.lapse_wishes_due),
    ("badges looked at", badge_checks.check_due),
    ("names not agreed to", achievements.lapse_due),
    ("tutorials noted", lasting.note_due),
    ("hours of lists made anew", listings.refresh_due),
    ("merged skills followed", merging.follow_due),
    ("skills counted", trends.refresh_due),
    ("pictures let go", pictures.forget_due),
    ("claims ended", claims.expire_due),
    ("documents erased", claims.erase_due),
    ("pictures taken down let go", strikes.forget_pictures_due),
    ("left files removed", leftovers.remove_due),
    ("texts made anew", rerendering.rerender_due),
    ("recovery codes no longer shown", second_steps.forget_shown_due),
    ("mailed links forgotten", email_links.forget_due),
    ("digests planned", digests.plan_due),
    ("old deliveries forgotten", deliveries.forget_due),
    ("people who left forgotten", live.forget_due),
    ("boards settled", boards.freeze_due),
    ("reopened teachers told of", saved_teachers.tell_due),
    ("dismissals forgotten", dismissals.forget_due),
    ("showings kept", impressions.keep_due),
    ("old showings forgotten", impressions.forget_due),
    ("flags of points lapsed", points.lapse_due),
    ("days summed up", statistics.roll_up_due),
    ("counters looked at", drifting.look_due),
]


def sweep(now: datetime) -> dict[str, int]:
    """Do everything that is due; returns how many rows each step moved."""
    return {name: run(name, step, now) for name, step in STEPS}


def run(name: str, step: Callable[[datetime, int], int], now: datetime) -> int:
    """One step, batch after batch, until a batch is not full."""
    moved = 0
    try:
        for _batch in range(MOST_BATCHES):
            with transaction():
                count = step(now, BATCH)
            db.session.expunge_all()
            moved += count
            if count < BATCH:
                break
    except Exception:
        log.exception("the sweep could not finish: %s", name)
    return moved
