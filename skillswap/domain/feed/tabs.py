"""Which of the two tabs does somebody read, and what is on it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from skillswap.domain.feed.following import following, sources_of
from skillswap.domain.feed.for_you import for_you
from skillswap.lib.keyset import Page
from skillswap.models import User


class Tab(StrEnum):
    FOLLOWING, FOR_YOU = "following", "for-you"


@dataclass(frozen=True, slots=True)
class Reading:
    """A page of posts, and the tab it is of."""

    tab: Tab
    posts: Page


def read(person: User, tab: Tab | None, cursor: str | None, now: datetime) -> Reading:
    """A page of that tab. Four statements at most, whomever and whatever the person follows.

    Where none is asked for, Following; but For you while nothing comes in from anybody else.
    """
    if tab is Tab.FOR_YOU:
        return Reading(tab, for_you(person, cursor, now))
    sources = sources_of(person, cursor)
    others = any(not row.is_person or row.id != person.id for row in sources)
    if tab is None and not others:
        return Reading(Tab.FOR_YOU, for_you(person, None, now))
    return Reading(Tab.FOLLOWING, following(person, cursor, sources))
