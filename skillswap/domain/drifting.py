"""Do the counters still say what their rows say? Looked at once a day, for the page of numbers.

`flask doctor` asks far more; this is what can be asked while people are about.
"""

from __future__ import annotations

from datetime import datetime

from skillswap.domain import doctor, statistics
from skillswap.models import Metric


def look_due(now: datetime, limit: int) -> int:
    """With each new day of numbers, note how many counters are wrong. Returns the looks taken.

    What is found is asked a second time: somebody may have written between two of its statements.
    """
    day = statistics.day_without(Metric.DRIFT)
    if day is None:
        return 0
    if found := set(doctor.counters(now)):
        found &= set(doctor.counters(now))
    statistics.keep({(day, Metric.DRIFT): len(found)})
    return 1
