"""What does a person say about themselves, and what do others see of it?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, profiles
from skillswap.errors import NotFound, Refused
from skillswap.lib.languages import mask_of
from skillswap.models import OutcomeAnswer, StaffRole, User, UserState
from tests import people


def edit(person, **changes):
    """Save the profile as it stands, but for the changes."""
    values = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "headline": person.headline,
        "bio": person.bio,
        "education": "\n".join(person.education),
        "languages": ["en"],
        "timezone": person.timezone,
        "learning": person.learning,
        "teaching": person.teaching,
        "theme": person.theme,
    }
    with transaction():
        profiles.edit_profile(person, **(values | changes))


def stored(username: str) -> User:
    db.session.expire_all()
    return db.session.scalar(select(User).where(User.username == username))


def test_everything_a_person_says_is_kept(ada):
    edit(
        ada,
        first_name=" Ada ",
        last_name="Søndergård",
        username="Ada-Paints",
        headline=" Water  and paper ",
        bio="I paint **weather**.\r\n\r\nSlowly.",
        education="\n School of Art, 2009 \n\nEvening classes\n",
        languages=["pt", "en"],
        timezone="Asia/Tokyo",
        learning=False,
        theme="dark",
    )
    person = stored("ada-paints")
    assert person.name == "Ada Søndergård"
    assert person.name_key == "ada sondergard"
    assert person.headline == "Water and paper"
    assert person.bio == "I paint **weather**.\n\nSlowly."
    assert "<strong>weather</strong>" in person.bio_html
    assert person.education == ["School of Art, 2009", "Evening classes"]
    assert person.language_mask == mask_of(["en", "pt"])
    assert (person.timezone, person.learning, person.teaching) == ("Asia/Tokyo", False, True)
    assert person.theme == "dark"


def test_the_bio_is_dead_before_it_is_kept(ada):
    edit(
        ada,
        bio="<script>alert(1)</script> [x](javascript:alert(1)) <b hx-get='/x'>hi</b>"
        " ![](https://evil.example/p.png) <svg onload=alert(1)>",
    )
    html = stored("ada").bio_html
    for part in ("<script", "<svg", "<b", "<img", 'href="javascript'):
        assert part not in html


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"first_name": "  "}, "first_name", "required"),
        ({"first_name": "x" * 61}, "first_name", "too_long"),
        ({"last_name": "x" * 61}, "last_name", "too_long"),
        ({"last_name": "a\u202eb"}, "last_name", "control_characters"),
        ({"last_name": "\u0430lex"}, "last_name", "two_alphabets"),
        ({"first_name": "SkillSwap", "last_name": "Support"}, "first_name", "name_reserved"),
        ({"username": "a"}, "username", "username_shape"),
        ({"username": "a b"}, "username", "username_shape"),
        ({"username": "x" * 31}, "username", "username_shape"),
        ({"username": "admin"}, "username", "username_reserved"),
        ({"headline": "x" * 121}, "headline", "too_long"),
        ({"headline": "a\x00b"}, "headline", "control_characters"),
        ({"bio": "x" * 2001}, "bio", "too_long"),
        ({"bio": "a\x07b"}, "bio", "control_characters"),
        ({"education": "\n".join("abcdefg")}, "education", "too_many_lines"),
        ({"education": "x" * 121}, "education", "line_too_long"),
        ({"languages": ["en", "tlh-none"]}, "languages", "unknown_language"),
        ({"timezone": "Mars/Olympus"}, "timezone", "unknown_zone"),
        ({"learning": False, "teaching": False}, "roles", "needs_role"),
        ({"theme": "neon"}, "theme", "required"),
    ],
)
def test_a_rule_that_is_broken_changes_nothing(ada, changes, where, code):
    with pytest.raises(Refused) as refused:
        edit(ada, **({"headline": "Something new"} | changes))
    assert (refused.value.field, refused.value.code) == (where, code)
    person = stored("ada")
    assert person.headline == "Ada learns and teaches"
    assert person.name == "Ada Example"


def test_a_username_that_somebody_has_is_refused_with_a_free_one(ada, ben):
    people.make_person("ben-2")
    with pytest.raises(Refused) as refused:
        edit(ada, username="BEN", headline="New")
    assert refused.value.params == {"suggestion": "ben-3"}
    assert ada.first_name == "Ada"  # still readable, without a statement
    assert stored("ada").headline == "Ada learns and teaches"


def test_a_short_or_reserved_username_may_be_kept_but_not_taken(cy):
    edit(cy, headline="Two letters are enough for me")
    assert stored("cy").headline == "Two letters are enough for me"


def test_staff_may_be_called_what_they_are(mo):
    edit(mo, first_name="SkillSwap", last_name="Support")
    assert mo.staff_role is StaffRole.MODERATOR
    assert stored("mo").name == "SkillSwap Support"


# -- the public page ------------------------------------------------------------------------------


def test_a_profile_shows_what_fits_both(ada, ben, now):
    profile = profiles.profile_of("Ada", ben, now)
    assert [line.name for line in profile.offered] == ["Piano", "Watercolour"]
    assert [line.name for line in profile.wanted] == ["Portuguese"]
    fits = [line.name for line in profile.offered if line.skill_id in profile.fits_me]
    assert fits == ["Watercolour"]
    assert profile.fits_them == frozenset()
    assert profiles.profile_of("ben", ada, now).fits_them != frozenset()
    assert (profile.mine, profile.teaches, profile.rating) == (False, True, None)


def test_somebody_who_switched_teaching_off_teaches_nobody(ada, ben, now):
    edit(ben, teaching=False)
    assert not profiles.profile_of("ben", None, now).teaches
    assert profiles.profile_of("ada", ben, now).fits_them == frozenset()


def test_a_mean_is_shown_from_three_on(ada, now):
    for count, milli, shown in ((2, 5_000, None), (3, 4_667, 4.667)):
        with transaction():
            ada.rating_count, ada.rating_sum, ada.rating_milli = count, 5 * count, milli
        rating = profiles.profile_of("ada", None, now).rating
        assert (rating.mean if rating else None) == shown


def test_places_and_sessions_are_counted(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now)
    held = people.make_session(ben, exchange, now=now)
    assert profiles.profile_of("ada", ben, now).sessions_taught == 0
    later = held.ends_at + timedelta(minutes=1)
    for person in (ada, ben):
        with transaction():
            learning_sessions.give_outcome(
                person, held.public_id, answer=OutcomeAnswer.HAPPENED, now=later
            )
    profile = profiles.profile_of("ada", ben, now)
    assert (profile.sessions_taught, profile.places_free) == (1, 2)
    profile = profiles.profile_of("ben", ada, now)
    assert (profile.sessions_taught, profile.places_free) == (0, 3)


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
def test_who_is_gone_has_no_profile(ada, ben, now, state):
    with transaction():
        ada.state = state
    for viewer in (None, ben):
        with pytest.raises(NotFound):
            profiles.profile_of("ada", viewer, now)
    with pytest.raises(NotFound):
        profiles.profile_of("nobody", ben, now)


def test_the_clocks_differ_by_what_the_walls_show():
    winter = datetime(2026, 1, 10, 12, tzinfo=UTC)
    summer = datetime(2026, 7, 10, 12, tzinfo=UTC)
    ahead = profiles.clock_ahead
    assert ahead("Europe/London", "Europe/Lisbon", winter) == timedelta(0)
    assert ahead("Asia/Kolkata", "Europe/London", winter) == timedelta(hours=5, minutes=30)
    assert ahead("America/New_York", "Asia/Tokyo", summer) == timedelta(hours=-13)
    assert ahead("Pacific/Kiritimati", "Pacific/Pago_Pago", winter) == timedelta(hours=25)


def test_an_exchange_that_rests_by_the_clock_takes_no_place_on_the_profile(ada, ben, now):
    people.make_exchange(ben, ada, now=now)
    assert profiles.profile_of("ada", ben, now).places_free == ada.places - 1
    assert profiles.profile_of("ada", ben, now + timedelta(days=31)).places_free == ada.places
