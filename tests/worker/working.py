"""Workers as processes, with a short lease: each line of input starts one, and its pid is printed.

They are forked from one process that has read the code already, so that ten of them cost little.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta

from skillswap import create_app, worker
from skillswap.domain import deliveries, meetings

# what a killed worker held is free again soon; the proportions are those of the real ones
deliveries.LEASE = meetings.LEASE = timedelta(seconds=4)
worker.LEFT_TO_BEGIN = timedelta(seconds=1.6)
worker.REST_SECONDS = 0.1


def main() -> None:
    """Start workers until the input ends or we do; they end with us."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    app = create_app()
    life, mine = os.pipe()
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.close(mine)
            threading.Thread(target=end_with, args=(life,), daemon=True).start()
            worker.run(app, threading.Event())
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def end_with(life: int) -> None:
    """Wait for the end of the process that started us."""
    os.read(life, 1)
    os._exit(0)


if __name__ == "__main__":
    main()
