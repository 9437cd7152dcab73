"""Do the adapters of Zoom and Google do what they promise, however the service behaves?

The services are real HTTP servers on loopback that follow the published APIs (tests/support).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from skillswap.lib import service as calls
from skillswap.lib.google_meet import event_id
from skillswap.lib.meeting import Made, ProviderAway, ProviderSaysNo, Wanted
from skillswap.lib.service import Patience
from tests.support.google import GoogleService, error, google
from tests.support.video import Reply
from tests.support.zoom import ZoomService, zoom

SOON = Patience(connect=0.3, read=0.3, whole=0.6)
LONG = Patience(connect=20, read=20, whole=0.3)  # never silent for so long
STARTS = datetime(2027, 3, 25, 18, 30, tzinfo=UTC)
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
WANTED = Wanted("abcDEF-_1234", "SkillSwap: Watercolour", STARTS, 45, "", tries=1)
Service = ZoomService | GoogleService


@pytest.fixture(params=[zoom, google], ids=["zoom", "google"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """Each of the two."""
    with request.param() as made:
        yield made


def known(made: Made, **changes: Any) -> Wanted:
    return replace(WANTED, external_id=made.external_id, **changes)


# -- what they are for ----------------------------------------------------------------------------


def test_a_meeting_is_created_changed_and_removed(service):
    provider = service.provider(SOON)
    made = provider.create(WANTED)
    assert made.join_url.startswith(("https://us05web.zoom.us/j/", "https://meet.google.com/"))
    assert service.meetings == [("2027-03-25T18:30:00Z", 45)]
    later = provider.change(known(made, starts_at=STARTS + timedelta(hours=2), minutes=60))
    assert later == made
    assert service.meetings == [("2027-03-25T20:30:00Z", 60)]
    provider.remove(known(made))
    assert service.meetings == []
    provider.remove(known(made))  # harmless
    assert service.given == 1  # the token is kept


def test_nobody_is_named_to_the_service(service):
    service.provider(SOON).create(WANTED)
    [sent] = service.calls("POST")
    assert b"@" not in sent.raw
    assert b"attendees" not in sent.raw
    assert b"SkillSwap: Watercolour" in sent.raw


def test_what_somebody_deleted_there_is_made_anew(service):
    provider = service.provider(SOON)
    made = provider.create(WANTED)
    if isinstance(service, ZoomService):
        service.held.clear()
    else:
        service.events.clear()
    assert provider.change(known(made)).join_url.startswith("https://")
    assert len(service.meetings) == 1


def test_a_removed_meeting_can_be_wanted_again(service):
    provider = service.provider(SOON)
    made = provider.create(WANTED)
    provider.remove(known(made))
    assert provider.create(WANTED).join_url
    assert len(service.meetings) == 1


def test_an_answer_that_was_lost_makes_no_second_meeting(service):
    provider = service.provider(SOON)
    service.moods = ["lost"]
    with pytest.raises(ProviderAway):
        provider.create(WANTED)
    assert len(service.meetings) == 1
    moved = replace(WANTED, tries=2, starts_at=STARTS + timedelta(days=1))
    made = provider.create(moved)
    assert service.meetings == [("2027-03-26T18:30:00Z", 45)]
    provider.remove(known(made))
    assert service.meetings == []


def test_what_was_made_by_a_lost_answer_is_removed_without_its_id(service):
    provider = service.provider(SOON)
    service.moods = ["lost"]
    with pytest.raises(ProviderAway):
        provider.create(WANTED)
    provider.remove(replace(WANTED, tries=2))
    assert service.meetings == []


def test_the_lost_one_is_looked_for_on_every_page():
    with zoom() as service:
        provider = service.provider(SOON)
        for number in range(3):
            provider.create(replace(WANTED, public_id=f"other{number}"))
        service.moods = ["lost"]
        with pytest.raises(ProviderAway):
            provider.create(WANTED)
        service.held[min(service.held)]["agenda"] = None  # somebody else's
        found = dict(list(service.held.items())[1:])
        service.held = found  # now the third of three pages holds it
        assert provider.create(replace(WANTED, tries=2)).external_id == str(max(service.held))
        assert len(service.held) == 3


def test_without_the_right_to_list_a_second_one_is_made_rather_than_none():
    with zoom() as service:
        service.lists = False
        assert service.provider(SOON).create(replace(WANTED, tries=2)).join_url


# -- tokens ---------------------------------------------------------------------------------------


def test_a_refused_token_is_asked_for_anew_once(service):
    provider = service.provider(SOON)
    made = provider.create(WANTED)
    service.tokens.clear()  # all have ended there
    provider.change(known(made))
    assert service.given == 2
    unauthorised = Reply(401, {})
    service.moods = [unauthorised, unauthorised]
    with pytest.raises(ProviderSaysNo, match="credentials"):
        provider.change(known(made))
    assert service.given == 3


def test_a_token_is_not_used_in_its_last_minute(service, monkeypatch):
    provider = service.provider(SOON)
    made = provider.create(WANTED)
    real = calls.time.monotonic
    monkeypatch.setattr(calls.time, "monotonic", lambda: real() + 3_599 - 61)
    provider.change(known(made))
    assert service.given == 1
    monkeypatch.setattr(calls.time, "monotonic", lambda: real() + 3_599 - 59)
    provider.change(known(made))
    assert service.given == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_wrong_credentials_are_said_without_naming_them(service, status):
    service.token_moods = [Reply(status, {"error": "invalid_grant"})]
    with pytest.raises(ProviderSaysNo) as caught:
        service.provider(SOON).create(WANTED)
    assert "secret" not in str(caught.value)
    assert service.calls("POST") == []


@pytest.mark.parametrize("body", [{}, [], {"access_token": 7}, {"access_token": "naïve"}, "x"])
def test_a_token_that_is_none_is_not_used(service, body):
    service.token_moods = [Reply(200, body)]
    with pytest.raises(ProviderSaysNo, match="no token"):
        service.provider(SOON).create(WANTED)


# -- when they do not behave ----------------------------------------------------------------------


@pytest.mark.parametrize("where", ["token_moods", "moods"])
@pytest.mark.parametrize("mood", ["hang", "drip"])
def test_no_request_waits_longer_than_its_timeout(service, where, mood):
    """By the adapter's error, and by the server's word that the client has hung up."""
    setattr(service, where, [mood])
    with pytest.raises(ProviderAway, match="did not answer") as caught:
        service.provider(SOON if mood == "hang" else LONG).create(WANTED)
    assert service.wait_until("left")
    assert caught.value.retry_after is None
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("where", ["token_moods", "moods"])
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_busy_and_broken_mean_later(service, where, status):
    setattr(service, where, [Reply(status, {"message": "no"}, Retry_After="120")])
    with pytest.raises(ProviderAway, match=str(status)) as caught:
        service.provider(SOON).create(WANTED)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_other_refusals_are_final(service, status):
    service.moods = [Reply(status, {"code": 300})]
    with pytest.raises(ProviderSaysNo):
        service.provider(SOON).create(WANTED)


@pytest.mark.parametrize("mood", ["garbage", "huge", "redirect"])
def test_what_cannot_be_read_is_no_meeting(service, mood):
    service.moods = [mood]
    with pytest.raises(ProviderSaysNo):
        service.provider(SOON).create(WANTED)
    assert not any(one.path == "/elsewhere" for one in service.asked)


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "http://zoom.us/j/1",
        "https://evil.example/j/1",
        "https://zoom.us.evil.example/j/1",
        "https://meet.google.com.evil.example/a",
        "https://zoom.us/j/1\r\nX: y",
        "javascript:alert(1)",
        "https://zoom.us/" + "a" * 2_000,
    ],
)
def test_a_link_that_is_not_the_services_own_is_not_handed_on(service, url):
    entry = {"entryPointType": "video", "uri": url}
    body = {"id": 81, "join_url": url, "conferenceData": {"entryPoints": [entry]}}
    status = 201
    if isinstance(service, GoogleService):
        body |= {"id": event_id(WANTED.public_id), "hangoutLink": url}
        status = 200
    service.moods = [Reply(status, body)] * 2
    with pytest.raises((ProviderSaysNo, ProviderAway)):
        service.provider(SOON).create(WANTED)


def test_nobody_there_means_later(service):
    provider = service.provider(SOON)
    account = provider._account
    provider._account = replace(account, url="http://127.0.0.1:9")
    with pytest.raises(ProviderAway, match="did not answer"):
        provider.create(WANTED)


def test_the_environments_proxy_is_not_used(service, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert service.provider(SOON).create(WANTED)


# -- Google's own ways ----------------------------------------------------------------------------


def test_a_room_that_is_still_being_made_is_asked_for_again():
    with google() as service:
        provider = service.provider(SOON)
        service.room = "pending"
        for tries in (1, 2):
            with pytest.raises(ProviderAway, match="not made the room") as caught:
                provider.create(replace(WANTED, tries=tries))
            assert caught.value.retry_after == 30
        service.room = "success"
        [event] = service.events.values()
        service.settle(event)
        assert provider.create(replace(WANTED, tries=3)).join_url == event["hangoutLink"]


def test_a_room_that_failed_is_requested_anew():
    with google() as service:
        provider = service.provider(SOON)
        service.room = "failure"
        with pytest.raises(ProviderAway):
            provider.create(WANTED)
        service.room = "success"
        assert provider.create(replace(WANTED, tries=2)).join_url


def test_too_many_as_google_says_it_means_later():
    with google() as service:
        service.moods = [error(403, "userRateLimitExceeded", Retry_After="90")]
        with pytest.raises(ProviderAway) as caught:
            service.provider(SOON).create(WANTED)
        assert caught.value.retry_after == 90


# -- how long to wait -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        ("Mon, 01 Mar 2027 12:02:00 GMT", 120),
        ("2027-03-01T12:02:00Z", 120),
        ("2027-03-01T12:02:00", 120),
        ("2027-03-01T11:00:00Z", 0),
        ("99999999999999999999", 21_600),
        ("2027-03-09T00:00:00Z", 21_600),
        ("soon", None),
        ("-5", None),
        ("\uff11\uff12", None),  # digits, but no number of a header
    ],
)
def test_retry_after_is_a_number_or_a_date_and_never_too_long(value, seconds):
    assert calls.retry_after(value, NOW) == seconds
