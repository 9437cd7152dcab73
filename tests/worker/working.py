"""A worker as a process of its own, with a short lease: `python -m tests.worker.working`."""

from __future__ import annotations

import threading
from datetime import timedelta

from skillswap import create_app, worker
from skillswap.domain import deliveries

# what a killed worker held is free again soon; the proportions are those of the real ones
deliveries.LEASE = timedelta(seconds=4)
worker.LEFT_TO_BEGIN = timedelta(seconds=1.6)
worker.REST_SECONDS = 0.1

if __name__ == "__main__":
    worker.run(create_app(), threading.Event())
