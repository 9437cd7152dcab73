"""What a socket may do to the server, and the server to a socket."""

from __future__ import annotations

import json
import signal
import struct
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from time import monotonic
from urllib.request import urlopen

import pytest
from wsproto.events import BytesMessage, Ping, TextMessage

from tests import people
from tests.support.sockets import Closed, Page

EVENT = 4_000  # bytes: 60 of them fill no outbox, but more than a small reader's buffers
SMALL = 4_096


def eventually(check, *, seconds: float = 10) -> bool:
    """Ask until it is so."""
    until = monotonic() + seconds
    while monotonic() < until:
        if check():
            return True
    return False


def resident(place) -> float:
    """MiB of memory of the worker."""
    pid = place.site.process.pid
    worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
    line = next(
        line
        for line in Path(f"/proc/{worker}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


# -- the server goes on ---------------------------------------------------------------------------


def test_pages_are_served_while_sixty_sockets_idle(place, page_of, app) -> None:
    """Each would keep a database connection if its request went on."""
    crowd = [people.make_person(f"idle{n}") for n in range(15)]
    pages = [page_of(one) for one in crowd for _ in range(4)]
    for _ in range(24):
        with urlopen(place.url + "/login", timeout=10) as answer:  # noqa: S310
            assert answer.status == 200
    place.tell(*crowd, n=1)
    assert [page.hear_facts() for page in pages] == [{"n": 1}] * 60


def test_a_reader_who_stalls_and_comes_back_gets_whole_frames(place, page_of, ada) -> None:
    page = page_of(ada, buffer=SMALL)
    place.post("/test/flood", {"to": ada.id, "count": 60, "size": EVENT})
    heard = [page.hear_facts() for _ in range(60)]
    assert [one["n"] for one in heard] == list(range(60))
    assert {len(one["filling"]) for one in heard} == {EVENT}


def test_little_is_kept_for_a_reader_who_does_not_read(place, page_of, ada) -> None:
    """With the kernel's own choice of buffer all of it would wait there."""
    page = page_of(ada, buffer=SMALL)
    place.post("/test/flood", {"to": ada.id, "count": 250, "size": 8_000, "pause": 0.001})
    heard = [json.loads(text) for text in page.hear_until(lambda text: '"again"' in text)]
    assert len(heard) < 200  # and is told to ask for the rest
    assert [one["n"] for one in heard[:-1]] == list(range(len(heard) - 1))


def test_who_does_not_read_for_longer_is_cut_off(place, page_of, ada) -> None:
    page = page_of(ada, buffer=SMALL)
    place.post("/test/flood", {"to": ada.id, "count": 250, "size": 8_000, "pause": 0.01})
    assert eventually(lambda: place.counts()["sockets"] == 0)
    assert page.end() == 1006


def test_stalled_readers_keep_nothing_from_the_others(serve, page_of, app) -> None:
    place = serve(STUCK_SECONDS=5, PING_SECONDS=5)
    crowd = [people.make_person(f"live{n}") for n in range(10)]
    live = [page_of(one, place) for one in crowd for _ in range(2)]
    stalled = [page_of(one, place, buffer=SMALL) for one in crowd for _ in range(2)]
    heard: dict[int, list[int]] = {}

    def read(number: int) -> None:
        """As a page does: it asks for what it lacks when it is told to."""
        heard[number] = [-1]
        while heard[number][-1] < 99:
            facts = live[number].hear_facts()
            if "again" in facts:
                live[number].say(after={"lake": heard[number][-1]})
            elif facts["n"] not in heard[number]:
                heard[number].append(facts["n"])

    readers = [Thread(target=read, args=(number,)) for number in range(len(live))]
    for reader in readers:
        reader.start()
    for n in range(100):
        place.tell(*crowd, line="lake", n=n, filling="x" * EVENT)
    for reader in readers:
        reader.join(60)
    assert heard == {number: list(range(-1, 100)) for number in range(20)}
    # stuck in a write, or silent after they were told to ask again
    assert [page.end() for page in stalled] == [1006] * 20


# -- what a page may send -------------------------------------------------------------------------


def test_a_flood_of_frames_ends_the_connection(place, page_of, ada) -> None:
    page = page_of(ada)
    for _ in range(19):
        page.say(here="/")
    assert page.hears_nothing()
    page.say(here="/")
    assert page.end() == 1008


def test_a_flood_of_pings_ends_it_too(place, page_of, ada) -> None:
    page = page_of(ada)
    page.throw(page.frames.send(Ping()) * 30)
    assert page.end() == 1008


def test_a_frame_of_twenty_megabytes_is_too_big_and_costs_no_memory(place, page_of, ada) -> None:
    before = resident(place)
    page = page_of(ada)
    huge = page.frames.send(TextMessage("x" * 20_000_000))
    thrower = Thread(target=throw, args=(page, huge))
    thrower.start()
    assert page.end() == 1009
    page.leave()
    thrower.join(10)
    assert resident(place) - before < 10


def throw(page: Page, data: bytes) -> None:
    """Send what the other side may not take."""
    try:
        page.throw(data)
    except OSError:
        return


def test_a_text_in_many_pieces_is_one_text_and_has_the_same_bound(place, page_of, ada) -> None:
    page = page_of(ada)
    for piece in ('{"after": {}, ', '"here": ', '"/chat"', "}"):
        page.throw(page.frames.send(TextMessage(piece, message_finished=piece == "}")))
    assert page.hears_nothing()
    for n in range(5):
        page.throw(page.frames.send(TextMessage("x" * 4_000, message_finished=n == 9)))
    assert page.end() == 1009


GARBAGE = {
    "unmasked": (b"\x81\x02{}", 1002),
    "no such opcode": (b"\x83\x80\x00\x00\x00\x00", 1002),
    "a reserved bit": (b"\xc1\x80\x00\x00\x00\x00", 1002),
    "a split ping": (b"\x09\x80\x00\x00\x00\x00", 1002),
    "no UTF-8": (b"\x81\x81\x00\x00\x00\x00\xff", 1007),
    "a page": (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", 1002),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_frame_ends_the_connection_with_its_code(place, page_of, ada, name: str) -> None:
    data, code = GARBAGE[name]
    page = page_of(ada)
    page.throw(data)
    assert page.end() == code
    assert "Traceback" not in place.site.printed()


def test_only_text_is_understood(place, page_of, ada) -> None:
    page = page_of(ada)
    page.throw(page.frames.send(BytesMessage(b"\x00")))
    assert page.end() == 1003


def test_two_hundred_connections_with_garbage_leave_nothing_behind(
    place, page_of, cookie_of, app
) -> None:
    crowd = [people.make_person(f"noise{n}") for n in range(50)]
    cookies = [cookie_of(one) for one in crowd]
    with Page(place.url, cookies[0]) as page:  # everything has been loaded once
        page.say(after={})
    assert eventually(lambda: place.counts()["sockets"] == 0)
    before = place.counts()
    wild = [data for data, _code in GARBAGE.values()]
    wild += [
        b"\x81",
        b"\x81\xfe",
        b"",
        b"\x88\x80\x00\x00\x00\x00",
        struct.pack("!BBQ", 129, 255, 9),
    ]
    for n in range(200):
        with Page(place.url, cookies[n % 50]) as page:
            page.throw(wild[n % len(wild)])
            if n % 3 == 0:
                page.throw(b"\x81\x80\x00\x00\x00\x00" * 50)
            if n % 4 == 0:
                page.throw(page.frames.send(TextMessage(json.dumps({"after": {}}))))
    # two files more are connections of the pool, which PostgreSQL's opens when it needs them
    spare = [{**before, "files": before["files"] + more} for more in range(3)]
    assert eventually(lambda: place.counts() in spare), (before, place.counts())


# -- who is gone ----------------------------------------------------------------------------------


def test_who_does_not_answer_a_ping_is_cut_off_and_who_does_is_not(
    serve, page_of, ada, ben
) -> None:
    place = serve(PING_SECONDS=1)
    dead, alive = page_of(ada, place), page_of(ben, place)
    # while it listens it answers pings
    assert eventually(lambda: alive.hears_nothing(0.2) and place.counts()["people"] == 1)
    place.tell(ben, n=1)
    assert alive.hear_facts() == {"n": 1}
    assert dead.end() == 1006


def test_a_stop_tells_every_page_to_come_back_and_takes_few_seconds(serve, cookie_of, app) -> None:
    place = serve()
    with ExitStack() as stack:
        pages = []
        for n in range(50):
            cookie = cookie_of(people.make_person(f"many{n}"))
            pages += [stack.enter_context(Page(place.url, cookie)) for _ in range(4)]
        began = monotonic()
        place.site.process.send_signal(signal.SIGTERM)
        assert [page.end() for page in pages] == [1012] * 200
        assert place.site.process.wait(10) == 0
        assert monotonic() - began < 10


# -- how an end is said ---------------------------------------------------------------------------


def test_a_goodbye_is_answered(place, page_of, ada) -> None:
    page = page_of(ada)
    page.throw(b"\x88\x82\x00\x00\x00\x00" + struct.pack("!H", 1000))
    with pytest.raises(Closed) as closed:
        page.hear()
    assert closed.value.code == 1000
    assert eventually(lambda: place.counts()["sockets"] == 0)
