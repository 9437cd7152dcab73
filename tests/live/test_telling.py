"""Does what happened reach open pages, each as the person before it?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skillswap.db import db, transaction
from skillswap.domain import live, notifications, pitches
from skillswap.lib.clock import utcnow
from skillswap.models import SignIn
from tests import people
from tests.support.redis import RedisServer, redis_server
from tests.support.sockets import Page

FAST = {"PING_SECONDS": 1.0, "ASK_SECONDS": 0.5, "NOTE_SECONDS": 0.5}


def test_an_event_reaches_every_page_of_the_person_and_nobody_elses(
    place, page_of, ada, ben
) -> None:
    first, second, other = page_of(ada), page_of(ada), page_of(ben)
    place.tell(ada, n=1)
    assert first.hear_facts() == {"n": 1}
    assert second.hear_facts() == {"n": 1}
    assert other.hears_nothing()


def test_nothing_is_told_before_the_page_has_said_what_it_has(place, cookie_of, ada) -> None:
    with Page(place.url, cookie_of(ada)) as page:
        place.tell(ada, n=1)
        assert page.hears_nothing()
        page.say(after={})
        assert page.hear_facts() == {"n": 1}


def test_what_was_missed_comes_first_and_what_is_new_after_it(place, page_of, cookie_of, ada):
    for n in range(1, 6):
        place.tell(ada, line="river", n=n)
    with Page(place.url, cookie_of(ada)) as page:
        place.tell(ada, line="river", n=6)
        page.say(after={"river": 2})
        # the sixth was told before the page asked: it is caught up with and told, in that order
        assert [page.hear_facts()["n"] for _ in range(5)] == [3, 4, 5, 6, 6]
        place.tell(ada, line="river", n=7)
        assert page.hear_facts()["n"] == 7


def test_the_same_event_that_waits_already_is_told_once(place, cookie_of, ada) -> None:
    with Page(place.url, cookie_of(ada)) as page:
        for _ in range(5):
            place.tell(ada, kind="bell")
        page.say(after={})
        assert 'id="bell"' in page.hear()
        assert page.hears_nothing()


def test_a_part_that_could_not_be_made_is_asked_for_again(serve, page_of, ada) -> None:
    place = serve(PING_SECONDS=0.5)
    page = page_of(ada, place)
    place.tell(ada, kind="broken")
    assert page.hear_facts() == {"again": True}
    page.say(after={}, again=True)
    assert 'id="bell"' in "".join(page.hear_until(lambda text: 'id="bell"' in text))
    assert "ZeroDivisionError" in place.site.printed()


def test_a_kind_that_nobody_words_is_passed_over(place, page_of, ada) -> None:
    page = page_of(ada)
    place.tell(ada, kind="of a newer version")
    place.tell(ada, n=1)
    assert page.hear_facts() == {"n": 1}


# -- the bell, and what has changed ---------------------------------------------------------------


def test_the_bell_tells_the_numbers_as_they_stand(place, page_of, ada, ben) -> None:
    people.make_pitch(ben, ada, "watercolour")
    page = page_of(ada)
    place.tell(ada, kind="bell")
    html = page.hear()
    assert 'hx-target="#bell"' in html
    assert "Notifications, 1 unread" in html
    assert "waiting for you" in html  # the entries beside it


def test_the_bell_knows_which_page_is_open(place, page_of, ada) -> None:
    page = page_of(ada)
    page.say(here="/notifications")
    place.tell(ada, kind="bell")
    bell = page.hear().partition('id="bell"')[2].partition(">")[0]
    assert 'aria-current="page"' in bell


def test_what_happens_between_two_is_told_to_both(ada, ben) -> None:
    told: list[tuple[str, dict]] = []
    live.connect(lambda channel, event: told.append((channel, event)))
    try:
        pitch = people.make_pitch(ben, ada, "watercolour")
        with transaction():
            pitches.withdraw_pitch(ben, pitch.public_id, now=utcnow())
            notifications.read_all(ada, utcnow())
    finally:
        live.connect(None)
    both = {live.channel_of(ada.id), live.channel_of(ben.id)}
    changed = [(to, event) for to, event in told if event["kind"] == "changed"]
    assert {to for to, _ in changed} == both
    assert {event["subject"] for _, event in changed} == {f"pitches/{pitch.public_id}"}
    assert {to for to, event in told if event["kind"] == "bell"} == both


def test_a_change_is_not_told_between_two_who_are_apart(place, page_of, ada, ben) -> None:
    page = page_of(ada)
    place.tell(ada, kind="changed", subject="pitches/abc", between=[ada.id, ben.id])
    assert page.hear_facts() == {"changed": "pitches/abc"}
    place.post("/test/do", {"verb": "block", "who": ben.id, "whom": "ada"})
    place.tell(ada, kind="changed", subject="pitches/abc", between=[ada.id, ben.id])
    assert page.hears_nothing()


# -- when somebody is signed out ------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["end_all", "suspend", "delete"])
def test_whoever_is_signed_out_is_told_to_sign_in_at_once(
    place, page_of, ada, ben, verb: str
) -> None:
    pages, other = [page_of(ada), page_of(ada)], page_of(ben)
    place.post("/test/do", {"verb": verb, "who": ada.id})
    assert [page.end(1) for page in pages] == [4401, 4401]
    place.tell(ben, n=1)
    assert other.hear_facts() == {"n": 1}


def test_another_device_is_signed_out_and_this_one_stays(place, page_of, ada) -> None:
    first, second = page_of(ada), page_of(ada)
    place.post("/test/do", {"verb": "end_others", "who": ada.id})
    assert second.end(1) == 4401
    place.tell(ada, n=1)
    assert first.hear_facts() == {"n": 1}
    place.post("/test/do", {"verb": "log_out", "who": ada.id})
    assert first.end(1) == 4401


def test_what_another_process_ends_is_seen_soon(serve, page_of, ada, ben) -> None:
    """Without a broker, or when its message was lost: the rows are asked."""
    place = serve(**FAST)
    page, other = page_of(ada, place), page_of(ben, place)
    with transaction():
        db.session.query(SignIn).filter_by(user_id=ada.id).update({"revoked_at": utcnow()})
    assert page.end() == 4401
    place.tell(ben, n=1)
    assert other.hear_facts() == {"n": 1}


def test_who_is_here_is_noted_for_the_other_processes(serve, page_of, ada, ben) -> None:
    page_of(ada, serve(**FAST))
    for _ in range(200):
        db.session.rollback()
        if live.is_here(ada.id, utcnow()):
            break
        page_of(ben).hears_nothing(0.05)
    assert live.is_here(ada.id, utcnow())


# -- two processes --------------------------------------------------------------------------------


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of one's own."""
    with redis_server() as made:
        yield made


def test_two_processes_tell_each_other_and_catch_up_when_redis_was_away(
    serve, page_of, redis: RedisServer, ada, ben
) -> None:
    env = {"REDIS_URL": redis.url}
    one, two = serve(env), serve(env)
    page, other = page_of(ada, one), page_of(ben, two)
    settled(page, other)
    two.tell(ada, ben, n=1)
    assert page.hear_facts() == {"n": 1}
    assert other.hear_facts() == {"n": 1}

    redis.stop()
    two.tell(ada, ben, n=2)  # nothing fails, and whoever is in this process hears it
    assert other.hear_facts() == {"n": 2}
    assert page.hears_nothing()
    redis.start()
    assert page.hear_facts(10) == {"again": True}
    page.say(after={})
    two.tell(ada, n=3)
    while (heard := page.hear_facts()) != {"n": 3}:  # each of the two may ask again
        assert heard in ({"again": True}, {"n": 2})
        page.say(after={})

    two.post("/test/do", {"verb": "end_all", "who": ada.id})
    assert page.end(1) == 4401


def settled(*pages: Page) -> None:
    """The first subscription of a process asks whoever is here already; let that be over."""
    for page in pages:
        try:
            while True:
                if page.hear_facts(1.5) == {"again": True}:
                    page.say(after={})
        except TimeoutError:
            continue
