"""Is a calendar file read as it was meant, by strangers' readers too?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from zoneinfo import ZoneInfo

import dateutil.tz
import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from skillswap.lib.clock import zone
from skillswap.lib.ics import CalendarUser, Entry, Feed, Method, Status, described_zone, write
from tests.support.ics import Part, checked

SITE = CalendarUser("SkillSwap", "no-reply@skillswap.example")
ADA = CalendarUser("Ada Example", "ada@example.org")
STAMP = datetime(2026, 11, 21, 9, 0, 0, 123_456, tzinfo=UTC)
START = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
YEARS = (2026, 2027)
# summer time and none, halves and quarters of an hour, a change by half an hour, changes at
# midnight and on a Friday, by the moon, a day that never was, both sides of the date line
ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Europe/Istanbul",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Cairo",
    "Africa/Nairobi",
    "America/New_York",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Havana",
    "America/St_Johns",
    "America/Nuuk",
    "America/Asuncion",
    "Asia/Jerusalem",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
)


def entry(**changes: object) -> Entry:
    facts: dict[str, object] = {
        "uid": "abc@skillswap.example",
        "sequence": 0,
        "stamp": STAMP,
        "starts_at": START,
        "ends_at": START + HOUR,
        "summary": "Piano with Ada",
        "description": "You learn piano.\nhttps://skillswap.example/sessions/abc",
        "location": "Online, opens from the session page",
        "url": "https://skillswap.example/sessions/abc",
    }
    return Entry(**{**facts, **changes})  # type: ignore[arg-type]  # as above


def file(
    *entries: Entry, method: Method = Method.REQUEST, zone_name: str = "Europe/London"
) -> bytes:
    guest = None if method is Method.PUBLISH else ADA
    return write(
        entries or (entry(),),
        method=method,
        product="SkillSwap",
        zone_name=zone_name,
        organizer=SITE,
        guest=guest,
    )


# -- the file -------------------------------------------------------------------------------------


def test_a_request_is_whole():
    calendar = checked(file())
    (event,) = calendar.named("VEVENT")
    assert calendar.value("METHOD") == "REQUEST"
    assert event.value("UID") == "abc@skillswap.example"
    assert event.value("DTSTAMP") == "20261121T090000Z"
    assert event.all("DTSTART") == [({"TZID": "Europe/London"}, "20261127T183000")]
    assert event.value("SUMMARY") == "Piano with Ada"
    assert event.value("DESCRIPTION") == (
        r"You learn piano.\nhttps://skillswap.example/sessions/abc"
    )
    assert event.all("ORGANIZER") == [({"CN": "SkillSwap"}, "mailto:no-reply@skillswap.example")]
    said = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE", "CN": "Ada Example"}
    assert event.all("ATTENDEE") == [(said, "mailto:ada@example.org")]
    assert event.named("VALARM") == []


def test_what_is_published_names_no_guest():
    (event,) = checked(file(method=Method.PUBLISH)).named("VEVENT")
    assert event.all("ATTENDEE") == []


def test_a_guest_given_to_a_publication_is_left_out():
    raw = write(
        [entry()],
        method=Method.PUBLISH,
        product="SkillSwap",
        zone_name="UTC",
        organizer=SITE,
        guest=ADA,
    )
    assert b"ATTENDEE" not in raw


def test_a_cancellation_keeps_the_uid_and_frees_the_time():
    gone = entry(sequence=3, status=Status.CANCELLED)
    (event,) = checked(file(gone, method=Method.CANCEL)).named("VEVENT")
    assert (event.value("UID"), event.value("SEQUENCE")) == ("abc@skillswap.example", "3")
    assert (event.value("STATUS"), event.value("TRANSP")) == ("CANCELLED", "TRANSPARENT")


def test_a_feed_says_its_name_and_when_to_come_again():
    raw = write(
        [entry()],
        method=Method.PUBLISH,
        product="SkillSwap",
        zone_name="Europe/Lisbon",
        organizer=SITE,
        feed=Feed("SkillSwap", HOUR),
    )
    calendar = checked(raw)
    assert calendar.value("X-WR-CALNAME") == "SkillSwap"
    assert calendar.value("X-WR-TIMEZONE") == "Europe/Lisbon"
    assert calendar.all("REFRESH-INTERVAL") == [({"VALUE": "DURATION"}, "PT1H")]
    assert calendar.value("X-PUBLISHED-TTL") == "PT1H"


def test_a_calendar_without_entries_is_one_all_the_same():
    raw = write([], method=Method.PUBLISH, product="SkillSwap", zone_name="Asia/Tokyo",
                organizer=SITE)  # fmt: skip
    assert checked(raw).parts == []


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nATTENDEE:mailto:x@example.org",
        "=1+1",
        "one; two, three: four\\five\\nsix",
        'Ana "the" Owl',
        "tab\there\x00\x07\u202ebackwards\u2028line",
        "Zoë Ünal 🎨 " * 20,
        "END:VEVENT\nEND:VCALENDAR",
        "^n^'",
        "\r",
        "",
    ],
    ids=[
        "crlf",
        "formula",
        "separators",
        "quotes",
        "invisible",
        "long",
        "end",
        "caret",
        "cr",
        "none",
    ],
)
def test_what_a_person_typed_stays_in_one_property(name):
    bad = entry(summary=name, description=name, location=name)
    raw = write([bad], method=Method.REQUEST, product="SkillSwap", zone_name="Europe/London",
                organizer=SITE, guest=CalendarUser(name, "ada@example.org"))  # fmt: skip
    good = checked(file())
    calendar = checked(raw)
    (event,) = calendar.named("VEVENT")
    assert len(event.all("ATTENDEE")) == 1
    names = {key for key, _params, _value in event.properties}
    assert names <= {key for key, _params, _value in good.named("VEVENT")[0].properties}
    read = icalendar.Calendar.from_ical(raw).walk("VEVENT")[0]
    assert str(read["SUMMARY"]).replace(" ", "") == plain(name).replace(" ", "")


def plain(name: str) -> str:
    """What is left of a name on one line."""
    for sign in "\r\n\t\x00\x07\u202e\u2028":
        name = name.replace(sign, " ")
    return name


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_breaks_a_file(summary, description):
    raw = file(entry(summary=summary, description=description))
    (event,) = checked(raw).named("VEVENT")
    assert len(event.all("SUMMARY")) == 1
    vobject.readOne(raw.decode()).validate(raiseException=True)
    assert len(icalendar.Calendar.from_ical(raw).walk("VEVENT")) == 1


# -- clock times ----------------------------------------------------------------------------------


def changes(name: str) -> list[datetime]:
    """The quarter hours around every change of the clocks of a zone in those years."""
    there, found = zone(name), []
    at, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1], 12, 31, tzinfo=UTC)
    while at < end:
        if at.astimezone(there).utcoffset() != (at + HOUR).astimezone(there).utcoffset():
            found += [at + timedelta(minutes=15) * number for number in range(-8, 13)]
        at += HOUR
    return found


def instants(name: str) -> list[datetime]:
    """One a month in two years, and all those around a change."""
    start = datetime(YEARS[0], 1, 5, 12, 15, tzinfo=UTC)
    return [start + timedelta(days=30) * number for number in range(24)] + changes(name)


@pytest.mark.parametrize("name", ZONES)
def test_every_instant_is_found_again_by_the_zone_of_the_file_alone(name):
    """dateutil, which vobject asks too, reads our VTIMEZONE; it has no table of its own here."""
    wrong = []
    for year in YEARS:
        starts = [at for at in instants(name) if at.astimezone(zone(name)).year == year]
        raw = file(*map(hour_from, starts), zone_name=name)
        there = zone_in(raw)
        for event, meant in zip(checked(raw).named("VEVENT"), starts, strict=True):
            found = tuple(instant(event, which, there) for which in ("DTSTART", "DTEND"))
            if found != (meant, meant + HOUR):
                wrong.append((meant, found))
    assert wrong == []


def hour_from(at: datetime) -> Entry:
    return entry(uid=f"{at.timestamp()}@x", starts_at=at, ends_at=at + HOUR)


def zone_in(raw: bytes) -> tzinfo:
    """The zone that a file describes; UTC for a file without one."""
    described = re.search(r"BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", raw.decode(), re.DOTALL)
    return dateutil.tz.tzical(StringIO(described[0])).get() if described else UTC  # type: ignore[no-any-return]


def instant(event: Part, name: str, there: tzinfo) -> datetime:
    """When that is, by the zone of the file."""
    ((params, value),) = event.all(name)
    wall = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall
    return wall.replace(tzinfo=there if "TZID" in params else UTC).astimezone(UTC)


@pytest.mark.parametrize("name", ZONES)
def test_vobject_finds_nothing_wrong(name):
    raw = file(*map(hour_from, instants(name)), zone_name=name)
    read = vobject.readOne(raw.decode())
    assert read.validate(raiseException=True)
    assert len(read.vevent_list) == len(instants(name))


@pytest.mark.parametrize("name", ZONES)
def test_icalendar_reads_them_too(name):
    starts = instants(name)
    raw = file(*map(hour_from, starts), zone_name=name)
    read = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    assert [event.start.astimezone(UTC) for event in read] == starts
    assert [event.end.astimezone(UTC) for event in read] == [at + HOUR for at in starts]


def test_a_clock_time_that_comes_twice_is_written_in_utc_the_second_time():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 01:30 in London, as an hour later
    again = first + HOUR
    entries = [entry(uid=f"{at:%H}@x", starts_at=at, ends_at=at + HOUR) for at in (first, again)]
    one, two = checked(file(*entries)).named("VEVENT")
    assert one.all("DTSTART") == [({"TZID": "Europe/London"}, "20261025T013000")]
    assert two.all("DTSTART") == [({}, "20261025T013000Z")]


def test_yearly_rules_are_written_as_rules_and_the_moon_as_dates():
    london = described_zone("Europe/London", 2026, 2026).to_ical().decode()
    assert "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3" in london
    assert "RDATE" not in london
    morocco = described_zone("Africa/Casablanca", 2026, 2026).to_ical().decode()
    assert "RRULE" not in morocco
    assert "RDATE" in morocco


def test_a_zone_without_changes_is_described_by_one_offset():
    kathmandu = described_zone("Asia/Kathmandu", 2026, 2026)
    (part,) = kathmandu.subcomponents
    assert part.TZOFFSETTO == part.TZOFFSETFROM == timedelta(hours=5, minutes=45)


def test_the_names_of_the_test_are_zones():
    assert all(ZoneInfo(name) for name in ZONES)
    assert len(ZONES) >= 25
