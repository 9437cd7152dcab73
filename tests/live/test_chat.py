"""Do messages arrive on open threads: each once, in order, whatever happens to the connection?"""

from __future__ import annotations

import random
import re
from threading import Thread as Worker

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import conversations
from skillswap.lib.clock import utcnow
from skillswap.models import Conversation, Message
from tests import people
from tests.support.sockets import Page

LINE = re.compile(r'id="m-(\d+)".*?<span class="said">([^<]*)</span>', re.DOTALL)


@pytest.fixture
def thread(ada, ben):
    """The public id of the conversation of ada and ben."""
    people.make_exchange(ben, ada)
    return db.session.scalars(select(Conversation.public_id)).one()


def write(place, person, thread, count=1, first=0, word="Line"):
    asked = {"who": person.id, "thread": thread, "count": count, "first": first, "word": word}
    place.post("/test/write", asked, patience=120)


def looking(page_of, person, thread):
    """An open page that shows the thread."""
    page = page_of(person)
    page.say(after={thread: last_seq()}, here=f"/chat/{thread}")
    page.hear_until(lambda text: "data-read" in text)
    return page


def last_seq():
    return db.session.scalar(
        select(Conversation.last_seq).execution_options(populate_existing=True)
    )


def lines(texts):
    return [(int(seq), body) for text in texts for seq, body in LINE.findall(text)]


def test_a_line_reaches_the_open_thread_of_both_and_no_stranger(
    place, page_of, ada, ben, cy, thread
):
    mine, theirs = looking(page_of, ben, thread), looking(page_of, ada, thread)
    stranger = page_of(cy)
    stranger.say(after={thread: 0}, here=f"/chat/{thread}")
    write(place, ben, thread)
    for page, bubble in ((mine, "bubble--mine"), (theirs, 'class="bubble"')):
        heard = page.hear_until(lambda text: "Line 0" in text)[-1]
        assert f'hx-target="#messages-{thread}" hx-swap="upsert"' in heard
        assert bubble in heard
    assert "seq" in heard  # ada's page says that it is seen
    assert not any("Line" in text for text in drain(stranger))


def drain(page):
    texts = []
    while True:
        try:
            texts.append(page.hear(0.4))
        except TimeoutError:
            return texts


def test_another_page_hears_the_count_and_not_the_words(place, page_of, ada, ben, thread):
    page = page_of(ada)
    drain(page)
    write(place, ben, thread)
    heard = page.hear_until(lambda text: 'hx-target="#nav"' in text)[-1]
    assert re.search(r"Chat</span><span class=\"count\">1", heard)
    assert "Line 0" not in heard


def test_the_list_hears_of_its_row_alone(place, page_of, ada, ben, thread):
    page = page_of(ada)
    page.say(after={}, here="/chat")
    drain(page)
    write(place, ben, thread)
    heard = page.hear_until(lambda text: "Line 0" in text)[-1]
    assert f'hx-target="#chat-{thread}" hx-swap="delete"' in heard
    assert 'hx-target="#conversations" hx-swap="afterbegin"' in heard
    assert heard.count('<li id="chat-') == 1
    with transaction():
        message = db.session.scalars(select(Message).order_by(Message.seq.desc())).first()
        conversations.edit_message(ben, message.public_id, body="Mended", now=message.created_at)
    place.tell(ada, kind="message", conversation=thread, seq=message.seq)
    heard = page.hear_until(lambda text: "Mended" in text)[-1]
    assert f'hx-target="#chat-{thread}" hx-swap="outerHTML"' in heard
    place.tell(ada, kind="message", conversation=thread, seq=message.seq - 1)
    assert not any("conversations" in text or "chat-" in text for text in drain(page))


def test_a_request_stays_out_of_the_list(place, page_of, ada, cy):
    page = page_of(ada)
    page.say(after={}, here="/chat")
    drain(page)
    with transaction():
        _message, thread = conversations.send_to(
            cy, "ada", body="May I?", client_key="", now=utcnow()
        )
    place.tell(ada, kind="message", conversation=thread, seq=1)
    assert not any("May I?" in text for text in drain(page))


def test_reading_and_writing_are_seen_by_the_other(place, page_of, ada, ben, thread):
    mine, theirs = looking(page_of, ben, thread), looking(page_of, ada, thread)
    write(place, ben, thread)
    seq = mine.hear_until(lambda text: "Line 0" in text) and last_seq()
    theirs.say(typing=thread)
    assert "Ada is writing" in mine.hear_until(lambda text: "writing" in text)[-1]
    with transaction():
        conversations.read_to(ada, thread, seq, utcnow())
    place.tell(ben, ada, kind="read", conversation=thread, reader=ada.id, seq=seq)
    assert f'data-read="{seq}"' in mine.hear_until(lambda text: "data-read" in text)[-1]


def test_a_stranger_cannot_say_that_they_write(place, page_of, ada, ben, cy, thread):
    page, stranger = looking(page_of, ada, thread), page_of(cy)
    for said in (thread, "nothing", 7, None, [thread]):
        stranger.say(typing=said)
    assert not any("writing" in text for text in drain(page))


def test_a_block_cuts_the_thread_off_on_open_pages(place, page_of, ada, ben, thread):
    theirs = looking(page_of, ben, thread)
    place.post("/test/do", {"who": ada.id, "verb": "block", "whom": "ben"})
    drain(theirs)
    place.tell(ben, kind="message", conversation=thread, seq=1)
    theirs.say(typing=thread)
    assert not any("m-1" in text or "writing" in text for text in drain(theirs))


CUTS, EACH = 100, 5


def test_a_hundred_cuts_over_a_thousand_messages_lose_and_double_nothing(
    place, cookie_of, ada, ben, thread
):
    chance, cookie, first = random.Random(7), cookie_of(ada), last_seq()
    shown: dict[int, str] = {}
    for cut in range(CUTS):
        writers = [
            Worker(target=write, args=(place, person, thread, EACH, cut * EACH, word))
            for person, word in ((ada, "a"), (ben, "b"))
        ]
        for writer in writers:
            writer.start()
        shown |= look(place, cookie, thread, first, shown, most=chance.randint(0, 2 * EACH - 1))
        for writer in writers:
            writer.join()
    shown |= look(place, cookie, thread, first, shown, most=2 * EACH * CUTS)
    db.session.rollback()
    rows = select(Message.seq, Message.body).where(Message.seq > first).order_by(Message.seq)
    kept = dict(db.session.execute(rows).all())
    assert shown == kept
    assert sorted(shown) == list(range(first + 1, first + 2 * EACH * CUTS + 1))
    for word in "ab":
        said = [body for _seq, body in sorted(shown.items()) if body.startswith(word)]
        assert said == [f"{word} {n}" for n in range(EACH * CUTS)]


def look(place, cookie, thread, first, shown, *, most):
    """Open the thread, hear so many lines or all there are, and lose the connection."""
    has, heard = first, dict(shown)
    with Page(place.url, cookie) as page:
        while has + 1 in heard:  # what a page has, up to the first that is missing
            has += 1
        page.say(after={thread: has}, here=f"/chat/{thread}")
        while len(heard) - len(shown) < most and len(heard) < 2 * EACH * CUTS:
            heard |= dict(lines([page.hear(30)]))  # upserted by id, as on a page
    return heard
