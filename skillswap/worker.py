"""Who does what is due? One loop: the deadlines every minute, the outbox every few seconds,
and with it the meetings that Zoom and Google are to hold (calling.py).

It runs as a greenlet beside the pages (gunicorn.conf.py) or as a process (`flask work`); any
number of them may run at once, each row is held by one (domain/deliveries.py). Nothing is kept
here: whoever is killed leaves rows whose lease runs out.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import Flask

from skillswap import calling, mailing, pushing
from skillswap.db import db, transaction
from skillswap.domain import deliveries, impressions, letters
from skillswap.domain.deliveries import Claim
from skillswap.domain.letters import Letter
from skillswap.domain.sweep import run as run_step
from skillswap.domain.sweep import sweep
from skillswap.lib.clock import utcnow
from skillswap.lib.sending import Away, NotSent
from skillswap.models import Channel

log = logging.getLogger(__name__)
SWEEP_SECONDS = 60.0
REST_SECONDS = 3.0  # between two looks into an empty outbox
AFTER_TROUBLE_SECONDS = 15.0
BATCH = 20
LEFT_TO_BEGIN = timedelta(minutes=2)  # of the lease; with less, another may take it up


class Sender(Protocol):
    """How the letters of one channel leave."""

    forgets: bool  # whether the payload is emptied once it has left

    def send(self, letter: Letter) -> None:
        """Raises NotSent or Away; otherwise the other side has taken it."""


# a sender for each channel, as a context one batch long
SENDERS: dict[Channel, Callable[[], Any]] = {
    Channel.EMAIL: mailing.post,
    Channel.DIGEST: mailing.post,
    Channel.PUSH: pushing.post,
}


def new_owner() -> str:
    """A name for one worker, never given twice."""
    return f"{os.getpid()}-{secrets.token_hex(8)}"


def run(app: Flask, stop: threading.Event) -> None:
    """Work until `stop` is set. Trouble is logged and survived."""
    owner, swept_at = new_owner(), float("-inf")
    while not stop.is_set():
        rest = REST_SECONDS
        try:
            if time.monotonic() - swept_at >= SWEEP_SECONDS:
                swept_at = time.monotonic()
                with app.app_context():
                    sweep(utcnow())
            if deliver(app, owner, stop):
                rest = 0
            if calling.call(app, owner, stop):
                rest = 0
        except Exception:
            log.exception("the worker goes on after trouble")
            rest = AFTER_TROUBLE_SECONDS
        stop.wait(rest)
    _keep(app)


def keep_noted(app: Flask, stop: threading.Event) -> None:
    """For a process with pages and no sweep: keep who was shown to whom, until `stop` is set.

    What was shown is noted in the memory of the process that showed it.
    """
    while not stop.wait(SWEEP_SECONDS):
        _keep(app)
    _keep(app)


def _keep(app: Flask) -> None:
    with app.app_context():
        run_step("showings kept", impressions.keep_due, utcnow())


def run_once(app: Flask) -> tuple[dict[str, int], int]:
    """Everything that is due now: what the sweep moved, and how many deliveries were tried."""
    stop, owner, tried = threading.Event(), new_owner(), 0
    with app.app_context():
        swept = sweep(utcnow())
    while count := deliver(app, owner, stop):
        tried += count
    while calling.call(app, owner, stop):
        pass  # what failed is due later
    return swept, tried


def deliver(
    app: Flask,
    owner: str,
    stop: threading.Event,
    *,
    clock: Callable[[], datetime] = utcnow,
    batch: int = BATCH,
) -> int:
    """Take up one batch of due deliveries and send them; returns how many were taken up."""
    with app.app_context():
        with transaction():
            claims = deliveries.claim(tuple(SENDERS), owner, clock(), batch)
        db.session.remove()
        with ExitStack() as open_senders:
            senders: dict[Channel, Sender] = {}
            away: dict[Channel, str] = {}
            for claim in claims:
                if stop.is_set() or claim.until - clock() < LEFT_TO_BEGIN:
                    with marking():
                        deliveries.release(claim)
                    continue
                if said := away.get(claim.channel) or hopeless(claim):
                    with marking():
                        deliveries.mark_failed(claim, said, clock())
                    continue
                if claim.channel not in senders:
                    opened = open_senders.enter_context(SENDERS[claim.channel]())
                    senders[claim.channel] = opened
                try:
                    attend(claim, senders[claim.channel], clock)
                except Away as error:
                    away[claim.channel] = str(error)
    return len(claims)


def hopeless(claim: Claim) -> str:
    """Why it is not even tried: taken up again and again, it ended its worker each time."""
    return "its worker ended each time" if claim.attempts > deliveries.MOST_CLAIMS else ""


@contextmanager
def marking() -> Iterator[None]:
    """A short transaction, and no connection kept while something is being sent."""
    try:
        with transaction():
            yield
    finally:
        db.session.remove()


def attend(claim: Claim, sender: Sender, clock: Callable[[], datetime]) -> None:
    """One delivery: asked whether it may still go, sent outside any transaction, marked.

    Raises Away, after marking, when the others of its channel need not be tried now.
    """
    try:
        letter = letters.letter_for(claim, clock())
        db.session.remove()
        sender.send(letter)
    except letters.Later as later:
        with marking():
            deliveries.postpone(claim, later.until)
    except letters.Dropped as reason:
        with marking():
            deliveries.mark_dropped(claim, str(reason), clock())
    except NotSent as error:
        log.warning("delivery %s: %s", claim.public_id, error)
        with marking():
            deliveries.mark_failed(claim, str(error), clock(), for_good=error.for_good)
        if isinstance(error, Away):
            raise
    except Exception as error:
        log.exception("delivery %s cannot be written", claim.public_id)
        db.session.remove()
        with marking():
            deliveries.mark_failed(claim, f"{type(error).__name__}: {error}", clock())
    else:
        with marking():
            deliveries.mark_sent(claim, clock(), forget=sender.forgets)
