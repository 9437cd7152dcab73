"""How does one write a post, with a script and without?"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import posts
from skillswap.lib.clock import utcnow
from skillswap.models import Media, Post, PostKind, PostState, User
from tests.conftest import HTMX
from tests.lib.test_media import picture

NEW = "/posts/new"
BODY = "Wet the paper first, then **wait** until it no longer shines."
FORM = {"kind": "general", "title": "", "body": BODY, "client_key": "abc"}
TUTORIAL = FORM | {"kind": "tutorial", "title": "Wet in wet", "skill": "Watercolour"}


def the_post() -> Post:
    return db.session.scalars(select(Post).execution_options(populate_existing=True)).one()


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    assert found, name
    return found[1]


# -- posting --------------------------------------------------------------------------------------


def test_the_form_posts_and_leads_to_the_post(browser, ada):
    client = browser(ada)
    page = client.get(NEW)
    key = field(page.text, "client_key")
    answer = client.post(NEW, data=TUTORIAL | {"client_key": key})
    post = the_post()
    assert (answer.status_code, answer.location) == (303, f"/posts/{post.public_id}")
    assert (post.kind, post.client_key) == (PostKind.TUTORIAL, key)
    assert [skill.slug for skill in posts.skills_of(post)] == ["watercolour"]
    read = client.get(answer.location).text
    assert "Wet in wet" in read
    assert "<strong>wait</strong>" in read
    assert "Posted." in read
    again = client.post(NEW, data=TUTORIAL | {"client_key": key}, headers=HTMX)
    assert again.headers["HX-Location"] == f"/posts/{post.public_id}"
    assert the_post().id == post.id


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_is_missing_is_said_beside_its_field_and_all_that_was_typed_comes_back(
    browser, ada, headers
):
    name = upload(browser(ada))
    form = TUTORIAL | {
        "title": "",
        "skills": "piano",
        "picture_name": name,
        "picture_alt": "A river",
    }
    answer = browser(ada).post(NEW, data=form, headers=headers)
    assert answer.status_code == 422
    assert "Say in a few words what one learns here." in answer.text
    title = re.search(r'<input[^>]*name="title"[^>]*>', answer.text)
    assert title
    assert "autofocus" in title[0]
    assert 'aria-invalid="true"' in title[0]
    for kept in (BODY, 'value="piano" checked', 'value="Watercolour"', name, 'value="A river"'):
        assert kept in answer.text
    assert re.search(r'value="tutorial" checked', answer.text)
    assert db.session.scalar(select(func.count(Post.id))) == 0


def test_the_short_form_on_home_brings_the_card_to_the_top_and_an_empty_form(browser, ada):
    answer = browser(ada).post(NEW, data=FORM | {"short": "1"}, headers=HTMX)
    assert answer.status_code == 200
    assert f'id="post-{the_post().public_id}"' in answer.text
    assert '<hx-partial hx-target="#feed" hx-swap="afterbegin">' in answer.text
    form = answer.text.partition("</form>")[0]
    assert BODY not in form
    assert field(form, "client_key") not in ("", "abc")
    assert "Posted." in answer.text


def test_the_short_form_says_what_is_missing_and_goes_on_in_the_long_one(browser, ada):
    client = browser(ada)
    short = FORM | {"short": "1", "kind": "tutorial"}
    answer = client.post(NEW, data=short, headers=HTMX)
    assert answer.status_code == 422
    assert "Say in a few words what one learns here." in answer.text
    assert BODY in answer.text
    assert "Add a title and skills" in answer.text
    onward = client.post(NEW, data=short | {"submit_more": "1"}, headers=HTMX)
    page = client.get(onward.headers["HX-Location"])
    assert BODY in page.text
    assert field(page.text, "client_key") == "abc"
    nothing = client.post(NEW, data=short | {"submit_more": "1", "body": " "})
    assert nothing.location == "/posts/new?kind=tutorial"


# -- looking at it --------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_preview_shows_how_it_reads_and_keeps_nothing(browser, ada, headers):
    form = TUTORIAL | {"submit_preview": "1", "body": f"{BODY} <script>alert(1)</script>"}
    answer = browser(ada).post(NEW, data=form, headers=headers)
    assert answer.status_code == 200
    preview = answer.text.partition('id="post-preview"')[2]
    assert "<strong>wait</strong>" in preview
    assert "<script>alert" not in answer.text
    assert re.search(r'<div class="prose"[^>]* hx-ignore', preview)
    if headers:
        assert "<form" not in answer.text
    else:
        assert 'value="Watercolour"' in answer.text
        assert "**wait**" in answer.text
    assert db.session.scalar(select(func.count(Post.id))) == 0


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_text_that_cannot_be_shown_is_named_instead_of_its_preview(browser, ada, headers):
    form = FORM | {"submit_preview": "1", "body": "tu\u202etor"}
    answer = browser(ada).post(NEW, data=form, headers=headers)
    assert answer.status_code == 422
    assert answer.text.count("characters that cannot be shown") in (1, 2)


def test_skills_are_added_one_by_one_and_taken_out_again(browser, ada):
    client = browser(ada)
    answer = client.post(NEW, data=TUTORIAL | {"submit_skill": "1"})
    assert 'value="watercolour" checked' in answer.text
    assert 'value="Watercolour"' not in answer.text
    assert BODY in answer.text
    added = {"skills": "watercolour", "skill": "piano", "submit_skill": "1"}
    part = client.post(NEW, data=FORM | added, headers=HTMX).text
    assert 'value="watercolour" checked' in part
    assert 'value="piano" checked' in part
    assert "post-body" not in part
    without = client.post(NEW, data=FORM | {"skills": "piano", "submit_skill": "1"}, headers=HTMX)
    assert "watercolour" not in without.text
    unknown = client.post(NEW, data=FORM | {"skill": "Pianno", "submit_skill": "1"}, headers=HTMX)
    assert unknown.status_code == 422
    assert "We do not know this skill" in unknown.text
    assert 'value="Pianno"' in unknown.text
    assert "Piano" in unknown.text  # close to it


# -- drafts ---------------------------------------------------------------------------------------


def test_a_draft_is_saved_while_it_is_typed_and_listed_to_go_on_with(browser, ada, ben):
    client = browser(ada)
    save = FORM | {"submit_save": "1", "title": "Wet", "skills": "piano"}
    answer = client.post(NEW, data=save, headers=HTMX)
    draft = the_post()
    assert answer.status_code == 200
    assert "Saved as a draft at" in answer.text
    assert answer.headers["HX-Replace-Url"] == f"/posts/new?draft={draft.public_id}"
    client.post(NEW, data=save | {"title": "Wet in wet"}, headers=HTMX)
    assert the_post().title == "Wet in wet"
    assert "Wet in wet" in client.get(NEW).text
    page = client.get(answer.headers["HX-Replace-Url"]).text
    for kept in (BODY, 'value="Wet in wet"', 'value="piano" checked', 'value="abc"'):
        assert kept in page
    assert browser(ben).get(answer.headers["HX-Replace-Url"]).status_code == 404
    assert browser(ben).get(f"/posts/{draft.public_id}").status_code == 404
    posted = client.post(NEW, data=FORM)
    assert the_post().state is PostState.PUBLISHED
    late = client.post(NEW, data=save, headers=HTMX)
    assert late.status_code == 409
    assert "is not kept as a draft" in late.text
    assert client.get(f"/posts/new?draft={draft.public_id}").location == posted.location


def test_a_draft_is_saved_by_a_plain_button_and_deleted_by_another(browser, ada):
    client = browser(ada)
    answer = client.post(NEW, data=FORM | {"submit_save": "1"})
    draft = the_post()
    assert answer.location == f"/posts/new?draft={draft.public_id}"
    assert "Saved as a draft." in client.get(answer.location).text
    refused = client.post(NEW, data=FORM | {"submit_save": "1", "title": "x" * 121})
    assert refused.status_code == 422
    assert BODY in refused.text
    for verb in ("edit", "delete"):
        assert client.get(f"/posts/{draft.public_id}/{verb}").location == answer.location
    gone = client.post(f"/posts/{draft.public_id}/delete", headers=HTMX)
    assert "No drafts are left." in gone.text
    assert client.get(answer.location).status_code == 404


def upload(client: Any) -> str:
    """A picture that waits for a post; returns its name."""
    file = (BytesIO(picture()), "river.png")
    client.post("/media", data={"pictures": file}, headers=HTMX)
    return db.session.scalars(select(Media.name).order_by(Media.id.desc())).first() or ""


def test_files_come_with_the_form_where_there_is_no_script(browser, ada):
    client = browser(ada)
    files = {"pictures": (BytesIO(picture()), "river.png")}
    looked = client.post(NEW, data=FORM | files | {"submit_preview": "1"})
    name = field(looked.text, "picture_name")
    client.post(NEW, data=FORM | {"picture_name": name, "picture_alt": "A river"})
    assert posts.pictures_of(the_post()) == [(name, "A river")]
    broken = {"pictures": (BytesIO(b"none"), "river.png")}
    refused = client.post(NEW, data=FORM | broken | {"client_key": "b"})
    assert refused.status_code == 422
    assert BODY in refused.text
    assert db.session.scalar(select(func.count(Post.id))) == 1


# -- changing and taking away ---------------------------------------------------------------------


def published(person: User, **changed: Any) -> Post:
    words = {"kind": PostKind.GENERAL, "title": "First", "body": BODY} | changed
    with transaction():
        return posts.publish(person, **words, now=utcnow())


def test_a_post_is_changed_in_the_same_form(browser, ada, ben):
    post = published(ada, skills=["piano"])
    client, url = browser(ada), f"/posts/{post.public_id}/edit"
    page = client.get(url).text
    for kept in ('value="First"', BODY, 'value="piano" checked'):
        assert kept in page
    assert "Save draft" not in page
    form = {"kind": "general", "title": "Second", "body": BODY, "version": field(page, "version")}
    answer = client.post(url, data=form)
    assert answer.location == f"/posts/{post.public_id}"
    read = client.get(answer.location).text
    assert "Second" in read
    assert "edited" in read
    assert browser(ben).get(url).status_code == 404
    assert client.post(url, data=form | {"submit_preview": "1"}, headers=HTMX).status_code == 200


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_two_who_change_the_same_post_lose_neither_text(browser, ada, headers):
    post = published(ada)
    client, url = browser(ada), f"/posts/{post.public_id}/edit"
    began_with = field(client.get(url).text, "version")
    mine = {"kind": "general", "title": "First", "body": "From my phone", "version": began_with}
    client.post(url, data=mine)
    answer = client.post(url, data=mine | {"body": "From my desk"}, headers=headers)
    assert answer.status_code == 409
    assert "From my phone" in answer.text
    assert "From my desk" in answer.text
    assert the_post().body == "From my phone"
    onward = mine | {"body": "From my desk", "version": field(answer.text, "version")}
    assert client.post(url, data=onward).status_code == 303
    assert the_post().body == "From my desk"


def test_a_post_that_staff_have_hidden_is_not_changed(browser, ada, mo):
    post = published(ada)
    client, url = browser(ada), f"/posts/{post.public_id}"
    with transaction():
        posts.hide(mo, post.public_id, now=utcnow())
    assert f"{url}/edit" not in client.get(url).text
    assert client.get(f"{url}/edit").location == url
    answer = client.post(f"{url}/edit", data=FORM | {"version": "1"})
    assert answer.status_code == 409
    assert "Our staff have taken this post out of sight" in answer.text


def test_a_post_is_asked_about_and_then_gone(browser, ada, ben):
    post = published(ada, title="River")
    client, url = browser(ada), f"/posts/{post.public_id}/delete"
    assert "River" in client.get(url).text
    assert browser(ben).get(url).status_code == 404
    assert client.post(url).location == "/"
    for gone in (url, f"/posts/{post.public_id}", f"/posts/{post.public_id}/edit"):
        assert client.get(gone).status_code == 404


def test_the_page_asks_as_much_for_twenty_drafts_as_for_two(browser, ada, queries):
    counts = []
    for number in range(20):
        with transaction():
            posts.save_draft(
                ada, kind=PostKind.GENERAL, title=f"Draft {number}", body="", now=utcnow()
            )
        if number in (1, 19):
            client = browser(ada)
            queries.clear()
            assert f"Draft {number}" in client.get(NEW).text
            counts.append(len(queries))
    assert counts == [counts[0]] * 2
    assert counts[0] <= 3
