"""Do events reach the other processes, and is it known when they did not?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from time import monotonic

import pytest

from skillswap.lib import broker as brokers
from skillswap.lib.broker import LocalBroker, RedisBroker
from tests.support.redis import RedisServer, redis_server

PATIENCE = 15  # seconds


class Node:
    """One process, as far as the broker is concerned."""

    def __init__(self, url: str) -> None:
        self.heard: SimpleQueue[tuple[str, dict]] = SimpleQueue()
        self.gaps: SimpleQueue[bool] = SimpleQueue()
        self.broker = RedisBroker(
            lambda channel, event: self.heard.put((channel, event)),
            lambda: self.gaps.put(True),
            url,
        )
        self.broker.start()

    def hear(self) -> tuple[str, dict]:
        """The next event."""
        return self.heard.get(timeout=PATIENCE)

    def is_told_of_a_gap(self) -> bool:
        """Whether it is told that something may be missing."""
        return self.gaps.get(timeout=PATIENCE)

    def has_heard_nothing(self) -> bool:
        """Whether nothing waits."""
        try:
            self.heard.get(timeout=0.2)
        except Empty:
            return True
        return False


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of one's own."""
    with redis_server() as made:
        yield made


@pytest.fixture
def two(redis: RedisServer) -> Iterator[tuple[Node, Node]]:
    """Two processes that both listen."""
    nodes = (Node(redis.url), Node(redis.url))
    for node in nodes:
        assert node.is_told_of_a_gap()  # the first subscription: whoever is here already is asked
    yield nodes
    for node in nodes:
        node.broker.stop()


def test_one_process_delivers_at_once_and_survives_its_listeners(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_channel: str, _event: dict) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        LocalBroker(broken).publish("user:1", {"kind": "bell"})
    assert "could not be delivered" in caplog.text


def test_an_event_is_heard_here_at_once_and_there_once(two: tuple[Node, Node]) -> None:
    here, there = two
    here.broker.publish("user:1", {"kind": "bell", "n": 1})
    assert here.heard.get_nowait() == ("user:1", {"kind": "bell", "n": 1})
    assert there.hear() == ("user:1", {"kind": "bell", "n": 1})
    assert here.has_heard_nothing()
    assert there.has_heard_nothing()


def test_a_thousand_keep_their_order(two: tuple[Node, Node]) -> None:
    here, there = two
    for n in range(1_000):
        here.broker.publish("user:1", {"n": n})
    assert [there.hear()[1]["n"] for _ in range(1_000)] == list(range(1_000))


def test_without_redis_publishing_neither_raises_nor_waits(
    two: tuple[Node, Node], redis: RedisServer
) -> None:
    here, _ = two
    redis.stop()
    slowest = 0.0
    for n in range(300):
        began = monotonic()
        here.broker.publish("user:1", {"n": n})
        slowest = max(slowest, monotonic() - began)
        assert here.heard.get_nowait()[1]["n"] == n
    assert slowest < brokers.SEND_SECONDS  # of a try that was waited for


def test_after_redis_both_are_told_of_the_gap_and_hear_again(
    two: tuple[Node, Node], redis: RedisServer
) -> None:
    here, there = two
    redis.stop()
    here.broker.publish("user:1", {"n": "lost"})
    redis.start()
    began = monotonic()
    assert here.is_told_of_a_gap()
    assert there.is_told_of_a_gap()
    until_heard(here, there)
    assert monotonic() - began < 10


def until_heard(here: Node, there: Node) -> None:
    """Publish until the other hears it."""
    for n in range(100):
        here.broker.publish("user:1", {"n": n})
        try:
            there.heard.get(timeout=0.2)
        except Empty:
            continue
        return
    pytest.fail("the other process never heard again")


def test_what_one_process_could_not_send_the_others_are_told_to_look_for(
    two: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own connection broke, theirs did not: they cannot know by themselves."""
    here, there = two
    send = here.broker._send
    monkeypatch.setattr(here.broker, "_send", lambda said: "lost" not in said and send(said))
    here.broker.publish("user:1", {"n": "lost"})
    assert there.is_told_of_a_gap()
    here.broker.publish("user:1", {"n": "heard"})
    assert there.hear()[1] == {"n": "heard"}


def test_an_emptied_redis_changes_nothing(two: tuple[Node, Node], redis: RedisServer) -> None:
    here, there = two
    redis.flush()
    here.broker.publish("user:1", {"n": 1})
    assert there.hear()[1] == {"n": 1}


def test_what_is_no_event_is_put_aside(
    two: tuple[Node, Node], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = two
    here.broker.speaker.publish(brokers.REDIS_CHANNEL, b"\xff no event")
    here.broker.publish("user:1", {"n": 1})
    assert there.hear()[1] == {"n": 1}
    here.broker.publish("user:1", {"n": object()})
    assert "not JSON" in caplog.text
