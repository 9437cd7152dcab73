"""How does a person learn of a strike? Told as everything is; who cannot sign in gets a link.

The link is theirs alone, its row keeps the hash. It shows the strike, and takes one appeal.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skillswap.db import db
from skillswap.domain import deliveries
from skillswap.domain.strikes.rules import rule_of
from skillswap.lib.tokens import new_token, token_hash
from skillswap.models import Strike, User

LINK = "/strikes/link/"


def facts_of(strike: Strike) -> dict[str, Any]:
    """What a sentence about it needs."""
    return {
        "outcome": strike.outcome.value,
        "rule": rule_of(strike.rule).title,
        "about": strike.about,
        "appeal_by": strike.appeal_by.isoformat(),
    }


def mail_link(kind: str, strike: Strike, person: User, now: datetime) -> None:
    """Mail the link, if they cannot sign in as they stand now. The one before ends."""
    if person.is_active:
        return
    token = new_token()
    strike.link_hash = token_hash(token)
    db.session.flush()
    deliveries.mail(person, kind, now=now, path=f"{LINK}{token}")
