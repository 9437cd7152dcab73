"""Whom ada keeps for later, whom she has put aside, and who was shown to her."""

from __future__ import annotations

from datetime import datetime

from skillswap.db import transaction
from skillswap.domain import dismissals, impressions, recommending, saved_teachers
from skillswap.models import PauseKind, ShownIn, User
from tests import people


def fill(crowd: dict[str, User], now: datetime) -> list[str]:
    """Two saved teachers, one of them paused and watched; somebody put aside; a look at Home."""
    ada = crowd["ada"]
    crowd["una"] = people.make_person("una", offers=("Portuguese",), paused=PauseKind.OWN)
    with transaction():
        saved_teachers.save(ada, "cy", now)
        saved_teachers.watch(ada, "una", now)
        dismissals.dismiss(ada, "hal", now)
    recommending.people_for_you(ada, ShownIn.HOME, now)
    with transaction():
        impressions.keep_due(now, 100)
    return ["/saved", "/settings/privacy", "/explore"]
