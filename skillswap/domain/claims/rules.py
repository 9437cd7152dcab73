"""How often, how long, how much: the numbers of a claim (DOMAIN.md §3.6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from skillswap.models import Claim, ClaimKind, Skill

FILES_MOST = 3  # each time that some are sent
TRIES, TRIES_WITHIN = 3, timedelta(days=90)
DECIDE_WITHIN = timedelta(days=30)  # then the files go, undecided
ANSWER_WITHIN = timedelta(days=14)  # when more is needed
REFUSED_KEPT_FOR = timedelta(days=30)
VALID_MONTHS = 24
RENEW_BEFORE = timedelta(days=60)  # the end of what is valid
VERDICT_MOST, WORDS_MOST = 120, 500


def valid_until(at: datetime) -> datetime:
    """24 months later by the calendar; the 29th of February becomes the 28th."""
    year = at.year + VALID_MONTHS // 12
    try:
        return at.replace(year=year)
    except ValueError:
        return at.replace(year=year, day=28)


def thing_of(kind: ClaimKind, skill_id: int | None) -> str:
    """What is checked, as one word: the same for every claim about the same thing."""
    return kind.value if skill_id is None else f"{kind}-{skill_id}"


def facts_of(claim: Claim, skill: Skill | None) -> dict[str, Any]:
    """What every event about a claim says; points count by whose and by which thing."""
    return {
        "whose": claim.user_id,
        "what": claim.kind.value,
        "thing": thing_of(claim.kind, claim.skill_id),
        "skill": skill.name if skill else "",
    }
