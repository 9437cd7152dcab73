"""A reader of calendar files of its own: RFC 5545 line by line, and a diary after RFC 5546."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

LINE_OCTETS = 75
NAME = re.compile(r"[A-Za-z0-9-]+")
UTC_STAMP = re.compile(r"\d{8}T\d{6}Z")
WALL = re.compile(r"\d{8}T\d{6}")
ONCE_IN_EVENT = (
    "UID DTSTAMP DTSTART DTEND SUMMARY DESCRIPTION LOCATION URL STATUS SEQUENCE TRANSP ORGANIZER"
).split()
# METHOD -> what an event must hold, and must not (RFC 5546 §3.2.1, §3.2.2, §3.2.5)
NEEDS = {
    "PUBLISH": ("UID DTSTAMP DTSTART ORGANIZER SUMMARY".split(), ["ATTENDEE"]),
    "REQUEST": ("UID DTSTAMP DTSTART ORGANIZER SUMMARY ATTENDEE SEQUENCE".split(), []),
    "CANCEL": ("UID DTSTAMP ORGANIZER SEQUENCE STATUS".split(), []),
}
STATUSES = {
    "PUBLISH": {"TENTATIVE", "CONFIRMED", "CANCELLED"},
    "REQUEST": {"TENTATIVE", "CONFIRMED"},
    "CANCEL": {"CANCELLED"},
}


@dataclass(slots=True)
class Part:
    """A component: its properties as (name, parameters, value), and the parts within."""

    name: str
    properties: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def all(self, name: str) -> list[tuple[dict[str, str], str]]:
        """Each property of that name."""
        return [(params, value) for key, params, value in self.properties if key == name]

    def value(self, name: str) -> str:
        """The value of the only property of that name, "" without one."""
        found = self.all(name)
        assert len(found) < 2, (name, found)
        return found[0][1] if found else ""

    def named(self, name: str) -> list[Part]:
        """The parts of that name within."""
        return [part for part in self.parts if part.name == name]


def split_line(line: str) -> tuple[str, dict[str, str], str]:
    """One unfolded line. Colons and semicolons within quotes do not count."""
    pieces, quoted, start = [], False, 0
    for place, sign in enumerate(line):
        if sign == '"':
            quoted = not quoted
        elif sign in ";:" and not quoted:
            pieces.append(line[start:place])
            start = place + 1
            if sign == ":":
                break
    else:
        raise AssertionError(f"no value: {line!r}")
    name, *parameters = pieces
    assert NAME.fullmatch(name), name
    params = {}
    for parameter in parameters:
        key, equals, value = parameter.partition("=")
        assert equals, parameter
        assert NAME.fullmatch(key), parameter
        assert '"' not in value.removeprefix('"').removesuffix('"'), parameter
        params[key] = value.strip('"')
    return name, params, line[start:]


def parse(raw: bytes) -> Part:
    """The calendar in a file, every line held against RFC 5545 §3.1."""
    assert raw.endswith(b"\r\n")
    physical = raw[:-2].split(b"\r\n")
    for octets in physical:
        assert len(octets) <= LINE_OCTETS, octets
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", octets), octets
        octets.decode()  # folded between signs, not within one
    unfolded = raw[:-2].decode().replace("\r\n ", "").split("\r\n")
    root = Part("")
    open_parts = [root]
    for line in unfolded:
        name, params, value = split_line(line)
        if name == "BEGIN":
            part = Part(value)
            open_parts[-1].parts.append(part)
            open_parts.append(part)
        elif name == "END":
            assert open_parts.pop().name == value
        else:
            open_parts[-1].properties.append((name, params, value))
    assert open_parts == [root]
    (calendar,) = root.parts
    assert calendar.name == "VCALENDAR"
    return calendar


def checked(raw: bytes) -> Part:
    """The calendar in a file that keeps the rules of RFC 5545 and, for its METHOD, of RFC 5546."""
    calendar = parse(raw)
    assert calendar.value("VERSION") == "2.0"
    assert calendar.value("PRODID")
    method = calendar.value("METHOD")
    zones = [part.value("TZID") for part in calendar.named("VTIMEZONE")]
    assert len(zones) == len(set(zones))
    for part in calendar.named("VTIMEZONE"):
        check_zone(part)
    events = calendar.named("VEVENT")
    uids = Counter(event.value("UID") for event in events)
    assert set(uids.values()) <= {1}, "the same UID twice"
    for event in events:
        check_event(event, method, zones)
    return calendar


def check_zone(part: Part) -> None:
    """A zone has at least one observance, each with its three properties."""
    assert part.parts
    for observance in part.parts:
        assert observance.name in ("STANDARD", "DAYLIGHT")
        assert WALL.fullmatch(observance.value("DTSTART"))
        for name in ("TZOFFSETFROM", "TZOFFSETTO"):
            assert re.fullmatch(r"[+-]\d{4}(\d{2})?", observance.value(name))


def check_event(event: Part, method: str, zones: list[str]) -> None:
    """What every event must hold, and what its METHOD asks for."""
    for name in ONCE_IN_EVENT:
        assert len(event.all(name)) <= 1, name
    assert UTC_STAMP.fullmatch(event.value("DTSTAMP"))
    needed, forbidden = NEEDS[method]
    assert all(event.all(name) for name in needed), method
    assert not any(event.all(name) for name in forbidden), method
    assert event.value("STATUS") in STATUSES[method]
    assert "@" in event.value("UID")
    for name in ("DTSTART", "DTEND"):
        ((params, value),) = event.all(name)
        if "TZID" in params:
            assert WALL.fullmatch(value)
            assert params["TZID"] in zones, "a zone that is not described"
        else:
            assert UTC_STAMP.fullmatch(value)


class Diary:
    """A person's calendar that takes in what is mailed, by UID and SEQUENCE (RFC 5546 §2.1.5)."""

    def __init__(self) -> None:
        self.known: dict[str, Part] = {}

    def take(self, raw: bytes) -> None:
        """Import one file: the higher SEQUENCE wins, of equal ones the later DTSTAMP."""
        calendar = checked(raw)
        assert calendar.value("METHOD") in ("REQUEST", "CANCEL")
        for event in calendar.named("VEVENT"):
            before = self.known.get(event.value("UID"))
            if before is None or age(event) >= age(before):
                self.known[event.value("UID")] = event

    @property
    def shown(self) -> list[Part]:
        """The events that stand in it: not what was cancelled."""
        return [part for part in self.known.values() if part.value("STATUS") != "CANCELLED"]


def age(event: Part) -> tuple[int, str]:
    """What decides which of two files is the newer one."""
    return int(event.value("SEQUENCE")), event.value("DTSTAMP")
