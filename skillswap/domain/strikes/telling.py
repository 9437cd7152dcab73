"""How does a person learn of a strike? Told as everything is; who cannot sign in gets a link.

The link is theirs alone, its row keeps the hash. It shows the strike, and takes one appeal.
"""

from __future__ import annotations

from datetime import datetime

from skillswap.db import db
from skillswap.domain import deliveries, events
from skillswap.domain.strikes.rules import rule_of
from skillswap.lib.tokens import new_token, token_hash
from skillswap.models import Strike, User

LINK = "/strikes/link/"


def tell(kind: str, strike: Strike, person: User, now: datetime) -> None:
    """Tell whose strike it is, by whatever way reaches them as they stand now."""
    events.record(
        kind,
        actor=None,
        subject=strike,
        to=[person],
        now=now,
        outcome=strike.outcome.value,
        rule=rule_of(strike.rule).title,
        about=strike.about,
        appeal_by=strike.appeal_by.isoformat(),
    )
    if not person.is_active:
        token = new_token()
        strike.link_hash = token_hash(token)
        db.session.flush()
        mail = f"account.{kind.replace('.', '_')}"
        deliveries.mail(person, mail, now=now, path=f"{LINK}{token}")
