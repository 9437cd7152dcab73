"""How do meetings come to be at Zoom and Google? One round: take up, call, mark.

Part of the worker's loop (worker.py). A service that does not answer is asked once in a round; the
others that wait for it keep their tries. Needs the app, and no request.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, meetings
from skillswap.domain.meeting_places import name_of
from skillswap.domain.meetings import MOST_ATTEMPTS, Claim, Kept
from skillswap.lib.clock import utcnow
from skillswap.lib.meeting import Made, Provider, ProviderAway, ProviderSaysNo
from skillswap.models import MeetingState, PlaceKind

log = logging.getLogger(__name__)
BATCH = 5
MOST_CLAIMS = 3 * MOST_ATTEMPTS  # what ends its worker each time is given up too
REST = timedelta(minutes=1)  # of those that wait for a service which has just not answered
Clock = Callable[[], datetime]


def providers(app: Flask) -> dict[PlaceKind, Provider]:
    """The services this place has credentials for, made once: they keep their tokens."""
    found: dict[PlaceKind, Provider] | None = app.extensions.get("meeting_providers")
    if found is None:
        settings: Settings = app.config["SETTINGS"]
        found = _made(settings) if settings.providers else {}
        app.extensions["meeting_providers"] = found
    return found


def _made(settings: Settings) -> dict[PlaceKind, Provider]:
    # imported here: a place without them need not carry the 9 MB of their HTTP client
    from skillswap.lib.google_meet import GoogleMeet
    from skillswap.lib.service import Patience
    from skillswap.lib.zoom import Zoom

    patience = Patience.of(settings.meeting_timeout)
    found: dict[PlaceKind, Provider] = {}
    if settings.zoom:
        found[PlaceKind.ZOOM] = Zoom(settings.zoom, patience)
    if settings.google:
        found[PlaceKind.MEET] = GoogleMeet(settings.google, patience)
    return found


def call(
    app: Flask, owner: str, stop: threading.Event, *, clock: Clock = utcnow, batch: int = BATCH
) -> int:
    """Take up one batch of meetings and make them so; returns how many were taken up."""
    with app.app_context():
        with transaction():
            claims = meetings.claim_due(owner, clock(), batch)
        db.session.remove()
        away: set[PlaceKind] = set()
        for claim in claims:
            if stop.is_set() or claim.provider in away:
                _release(claim, clock() + (timedelta() if stop.is_set() else REST))
                continue
            if not _attend(claim, providers(app).get(claim.provider), clock):
                away.add(claim.provider)
    return len(claims)


def _attend(claim: Claim, provider: Provider | None, clock: Clock) -> bool:
    """One meeting: the call outside any transaction, then the mark. False when nobody answered."""
    try:
        made = _ask(claim, provider, clock())
    except ProviderAway as error:
        log.warning("meeting of session %s: %s", claim.wanted.public_id, error)
        _fail(claim, str(error), clock, retry_after=error.retry_after)
        return False
    except ProviderSaysNo as error:
        log.warning("meeting of session %s: %s", claim.wanted.public_id, error)
        _fail(claim, str(error), clock, for_good=True)
        return True
    except Exception as error:  # noqa: BLE001 - its type alone: its text may hold what was sent
        log.warning("meeting of session %s: %s", claim.wanted.public_id, type(error).__name__)
        _fail(claim, type(error).__name__, clock)
        return True
    if made is None:
        _mark(lambda: meetings.mark_gone(claim))
    elif _mark(lambda: learning_sessions.meeting_made(claim, made, clock())) is Kept.LOST:
        log.warning("meeting of session %s: made after its lease", claim.wanted.public_id)
    return True


def _ask(claim: Claim, provider: Provider | None, now: datetime) -> Made | None:
    """Let the service do what is wanted; None when nothing is to be there."""
    if claim.attempts > MOST_CLAIMS:
        raise ProviderSaysNo("its worker ended each time")
    if claim.state is MeetingState.WANTED and claim.ends_at <= now:
        raise ProviderSaysNo("the session was over before anybody asked")
    if provider is None:
        raise ProviderSaysNo(f"{name_of(claim.provider)} is not configured any more")
    if claim.state is MeetingState.UNWANTED:
        provider.remove(claim.wanted)
        return None
    if claim.wanted.external_id:
        return provider.change(claim.wanted)
    return provider.create(claim.wanted)


def _release(claim: Claim, until: datetime) -> None:
    _mark(lambda: meetings.release(claim, until))


def _fail(
    claim: Claim,
    said: str,
    clock: Clock,
    *,
    retry_after: float | None = None,
    for_good: bool = False,
) -> None:
    now = clock()
    _mark(
        lambda: learning_sessions.meeting_failed(
            claim, said, now, retry_after=retry_after, for_good=for_good
        )
    )


def _mark(verb: Callable[[], Kept]) -> Kept:
    """A short transaction, and no connection kept while a service is being asked."""
    try:
        with transaction():
            return verb()
    finally:
        db.session.remove()
