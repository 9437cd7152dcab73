"""How does a calendar file say when something is? RFC 5545 on the icalendar library.

Every clock time carries the zone it is read in and the file describes that zone, so that Apple,
Google and Outlook show the same minute. What a person typed stays inside one property.
"""

from __future__ import annotations

import unicodedata
from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vDuration,
    vText,
)

from skillswap.lib.clock import zone

DAY = timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SPACES = "\t\n\r"
UNIVERSAL = "UTC"


class Method(StrEnum):
    """What a file asks of a calendar (RFC 5546)."""

    PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"


class Status(StrEnum):
    """How an entry stands."""

    CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"


@dataclass(frozen=True, slots=True)
class CalendarUser:
    """Somebody with an address, as organiser or as guest."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a calendar. Instants are aware."""

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    status: Status = Status.CONFIRMED


@dataclass(frozen=True, slots=True)
class Feed:
    """What a calendar that is fetched again and again says of itself."""

    name: str
    refresh: timedelta


def write(
    entries: Sequence[Entry],
    *,
    method: Method,
    product: str,
    zone_name: str,
    organizer: CalendarUser,
    guest: CalendarUser | None = None,
    feed: Feed | None = None,
) -> bytes:
    """The file. Clock times are those of `zone_name`; a PUBLISH has no guest (RFC 5546 §3.2.1)."""
    calendar = Calendar()
    calendar.add("PRODID", f"-//{one_line(product)}//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method.value)
    if feed:
        _describe(calendar, feed, zone_name)
    events = [_event(entry, zone_name, organizer, guest, method) for entry in entries]
    if any("TZID" in event[name].params for event in events for name in ("DTSTART", "DTEND")):
        years = [at.year for entry in entries for at in (entry.starts_at, entry.ends_at)]
        calendar.add_component(described_zone(zone_name, min(years), max(years)))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical(sorted=False))


def _describe(calendar: Calendar, feed: Feed, zone_name: str) -> None:
    name = one_line(feed.name)
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("X-WR-TIMEZONE", zone_name)
    calendar.add("REFRESH-INTERVAL", vDuration(feed.refresh), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(feed.refresh))


def _event(
    entry: Entry,
    zone_name: str,
    organizer: CalendarUser,
    guest: CalendarUser | None,
    method: Method,
) -> Event:
    event = Event()
    event.add("UID", entry.uid)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", entry.stamp.astimezone(UTC).replace(microsecond=0))
    event.add("DTSTART", on_wall(entry.starts_at, zone_name))
    event.add("DTEND", on_wall(entry.ends_at, zone_name))
    event.add("SUMMARY", one_line(entry.summary))
    for name, words in (
        ("DESCRIPTION", many_lines(entry.description)),
        ("LOCATION", one_line(entry.location)),
        ("URL", entry.url),
    ):
        if words:
            event.add(name, words)
    event.add("STATUS", entry.status.value)
    event.add("TRANSP", "TRANSPARENT" if entry.status is Status.CANCELLED else "OPAQUE")
    event.add("ORGANIZER", _address(organizer))
    if guest is not None and method is not Method.PUBLISH:
        said = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
        event.add("ATTENDEE", _address(guest, **said))
    return event


def _address(who: CalendarUser, **parameters: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{one_line(who.email)}")
    for name, value in parameters.items():
        address.params[name] = vText(value)
    if name := one_line(who.name).replace('"', "'"):  # RFC 5545 knows no way to write one
        address.params["CN"] = vText(name)
    return address


def one_line(words: str) -> str:
    """Text without anything that is no sign: line breaks become spaces."""
    return " ".join(_visible(words).split())


def many_lines(words: str) -> str:
    """The same, line by line."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line) for line in lines).strip()


def _visible(words: str) -> str:
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    signs = (" " if unicodedata.category(sign) in hidden else sign for sign in words)
    return "".join(signs)


# -- clock times and their zone -------------------------------------------------------------------


def on_wall(at: datetime, zone_name: str) -> datetime:
    """An instant as the file writes it: on that wall, or in UTC where the wall shows it twice.

    RFC 5545 reads a clock time that comes twice as its first one, so the second has no other way.
    """
    there = at.astimezone(zone(zone_name))
    return at.astimezone(UTC) if zone_name == UNIVERSAL or there.fold else there


@dataclass(frozen=True, slots=True)
class Onset:
    """When clocks are changed: the wall before the change, and the two offsets."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str

    @property
    def wall(self) -> datetime:
        """What the clocks show at that moment, not changed yet."""
        return self.at.replace(tzinfo=None) + self.before


@lru_cache(maxsize=256)
def described_zone(zone_name: str, first_year: int, last_year: int) -> Timezone:
    """A VTIMEZONE that is right from the first to the last of those years.

    Yearly rules are written as such, since Outlook understands little else; what follows no
    rule, such as Ramadan in Morocco, is written date by date.
    """
    there = zone(zone_name)
    start = datetime(first_year - 1, 1, 1, tzinfo=UTC)
    end = datetime(last_year + 2, 1, 1, tzinfo=UTC)
    onsets = _onsets(there, start, end)
    described = Timezone()
    described.add("TZID", zone_name)
    alike: dict[tuple[timedelta, timedelta], list[Onset]] = defaultdict(list)
    for onset in onsets:
        alike[onset.before, onset.after].append(onset)
    if not onsets or onsets[0].at >= datetime(first_year, 1, 1, tzinfo=UTC) - DAY:
        described.add_component(_from_the_start(there, start, alone=not onsets))
    for same in alike.values():
        described.add_component(_observance(same, last_year - first_year + 3))
    return described


def _onsets(there: ZoneInfo, start: datetime, end: datetime) -> list[Onset]:
    days = [start + DAY * number for number in range((end - start).days + 1)]
    offsets = [_offset(day, there) for day in days]
    return [
        _onset(low, high, there)
        for (low, high), (before, after) in zip(pairwise(days), pairwise(offsets), strict=True)
        if before != after
    ]


def _offset(at: datetime, there: ZoneInfo) -> timedelta:
    return at.astimezone(there).utcoffset() or timedelta()


def _onset(low: datetime, high: datetime, there: ZoneInfo) -> Onset:
    """The change between two instants, to the second."""
    before, after = _offset(low, there), _offset(high, there)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _offset(middle, there) == before else (low, middle)
    return Onset(high, before, after, high.astimezone(there).tzname() or "")


def _from_the_start(there: ZoneInfo, start: datetime, *, alone: bool) -> TimezoneStandard:
    wall = start.astimezone(there)
    offset = wall.utcoffset() or timedelta()
    part = TimezoneStandard()
    part.add("DTSTART", wall.replace(tzinfo=None))
    part.add("TZOFFSETFROM", offset)
    part.add("TZOFFSETTO", offset)
    part.add("TZNAME", wall.tzname() or "")
    if not alone:
        part.add("RDATE", [wall.replace(tzinfo=None)])
    return part


def _observance(same: list[Onset], years: int) -> TimezoneDaylight | TimezoneStandard:
    """Changes from one offset to another, as one part. A wall that jumps ahead is daylight's."""
    first = same[0]
    part = TimezoneDaylight() if first.after > first.before else TimezoneStandard()
    part.add("DTSTART", first.wall)
    part.add("TZOFFSETFROM", first.before)
    part.add("TZOFFSETTO", first.after)
    part.add("TZNAME", first.name)
    if rule := _yearly([onset.wall for onset in same], years):
        part.add("RRULE", rule)
    else:
        for onset in same:  # one line each: some readers take only the first of a list
            part.add("RDATE", [onset.wall])
    return part


def _yearly(walls: Sequence[datetime], years: int) -> dict[str, object] | None:
    """The rule behind them, when each of the years has one on such a day at such a time."""
    if len(walls) != years or len({(at.month, at.weekday(), at.time()) for at in walls}) != 1:
        return None
    weekday, month = WEEKDAYS[walls[0].weekday()], walls[0].month
    weeks = {(at.day - 1) // 7 + 1 for at in walls}
    if all(at.day + 7 > monthrange(at.year, at.month)[1] for at in walls):
        weeks = {-1}
    if len(weeks) != 1:
        return None
    return {"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": f"{weeks.pop()}{weekday}"}
