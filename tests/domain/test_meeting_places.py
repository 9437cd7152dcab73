"""Is what two people typed a place where they can meet?"""

from __future__ import annotations

import pytest

from skillswap.domain.meeting_places import ALWAYS, Here, check_place, here
from skillswap.errors import Refused
from skillswap.models import PlaceKind

K = PlaceKind
ALL = Here((*ALWAYS, K.ZOOM, K.MEET))


@pytest.mark.parametrize(
    "url",
    [
        "https://zoom.us/j/12345678901?pwd=abc.1",
        "https://us02web.zoom.us/j/1",
        "https://meet.google.com/abc-defg-hij",
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting",
        "https://meet.jit.si/OurRoom",
        "https://MEET.JIT.SI/OurRoom",
        "https://zoom.us:443/j/1",
    ],
)
def test_links_to_call_services_are_kept_as_they_are(app, url):
    assert check_place(K.LINK, f"  {url} ", at=ALL) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_link"),
        ("zoom.us/j/1", "bad_link"),
        ("http://zoom.us/j/1", "bad_link"),
        ("javascript:alert(1)//zoom.us", "bad_link"),
        ("https://ada:secret@zoom.us/j/1", "bad_link"),
        ("https://zoom.us@evil.example/j/1", "bad_link"),
        ("https://zoom.us\\@evil.example/", "bad_link"),
        ("https://zoom.us/j/1\r\nSet-Cookie: a=b", "bad_link"),
        ("https://zoom.us/j/ 1", "bad_link"),
        ('https://zoom.us/"><script>', "bad_link"),
        ("https://zoóm.us/j/1", "bad_link"),
        ("https://[::1]/j/1", "bad_link"),
        ("https://[zoom.us/j/1", "bad_link"),
        ("https://zoom.us:port/j/1", "bad_link"),
        ("https://localhost/j/1", "bad_link"),
        ("https://zoom.us.evil.example/j/1", "place_host"),
        ("https://evilzoom.us/j/1", "place_host"),
        ("https://evil.example/zoom.us", "place_host"),
        ("https://zoom.us:8443/j/1", "place_host"),
        ("https://google.com/abc", "place_host"),
        ("https://zoom.us/" + "a" * 300, "too_long"),
    ],
)
def test_other_links_are_refused_beside_their_field(app, url, code):
    with pytest.raises(Refused) as caught:
        check_place(K.LINK, url, at=ALL)
    assert (caught.value.field, caught.value.code) == ("place_body", code)


def test_the_operator_adds_hosts(app):
    url = "https://rooms.school.example/room"
    assert check_place(K.LINK, url, at=Here(hosts=("school.example",))) == url


@pytest.mark.parametrize(
    ("words", "code"), [("", "place_words"), ("ab", "place_words"), ("a" * 201, "too_long")]
)
def test_a_place_in_person_is_said_in_some_words(app, words, code):
    with pytest.raises(Refused, match=code):
        check_place(K.IN_PERSON, words, at=ALL)


def test_words_are_cleaned_and_other_kinds_need_none(app):
    said = check_place(K.IN_PERSON, "  The library,\r\n ground  floor ", at=ALL)
    assert said == "The library, ground floor"
    for kind in (K.JITSI, K.ZOOM, K.MEET):
        assert check_place(kind, "https://evil.example", at=ALL) == ""


def test_only_what_is_configured_is_offered(app):
    assert here().kinds == ALWAYS
    assert "meet.jit.si" in here().hosts
    for kind in (K.ZOOM, K.MEET):
        with pytest.raises(Refused) as caught:
            check_place(kind, "", at=here())
        assert (caught.value.field, caught.value.code) == ("place_kind", "place_kind")
