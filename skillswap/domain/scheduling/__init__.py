"""When do two people's hours meet, and what does a wall-clock time mean for both? Pure.

`clocks` reads wall times and finds when two clocks move apart, `spans` joins and cuts stretches of
time, `expanding` makes them of a person's usual week and other days.
"""

from skillswap.domain.hours import Window
from skillswap.domain.scheduling.clocks import OffsetChange, Reading, offset_changes, read_wall
from skillswap.domain.scheduling.expanding import OtherDays, expand, wall_span
from skillswap.domain.scheduling.spans import (
    Span,
    intersect,
    merge,
    starts_in,
    subtract,
    widen,
)

__all__ = [
    "OffsetChange",
    "OtherDays",
    "Reading",
    "Span",
    "Window",
    "expand",
    "intersect",
    "merge",
    "offset_changes",
    "read_wall",
    "starts_in",
    "subtract",
    "wall_span",
    "widen",
]
