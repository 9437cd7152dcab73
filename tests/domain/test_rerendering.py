"""What becomes of people's markup when the rules for it change?"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from skillswap.db import db, transaction
from skillswap.domain import exchanges
from skillswap.domain.rerendering import KEPT, rerender_due
from skillswap.lib.markdown import RULES_VERSION, render_markdown, render_post
from skillswap.models import ExchangeNote, Post, User
from tests import people

BODY = "**Wet** the paper first."


def make_everything_old() -> None:
    with transaction():
        old = {"rules_version": RULES_VERSION - 1}
        stale = {"body_html": "<p>old</p>"} | old
        db.session.execute(update(Post).values(lead_html="<p>old</p>", word_count=0, **stale))
        db.session.execute(update(User).values(bio_html="<p>old</p>", **old))
        db.session.execute(update(ExchangeNote).values(**stale))
    db.session.expunge_all()


def sweep(now, limit=100) -> int:
    with transaction():
        return rerender_due(now, limit)


def stale() -> int:
    return sum(
        len(db.session.scalars(select(key).where(table.rules_version < RULES_VERSION)).all())
        for table, key, _body, _make in KEPT
    )


def test_posts_bios_and_notes_are_made_anew_when_the_rules_change(ada, ben, now):
    long = f"{BODY}\n\n" * 60
    for body in (BODY, long):
        people.make_post(ada, body=body)
    exchange = people.make_exchange(ben, ada, now=now - timedelta(days=1))
    with transaction():
        exchanges.write_notes(ada, exchange.public_id, body=BODY, version=0, now=now)
    make_everything_old()
    assert sweep(now) == 5
    assert stale() == 0
    for post in db.session.scalars(select(Post)):
        made = render_post(post.body)
        assert (post.body_html, post.lead_html) == (made.html, made.lead)
        assert (post.is_long, post.word_count) == (made.is_long, made.words)
    assert {one.bio_html for one in db.session.scalars(select(User))} == {
        render_markdown(one.bio) for one in (ada, ben)
    }
    assert db.session.scalars(select(ExchangeNote.body_html)).all() == [render_markdown(BODY)]
    assert sweep(now) == 0


def test_a_few_at_a_time_whatever_they_are(ada, ben, now):
    for _number in range(3):
        people.make_post(ada)
    make_everything_old()
    assert [sweep(now, 2) for _batch in range(4)] == [2, 2, 1, 0]
    assert stale() == 0


def test_it_changes_no_version_so_that_nobody_who_is_writing_is_held_up(ada, now):
    post = people.make_post(ada)
    before = (post.version, ada.version)
    make_everything_old()
    sweep(now)
    post, person = db.session.get_one(Post, post.id), db.session.get_one(User, ada.id)
    assert (post.version, person.version) == before
    assert post.edited_at is None
