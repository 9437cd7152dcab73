"""The page of a post, and what people do below it, from a browser's side."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import bookmarks, comments, likes, safety
from skillswap.lib.clock import utcnow
from skillswap.models import Comment, Post, PostState
from tests import casework, people
from tests.conftest import HTMX

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def post(ada):
    return people.make_post(
        ada,
        title="Skies that stay wet",
        body="Wet the paper **first**, then wait.",
        skills=("Watercolour",),
    )


def url(post, tail=""):
    return f"/posts/{post.public_id}{tail}"


def say(person, post, body="Lovely.", **facts):
    with transaction():
        return comments.make_comment(person, post.public_id, body=body, now=utcnow(), **facts)


def number(column):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(column))


def main(answer):
    return answer.text.partition("<main")[2].partition("</main")[0]


def pressed(html, what):
    """Whether the button of that id is pressed."""
    return re.search(rf'id="{what}"[^>]*aria-pressed="(\w+)"', html)[1] == "true"


def test_a_visitor_reads_it_with_a_head_for_machines(browser, ben, post):
    say(ben, post, "Which paper?\n\nSee https://example.org/paper <b>")
    page = browser().get(url(post))
    assert page.status_code == 200
    assert "<title>Skies that stay wet · SkillSwap</title>" in page.text
    assert '<meta name="description" content="Wet the paper first, then wait."' in page.text
    assert re.search(rf'<link rel="canonical" href="http[^"]+{url(post)}">', page.text)
    assert "<p>Which paper?</p>" in page.text
    assert '<a href="https://example.org/paper" rel="nofollow' in page.text
    assert "&lt;b&gt;" in page.text
    assert "Log in to answer" in page.text
    assert f"/login?next={url(post)}" in page.text.replace("%2F", "/")
    assert "<form" not in main(page)


@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.HIDDEN, PostState.DELETED])
def test_what_is_not_published_is_not_there_for_others(browser, ada, ben, mo, post, state):
    said = say(ben, post)
    with transaction():
        db.session.get_one(Post, post.id).state = state
    for client in (browser(), browser(ben)):
        assert client.get(url(post)).status_code == 404
        assert client.get(f"/comments/{said.public_id}").status_code == 404
    mine = browser(ada).get(url(post))
    assert mine.status_code == (200 if state is PostState.HIDDEN else 404)
    if state is PostState.HIDDEN:
        assert "Only you still find it" in mine.text
        assert "Add a comment" not in mine.text


def test_the_blocked_find_nothing_and_can_do_nothing(browser, ada, ben, post):
    said = say(ada, post)
    with transaction():
        safety.block(ada, "ben", utcnow())
    client = browser(ben)
    for path in (url(post), f"/comments/{said.public_id}"):
        assert client.get(path).status_code == 404
    for path in (
        *(url(post, tail) for tail in ("/like", "/unlike", "/bookmark", "/unbookmark")),
        *(f"/comments/{said.public_id}/{verb}" for verb in ("like", "unlike", "edit", "delete")),
        url(post, "/comments"),
    ):
        assert client.post(path, data={"body": "Let me in"}).status_code == 404, path
    assert number(Post.like_count) == 0
    assert number(Post.comment_count) == 1


@BOTH
@pytest.mark.parametrize(
    ("on", "off", "what"), [("like", "unlike", "like"), ("bookmark", "unbookmark", "save")]
)
def test_a_press_turns_the_bar_alone_and_stays(browser, ben, post, headers, on, off, what):
    client = browser(ben)
    for verb, is_on in ((on, True), (off, False), (on, True)):
        answer = client.post(url(post, f"/{verb}"), headers=headers)
        if headers:
            assert answer.status_code == 200
            assert answer.text.strip().startswith('<div class="post-bar"')
            assert pressed(answer.text, f"{what}-{post.public_id}") is is_on
        else:
            assert answer.location == f"{url(post)}#post-{post.public_id}"
        assert pressed(client.get(url(post)).text, f"{what}-{post.public_id}") is is_on


def test_a_plain_press_leads_back_to_where_one_was(browser, ben, post):
    client = browser(ben)
    for came, onward in (
        ("http://localhost/bookmarks?after=x", f"/bookmarks?after=x#post-{post.public_id}"),
        ("http://elsewhere.example/bookmarks", f"{url(post)}#post-{post.public_id}"),
        (f"http://localhost{url(post, '/comments')}", f"{url(post)}#post-{post.public_id}"),
        ("http://[", f"{url(post)}#post-{post.public_id}"),
    ):
        answer = client.post(url(post, "/like"), headers={"Referer": came})
        assert answer.location == onward


def test_ones_own_is_not_offered_to_be_liked(browser, ada, ben, post):
    with transaction():
        likes.like_post(ben, post.public_id, utcnow())
    page = browser(ada).get(url(post)).text
    assert f'id="like-{post.public_id}"' not in page
    assert "1<span" in page
    assert url(post, "/edit") in page
    assert url(post, "/delete") in page
    answer = browser(ada).post(url(post, "/like"), headers=HTMX)
    assert answer.status_code == 422
    assert "not yours to like" in answer.text


def test_a_comment_without_a_script_is_there_on_the_page(browser, ben, post):
    client = browser(ben)
    key = re.search(r'name="client_key"[^>]*value="([^"]+)"', client.get(url(post)).text)[1]
    for _press in range(2):
        answer = client.post(
            url(post, "/comments"), data={"body": "Which paper?", "client_key": key}
        )
        assert answer.status_code == 303
    page = client.get(answer.location)
    assert answer.location.partition("#")[2] in page.text
    assert "1 comment<" in page.text
    assert number(Post.comment_count) == 1


def test_an_answer_without_a_script_is_there_on_the_page_of_its_comment(browser, ada, ben, post):
    said = say(ben, post, "Which paper?")
    client = browser(ada)
    assert f"/comments/{said.public_id}?form=1" in client.get(url(post)).text
    form = client.get(f"/comments/{said.public_id}?form=1").text
    assert f'value="{said.public_id}"' in form
    data = {"body": "Cold pressed.", "parent": said.public_id}
    answer = client.post(url(post, "/comments"), data=data)
    page = client.get(answer.location, follow_redirects=True)
    assert "Cold pressed." in page.text
    assert ">Author<" in page.text
    refused = client.post(url(post, "/comments"), data=data | {"body": "x" * 2_001})
    assert refused.status_code == 422
    assert "x" * 2_001 in refused.text
    assert "Which paper?" in refused.text


def test_a_comment_arrives_as_a_fragment(browser, ada, ben, post):
    answer = browser(ben).post(url(post, "/comments"), data={"body": "Which?"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'hx-target="#threads" hx-swap="afterbegin"' in answer.text
    assert "1 comment<" in answer.text
    said = db.session.scalars(select(Comment)).one()
    data = {"body": "This one.", "parent": said.public_id}
    answer = browser(ada).post(url(post, "/comments"), data=data, headers=HTMX)
    assert f'hx-target="#answers-{said.public_id}" hx-swap="beforeend"' in answer.text
    assert "2 comments<" in answer.text


def test_one_edits_and_deletes_what_is_ones_own(browser, ada, ben, post):
    said = say(ben, post, "Lovly.")
    page = f"/comments/{said.public_id}"
    assert f"{page}/edit" not in browser(ada).get(url(post)).text
    assert browser(ada).get(f"{page}/edit").status_code == 404
    client = browser(ben)
    assert "Lovly." in client.get(f"{page}/edit").text
    answer = client.post(f"{page}/edit", data={"body": "Lovely."}, headers=HTMX)
    assert "Lovely." in answer.text
    assert "edited" in answer.text
    say(ada, post, "Thank you.", parent=said.public_id)
    answer = client.post(f"{page}/delete", headers=HTMX)
    assert "no longer here" in answer.text
    assert "Thank you." in answer.text
    assert "1 comment<" in answer.text
    assert "Lovely." not in client.get(url(post)).text
    assert client.get(f"{page}/edit").status_code == 409


@BOTH
def test_a_comment_is_liked(browser, ada, ben, post, headers):
    said = say(ben, post)
    answer = browser(ada).post(f"/comments/{said.public_id}/like", headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert number(Comment.like_count) == 1
    assert pressed(browser(ada).get(url(post)).text, f"like-{said.public_id}")
    browser(ada).post(f"/comments/{said.public_id}/unlike", headers=headers)
    assert number(Comment.like_count) == 0


def test_what_was_told_is_read_when_the_post_is_seen(browser, ada, ben, post):
    said = say(ada, post, "Ask me.")
    say(ben, post, "Which?", parent=said.public_id)
    client = browser(ben)
    client.post(url(post, "/like"))
    client.post(f"/comments/{said.public_id}/like")
    client = browser(ada)
    listed = client.get("/notifications").text
    assert f'href="{url(post)}"' in listed
    assert f'href="/comments/{said.public_id}"' in listed
    assert "Notifications, 3 unread" in listed
    data = {"subject_type": "posts", "public_id": post.public_id}
    client.post("/notifications/read", data=data)
    assert "Notifications, " not in client.get("/notifications?filter=unread").text


def test_a_post_and_a_comment_are_reported_with_a_copy(browser, ben, cy, post, mo):
    said = say(ben, post, "Buy my paper.")
    client = browser(cy)
    for about, key, words in (
        ("post", post.public_id, "Wet the paper"),
        ("comment", said.public_id, "Buy my paper."),
    ):
        assert f"/report?about={about}&amp;key={key}" in client.get(url(post)).text
        data = {"about": about, "key": key, "category": "spam", "body": ""}
        answer = client.post("/report", data=data)
        assert answer.status_code == 303
        assert client.get(answer.location, follow_redirects=True).status_code == 200
        assert client.get(f"/report?about={about}&key={key}").status_code == 200
        key = casework.keys(browser(mo))[-1]
        with transaction():  # what was copied stays
            db.session.get_one(Post, post.id).body = ""
            if about == "comment":
                comments.delete_comment(ben, said.public_id, now=utcnow())
        assert words in casework.take(browser(mo), key)
    assert browser(ben).get(f"/report?about=comment&key={said.public_id}").status_code == 404


def test_a_mute_from_a_card_leads_back_without_its_cards(browser, ada, ben, post):
    client = browser(ben)
    client.post("/people/ada/follow")
    feed = "/feed?tab=following"
    assert post.title in client.get(feed).text
    came = {"Referer": f"http://localhost{feed}"}
    answer = client.post("/people/ada/mute", data={"back": "1"}, headers=came)
    assert answer.location == feed
    assert post.title not in client.get(feed).text
    assert browser(ben).get(url(post)).status_code == 200  # they are silent, not gone


def test_saved_posts_have_a_page(browser, ada, ben, post):
    client = browser(ben)
    assert "Nothing saved yet" in client.get("/bookmarks").text
    client.post(url(post, "/bookmark"))
    page = client.get("/bookmarks").text
    assert "Skies that stay wet" in page
    for _each in range(21):
        with transaction():
            bookmarks.bookmark(ben, people.make_post(ada).public_id, utcnow())
    page = client.get("/bookmarks").text
    more = re.search(r'href="(/bookmarks\?after=[^"]+)"', page)[1]
    assert "Skies that stay wet" in client.get(more, headers=HTMX).text
    assert browser().get("/bookmarks").location.startswith("/login")


def test_the_page_costs_the_same_for_2_and_20(browser, queries, ada, ben, cy, post):
    def cost(further):
        for _each in range(further):
            said = say(ben, post, "Which?")
            say(ada, post, "This.", parent=said.public_id)
            people.make_post(ada, title="Another")
        client = browser(cy)
        client.get("/notifications")
        queries.clear()
        assert client.get(url(post)).status_code == 200
        return len(queries)

    assert cost(2) == cost(17) <= 12
