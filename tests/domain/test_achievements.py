"""What may one write about a completed exchange, and when is the partner named?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import achievements, exchanges, notifications, posts, safety
from skillswap.domain.achievements import body_of, hours_of
from skillswap.domain.exchanges import LegLine
from skillswap.errors import NotFound, Taken, WrongState
from skillswap.models import PartnerConsent, Post, PostKind, PostState
from tests import people, town
from tests.written import begin, completed, publish

DAY = timedelta(days=1)
ASKED, AGREED, REFUSED = PartnerConsent


@pytest.fixture
def exchange(ada, ben, now):
    """Ada taught ben watercolour for an hour; it was completed yesterday."""
    return completed(ada, ben, now)


def edit(person, post, now, *, body=None, named=None) -> Post:
    with transaction():
        return posts.edit(
            person,
            post.public_id,
            kind=post.kind,
            title=post.title,
            body=post.body if body is None else body,
            version=db.session.get_one(Post, post.id).version,
            named=named,
            now=now,
        )


@pytest.fixture
def asked(ada, exchange, now) -> Post:
    """Ada has published, and ben is asked."""
    return publish(ada, begin(ada, exchange, now), now)


def agree(person, post, now, *, seen=None) -> Post:
    seen = achievements.naming_of(person, post.public_id, now).seen if seen is None else seen
    with transaction():
        return achievements.agree_to_naming(person, post.public_id, seen=seen, now=now)


def refuse(person, post, now):
    with transaction():
        achievements.refuse_naming(person, post.public_id, now=now)


def withdraw(person, post, now):
    with transaction():
        achievements.withdraw_naming(person, post.public_id, now=now)


def named(post, reader=None):
    """The username that stands on the post, for that reader."""
    found = posts.card(post.public_id, reader).partner
    return found.username if found else None


def told(person, now):
    """The kinds of post events that person reads of."""
    kinds = [line.kind for line in notifications.page_of(person, None, now).rows]
    return [kind for kind in kinds if kind.startswith("post.partner")]


# -- the draft ------------------------------------------------------------------------------------


def test_a_draft_says_what_happened_and_names_nobody(ada, ben, exchange, now):
    draft = begin(ada, exchange, now)
    assert (draft.state, draft.kind) == (PostState.DRAFT, PostKind.ACHIEVEMENT)
    assert (draft.exchange_id, draft.partner_id) == (exchange.id, ben.id)
    assert "1 session of **Watercolour** (1 hour)" in draft.body
    assert "my partner" in draft.body
    assert "Ben" not in draft.title + draft.body
    assert [skill.slug for skill in posts.skills_of(draft)] == ["watercolour"]
    assert draft.partner_consent is None


def test_a_swap_is_told_from_both_sides():
    legs = [LegLine(1, "Spanish", False, 150, 3), LegLine(2, "Piano", True, 45, 1)]
    body = body_of(legs, "Monday 3 March")
    assert body.startswith(
        "Since Monday 3 March my partner and I have met for 3 sessions of **Spanish** "
        "(2.5 hours) and 1 session of **Piano** (45 minutes)."
    )
    assert [hours_of(minutes) for minutes in (30, 60, 90, 600)] == [
        "30 minutes",
        "1 hour",
        "1.5 hours",
        "10 hours",
    ]


def test_each_of_the_two_has_one_of_their_own(ada, ben, exchange, now):
    first = begin(ada, exchange, now)
    assert begin(ada, exchange, now).id == first.id
    assert begin(ben, exchange, now).id != first.id
    publish(ada, first, now)
    assert begin(ada, exchange, now).state is PostState.PUBLISHED
    with transaction():
        posts.delete(ada, first.public_id, now=now)
    assert begin(ada, exchange, now).id != first.id
    assert db.session.scalar(select(func.count()).select_from(Post)) == 3


def test_nobody_writes_before_the_end_nor_about_others(ada, ben, cy, now):
    running = people.make_exchange(ben, ada, now=now - DAY)
    with pytest.raises(WrongState):
        begin(ada, running, now)
    with pytest.raises(NotFound):
        begin(cy, running, now)


def test_silence_completes_an_exchange_for_the_draft_too(ada, ben, now):
    found = people.make_exchange(ben, ada, now=now - 20 * DAY)
    start = people.next_quarter(now - 15 * DAY)
    town.kept_session(ada, ben, found, start=start, now=now - 18 * DAY)
    with transaction():
        exchanges.complete_exchange(ada, found.public_id, now=now - 8 * DAY)
    assert begin(ben, found, now).kind is PostKind.ACHIEVEMENT


# -- the partner's word ---------------------------------------------------------------------------


def test_the_post_stands_without_the_name_until_the_partner_agrees(ada, ben, cy, asked, now):
    assert told(ben, now) == ["post.partner_asked"]
    assert [one.public_id for one in achievements.namings_of(ben, now, 5)] == [asked.public_id]
    for reader in (ada, ben, cy, None):
        assert named(asked, reader) is None
    agree(ben, asked, now)
    assert named(asked, cy) == named(asked) == "ben"
    assert told(ada, now) == ["post.partner_agreed"]
    assert achievements.namings_of(ben, now, 5) == []


def test_nobody_is_asked_without_the_tick(ada, ben, exchange, now):
    post = publish(ada, begin(ada, exchange, now), now, named=False)
    assert told(ben, now) == []
    with pytest.raises(WrongState):
        agree(ben, post, now)
    edit(ada, post, now, named=True)
    assert told(ben, now) == ["post.partner_asked"]
    assert db.session.get_one(Post, post.id).edited_at is None  # the words are the same


def test_a_draft_keeps_the_tick_and_asks_nobody(ada, ben, exchange, now):
    draft = begin(ada, exchange, now)
    with transaction():
        posts.save_draft(
            ada,
            kind=draft.kind,
            title="",
            body=draft.body,
            client_key=draft.client_key,
            named=True,
            now=now,
        )
    assert told(ben, now) == []
    publish(ada, draft, now, named=None)
    assert told(ben, now) == ["post.partner_asked"]


def test_only_the_partner_answers_and_only_once(ada, ben, cy, asked, now):
    for other in (ada, cy):
        with pytest.raises(NotFound):
            agree(other, asked, now)
    agree(ben, asked, now)
    for verb in (agree, refuse):
        with pytest.raises(WrongState):
            verb(ben, asked, now)


def test_other_words_are_asked_about_again_and_the_name_leaves_meanwhile(ada, ben, asked, now):
    agree(ben, asked, now)
    edit(ada, asked, now + DAY, body="Something else entirely.")
    assert named(asked) is None
    assert told(ben, now + DAY) == ["post.partner_asked"] * 2
    agree(ben, asked, now + DAY)
    assert named(asked) == "ben"


def test_the_same_words_again_leave_the_yes_alone(ada, ben, asked, now):
    agree(ben, asked, now)
    edit(ada, asked, now + DAY)
    assert named(asked) == "ben"


def test_a_yes_is_to_the_words_that_were_read(ada, ben, asked, now):
    seen = achievements.naming_of(ben, asked.public_id, now).seen
    edit(ada, asked, now + DAY, body="Something else entirely.")
    with pytest.raises(Taken):
        agree(ben, asked, now + DAY, seen=seen)
    assert named(asked) is None


@pytest.mark.parametrize("how", ["refused", "withdrawn", "lapsed"])
def test_a_no_stands_however_it_came(ada, ben, asked, now, how):
    if how == "refused":
        refuse(ben, asked, now)
    elif how == "withdrawn":
        agree(ben, asked, now)
        withdraw(ben, asked, now)
    else:
        now += 14 * DAY
        assert achievements.naming_of(ben, asked.public_id, now).state is REFUSED
        with transaction():
            assert achievements.lapse_due(now, 10) == 1
        with transaction():
            assert achievements.lapse_due(now, 10) == 0
    assert named(asked) is None
    (line, *_more) = notifications.page_of(ada, None, now).rows
    assert (line.kind, line.actor) == ("post.partner_unnamed", None)
    edit(ada, asked, now + DAY, body="Something else entirely.", named=True)
    assert achievements.naming_of(ben, asked.public_id, now + DAY).state is REFUSED
    with pytest.raises(WrongState):
        agree(ben, asked, now + DAY)


def test_after_14_days_nobody_can_agree_any_more_though_no_sweep_has_run(ben, asked, now):
    with pytest.raises(WrongState):
        agree(ben, asked, now + 14 * DAY)
    assert achievements.namings_of(ben, now + 14 * DAY, 5) == []


def test_without_the_tick_a_name_leaves_and_nobody_asks(ada, ben, asked, now):
    agree(ben, asked, now)
    edit(ada, asked, now, named=False)
    assert named(asked) is None
    assert achievements.naming_of(ben, asked.public_id, now).state is None
    edit(ada, asked, now, named=True)
    assert achievements.naming_of(ben, asked.public_id, now).state is ASKED


@pytest.mark.parametrize("who", ["author", "partner"])
def test_a_block_takes_the_name_away_for_good(ada, ben, cy, asked, now, who):
    agree(ben, asked, now)
    one, other = (ada, ben) if who == "author" else (ben, ada)
    with transaction():
        safety.block(one, other.username, now)
    assert named(asked, cy) is None
    with transaction():
        safety.unblock(one, other.username, now)
    assert named(asked, cy) is None
    assert told(ada, now) == ["post.partner_agreed"]  # nobody hears of a block by this way


def test_who_has_blocked_the_partner_reads_the_post_without_them(ben, cy, asked, now):
    agree(ben, asked, now)
    with transaction():
        safety.block(cy, "ben", now)
    assert named(asked, cy) is None
    assert named(asked) == "ben"


def test_a_partner_who_is_suspended_or_gone_is_not_named(ada, ben, cy, asked, now):
    agree(ben, asked, now)
    with transaction():
        safety.suspend(ben, days=7, reason="", now=now)
    assert named(asked, cy) is None
    with transaction():
        safety.delete_person(ben, now=now)
    assert named(asked, cy) is None


def test_a_partner_who_is_apart_is_not_asked(ada, ben, exchange, now):
    draft = begin(ada, exchange, now)
    with transaction():
        safety.block(ben, "ada", now)
    post = publish(ada, draft, now)
    assert told(ben, now) == []
    with pytest.raises(NotFound):
        achievements.naming_of(ben, post.public_id, now)


@pytest.mark.parametrize("how", ["deleted", "hidden"])
def test_no_line_leads_to_a_post_that_is_not_there(ada, ben, mo, asked, now, how):
    with transaction():
        if how == "deleted":
            posts.delete(ada, asked.public_id, now=now)
        else:
            posts.hide(mo, asked.public_id, now=now)
    assert told(ben, now) == []
    assert achievements.namings_of(ben, now, 5) == []
    with pytest.raises(NotFound):
        achievements.naming_of(ben, asked.public_id, now)


def test_the_list_of_who_asks_costs_one_statement(ben, asked, now, queries):
    _person = ben.id
    queries.clear()
    (one,) = achievements.namings_of(ben, now, 5)
    assert (one.author.first_name, len(queries)) == ("Ada", 1)
