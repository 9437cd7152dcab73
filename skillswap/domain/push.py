"""Which browsers take push for a person, and until when?

One subscription for each sign-in: it ends with it, so that nobody reads along on a browser that
somebody signed out of. The address is a browser's, handed to us by a person: lib/push.py trusts it
with nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from skillswap.db import db
from skillswap.domain.deliveries import Claim
from skillswap.errors import Refused
from skillswap.lib import push
from skillswap.lib.push import Address, BadSubscription
from skillswap.models import Delivery, PushSubscription, SignIn

TAKEN = "taken"
MOST = 10  # browsers of one person; the oldest makes room


@dataclass(frozen=True, slots=True)
class Target:
    """One browser to send to."""

    id: int
    address: Address


def subscribe(
    here: SignIn, address: Address, *, hosts: Sequence[str], device: str, now: datetime
) -> None:
    """Let this sign-in's browser take push; what it or the address had before is replaced.

    Raises Refused for what is not a known push service, or keys nothing can be encrypted for.
    """
    try:
        push.check(address, hosts)
    except BadSubscription as error:
        raise Refused("endpoint", str(error)) from error
    unsubscribe(here, or_endpoint=address.endpoint)
    db.session.add(
        PushSubscription(
            user_id=here.user_id,
            sign_in_id=here.id,
            endpoint=address.endpoint,
            p256dh=address.p256dh,
            auth=address.auth,
            device=device[:200],
            created_at=now,
        )
    )
    db.session.flush()
    _make_room(here.user_id)


def _make_room(user_id: int) -> None:
    mine = select(PushSubscription.id).where(PushSubscription.user_id == user_id)
    kept = mine.order_by(PushSubscription.id.desc()).limit(MOST)
    db.session.execute(
        delete(PushSubscription)
        .where(PushSubscription.user_id == user_id, PushSubscription.id.not_in(kept))
        .execution_options(synchronize_session=False)
    )


def unsubscribe(here: SignIn, *, or_endpoint: str = "") -> int:
    """Send nothing more to this sign-in's browser. Harmless when there was nothing.

    Also forgets `or_endpoint`, whosever it was: a browser has one reader.
    """
    done = db.session.execute(
        delete(PushSubscription)
        .where(
            or_(
                PushSubscription.sign_in_id == here.id,
                PushSubscription.endpoint == or_endpoint,
            )
        )
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE has one


def is_on(here: SignIn) -> bool:
    """Whether this sign-in's browser takes push."""
    mine = select(PushSubscription.id).where(PushSubscription.sign_in_id == here.id)
    return db.session.scalar(mine.limit(1)) is not None


def targets(user_id: int, now: datetime) -> list[Target]:
    """The browsers where that person is still signed in and takes push."""
    query = (
        select(PushSubscription)
        .join(SignIn, SignIn.id == PushSubscription.sign_in_id)
        .where(
            PushSubscription.user_id == user_id,
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
        )
        .order_by(PushSubscription.id)
        .limit(MOST)
    )
    return [
        Target(row.id, Address(row.endpoint, row.p256dh, row.auth))
        for row in db.session.scalars(query)
    ]


def gone(target: Target) -> None:
    """Forget a subscription that its browser has ended. Not one renewed under the same number."""
    db.session.execute(
        delete(PushSubscription)
        .where(
            PushSubscription.id == target.id,
            PushSubscription.endpoint == target.address.endpoint,
        )
        .execution_options(synchronize_session=False)
    )


def took(claim: Claim, target: Target, now: datetime) -> None:
    """Note that this browser has the message: when others are tried again, it is not.

    The claim's payload holds who has it.
    """
    claim.payload[TAKEN] = [*has_it(claim), target.id]
    for change in (
        update(Delivery)
        .where(Delivery.id == claim.id, Delivery.owner == claim.owner)
        .values(payload=dict(claim.payload)),
        update(PushSubscription).where(PushSubscription.id == target.id).values(used_at=now),
    ):
        db.session.execute(change.execution_options(synchronize_session=False))


def has_it(claim: Claim) -> list[int]:
    """The subscriptions that took this message at an earlier attempt."""
    return list(claim.payload.get(TAKEN, ()))
