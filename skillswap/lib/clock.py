"""How are instants read on somebody's clock?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, reset_tzpath

# one zone table on every machine: the pinned tzdata package, not what the system happens to have
reset_tzpath(to=())

MONTHS = (
    "January February March April May June July August September October November December"
).split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
QUARTER_SECONDS = 900
# name, seconds, and from how many on the next larger unit reads better
UNITS = (
    ("minute", 60, 60),
    ("hour", 3600, 36),
    ("day", 86400, 14),
    ("week", 604800, 9),
    ("month", 2629800, 18),
    ("year", 31557600, 10**6),
)


def utcnow() -> datetime:
    """The present instant, aware UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises KeyError for a name the pinned table lacks."""
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The names a person may live in, sorted: the places of the pinned table, and UTC.

    Not its abbreviations, `Etc/` offsets and former names, which would stand there twice.
    """
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return (*sorted(line.split("\t")[2] for line in lines), "UTC")


# what browsers still call some of them
FORMER_NAMES = {
    "Africa/Asmara": "Africa/Asmera",
    "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
    "America/Argentina/Catamarca": "America/Catamarca",
    "America/Argentina/Cordoba": "America/Cordoba",
    "America/Argentina/Jujuy": "America/Jujuy",
    "America/Argentina/Mendoza": "America/Mendoza",
    "America/Atikokan": "America/Coral_Harbour",
    "America/Indiana/Indianapolis": "America/Indianapolis",
    "America/Kentucky/Louisville": "America/Louisville",
    "America/Nuuk": "America/Godthab",
    "Asia/Ho_Chi_Minh": "Asia/Saigon",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Asia/Yangon": "Asia/Rangoon",
    "Atlantic/Faroe": "Atlantic/Faeroe",
    "Europe/Kyiv": "Europe/Kiev",
    "Pacific/Chuuk": "Pacific/Truk",
    "Pacific/Kanton": "Pacific/Enderbury",
    "Pacific/Pohnpei": "Pacific/Ponape",
}


@lru_cache(maxsize=1)
def _zone_set() -> frozenset[str]:
    return frozenset(zone_names())


def is_zone(name: str) -> bool:
    """Whether a person may choose that zone name."""
    return name in _zone_set()


@lru_cache(maxsize=512)
def zone_city(name: str) -> str:
    """The place a zone is named after: `America/New_York` is "New York"."""
    return name.rsplit("/", 1)[-1].replace("_", " ")


@dataclass(frozen=True, slots=True)
class Local:
    """An instant as one person's wall clock shows it. Made by `local()`; printed by templates."""

    at: datetime
    wall: datetime
    city: str

    @property
    def iso(self) -> str:
        """For `<time datetime>`: UTC to the minute."""
        return self.at.strftime("%Y-%m-%dT%H:%MZ")

    @property
    def clock(self) -> str:
        """`18:30`."""
        return f"{self.wall:%H:%M}"

    @property
    def weekday(self) -> str:
        """`Thu`, for the date leaf."""
        return WEEKDAYS[self.wall.weekday()][:3]

    @property
    def month(self) -> str:
        """`Mar`, for the date leaf."""
        return MONTHS[self.wall.month - 1][:3]

    @property
    def day_number(self) -> int:
        """`26`, for the date leaf."""
        return self.wall.day

    @property
    def date(self) -> date:
        """The calendar day on this wall."""
        return self.wall.date()

    @property
    def day(self) -> str:
        """`Thursday 26 March`."""
        return day_of(self.date)

    @property
    def short_day(self) -> str:
        """`26 March`."""
        return f"{self.wall.day} {MONTHS[self.wall.month - 1]}"

    @property
    def full(self) -> str:
        """`Thursday 26 March, 18:30`."""
        return f"{self.day}, {self.clock}"


def local(at: datetime, zone_name: str) -> Local:
    """`at` (aware) on the wall clock of `zone_name`."""
    return Local(at, at.astimezone(zone(zone_name)), zone_city(zone_name))


def day_of(day: date) -> str:
    """`Thursday 26 March`, of a day that is one on somebody's wall already."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def same_clock(at: datetime, one: str, other: str) -> bool:
    """Whether two zones show the same wall time at that instant."""
    return at.astimezone(zone(one)).utcoffset() == at.astimezone(zone(other)).utcoffset()


def from_wall(wall: datetime, zone_name: str) -> datetime:
    """The instant at which a naive wall time happens first; in a spring gap, the first real minute.

    Returns aware UTC.
    """
    there = wall.replace(tzinfo=zone(zone_name), fold=0)
    back = there.astimezone(UTC).astimezone(zone(zone_name)).replace(tzinfo=None)
    if back == wall:
        return there.astimezone(UTC)
    # The wall time does not exist: fold 0 reads it with the offset before the change, fold 1
    # with the one after; the change itself is where the two readings meet.
    before = there.utcoffset()
    after = wall.replace(tzinfo=zone(zone_name), fold=1).utcoffset()
    if before is None or after is None:  # pragma: no cover - ZoneInfo always answers
        raise ValueError(zone_name)
    low, high = wall - max(before, after), wall - min(before, after)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        offset = middle.replace(tzinfo=UTC).astimezone(zone(zone_name)).utcoffset()
        low, high = (low, middle) if offset == after else (middle, high)
    return high.replace(microsecond=0, tzinfo=UTC)


def day_bounds(at: datetime, zone_name: str) -> tuple[datetime, datetime]:
    """The calendar day that holds `at` on that wall: its first instant, and the next day's."""
    midnight = at.astimezone(zone(zone_name)).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=None
    )
    return from_wall(midnight, zone_name), from_wall(midnight + timedelta(days=1), zone_name)


def relative(at: datetime, now: datetime) -> str:
    """`in 22 minutes`, `2 hours ago`, `just now`: the distance in the largest fitting unit."""
    seconds = (at - now).total_seconds()
    size = abs(seconds)
    if size < 45:
        return "just now" if seconds <= 0 else "in a moment"
    unit, count = next(
        (name, count)
        for name, length, limit in UNITS
        if (count := max(1, _count(size, length))) < limit
    )
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def _count(seconds: float, length: int) -> int:
    """Whole units; days are rounded down, so that tomorrow evening is not "in 2 days"."""
    return int(seconds // length) if length == UNITS[2][1] else round(seconds / length)


def on_quarter(at: datetime) -> bool:
    """Whether an instant lies on a quarter hour of UTC (every zone's offset is a multiple)."""
    return at.timestamp() % QUARTER_SECONDS == 0


def quarters(start: datetime, end: datetime) -> range:
    """The quarter hours an interval covers, as UTC epoch // 900. Both ends on quarters."""
    return range(int(start.timestamp()) // QUARTER_SECONDS, int(end.timestamp()) // QUARTER_SECONDS)
