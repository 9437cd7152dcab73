"""What do the pages of chat show, and what do their forms answer?"""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import conversations, learning_sessions, live
from skillswap.lib.clock import utcnow
from skillswap.lib.storage import Folder
from skillswap.models import Conversation, Exchange, Media, Message, MessageKind, Report
from tests import casework, people
from tests.conftest import HTMX

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def thread(ada, ben):
    """The address of the conversation of ada and ben, who have an exchange."""
    people.make_exchange(ben, ada)
    return f"/chat/{db.session.scalars(select(Conversation.public_id)).one()}"


@pytest.fixture(autouse=True)
def files(app):
    """What a test attaches goes away with its rows: the doctor asks for both."""
    folder = Folder(app.config["SETTINGS"].media_folder)
    before = set(folder.names())
    yield folder
    for name in set(folder.names()) - before:
        folder.delete(name)


def say(person, thread, body, now=None, key=""):
    with transaction():
        return conversations.send_message(
            person, thread.split("/")[-1], body=body, client_key=key, now=now or utcnow()
        )


def texts():
    return db.session.scalars(
        select(Message.body).where(Message.kind == MessageKind.TEXT).order_by(Message.seq)
    ).all()


@BOTH
def test_a_message_is_sent_and_read(browser, ada, ben, thread, headers):
    answer = browser(ben).post(
        f"{thread}/messages", data={"body": "See <you> there", "client_key": "k"}, headers=headers
    )
    assert answer.status_code == (200 if headers else 303)
    if headers:
        assert 'hx-swap="upsert"' in answer.text
        assert 'id="composer"' in answer.text
        assert "<h1" not in answer.text
    page = browser(ada).get(thread).text
    assert "See &lt;you&gt; there" in page
    assert "bubble--mine" not in page
    assert "bubble--mine" in browser(ben).get(thread).text


@BOTH
def test_what_cannot_be_sent_comes_back_with_its_sentence(browser, ben, thread, headers):
    long = "Typed with care. " * 300
    answer = browser(ben).post(
        f"{thread}/messages", data={"body": long, "client_key": "k"}, headers=headers
    )
    assert answer.status_code == 422
    assert "At most 5000 characters." in answer.text
    assert long.strip() in answer.text
    assert 'value="k"' in answer.text
    assert texts() == []


def test_a_second_click_sends_nothing(browser, ben, thread):
    for _click in range(2):
        browser(ben).post(f"{thread}/messages", data={"body": "Hello", "client_key": "k"})
    assert texts() == ["Hello"]


def test_a_stranger_finds_no_thread(browser, cy, ada, ben, thread):
    message = say(ben, thread, "Hello")
    for path in (thread, f"{thread}?before=2"):
        assert browser(cy).get(path).status_code == 404
    for tail in ("messages", "read", "let-in", "put-aside"):
        assert browser(cy).post(f"{thread}/{tail}", data={"body": "x"}).status_code == 404
    for tail in ("edit", "delete"):
        path = f"/messages/{message.public_id}/{tail}"
        assert browser(cy).post(path, data={"body": "x"}).status_code == 404
        assert browser(ada).post(path, data={"body": "x"}).status_code == 404


def test_the_list_shows_last_lines_and_what_is_new(browser, ada, ben, thread):
    say(ben, thread, "Bring one photo of a sky")
    page = browser(ada).get("/chat").text
    assert "Bring one photo of a sky" in page
    assert re.search(r'<span class="count">1<span class="sr"> unread', page)
    browser(ada).post(f"{thread}/read", data={"seq": "99"})
    assert not re.search(r'<span class="sr"> unread', browser(ada).get("/chat").text)


def test_the_bell_has_one_row_for_a_thread_and_does_not_count_it(browser, ada, ben, thread):
    before = browser(ada).get("/notifications").text
    for number in range(3):
        say(ben, thread, f"Line {number}")
    page = browser(ada).get("/notifications").text
    assert page.count("3 new messages") == 1
    bell = re.compile(r'id="bell".*?</a>', re.DOTALL)
    assert bell.search(page)[0] == bell.search(before)[0]
    browser(ada).post(f"{thread}/read", data={"seq": "99"})
    assert "new messages" not in browser(ada).get("/notifications").text


def test_a_thread_begins_with_its_first_message_and_not_before(browser, ada, cy):
    form = browser(cy).get("/chat/with/ada")
    assert form.status_code == 200
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 0
    sent = browser(cy).post("/chat/with/ada", data={"body": "May I?", "client_key": "k"})
    assert sent.status_code == 303
    assert browser(cy).get("/chat/with/ada").location == sent.location
    assert browser(cy).get("/chat/with/cy").status_code == 404
    assert "May I?" in browser(ada).get("/chat?requests=1").text
    assert "May I?" not in browser(ada).get("/chat").text


def test_a_request_counts_nowhere_but_on_its_tab(browser, ada, cy):
    entry = re.compile(r'<nav class="nav".*?</nav>', re.DOTALL)
    before = entry.search(browser(ada).get("/chat").text)[0]
    browser(cy).post("/chat/with/ada", data={"body": "May I?", "client_key": "k"})
    page = browser(ada).get("/chat").text
    assert entry.search(page)[0] == before
    assert re.search(r'Requests\s*<span class="count">1', page)
    assert "May I?" not in browser(ada).get("/notifications").text
    again = browser(cy).post("/chat/with/ada", data={"body": "Well?", "client_key": "l"})
    assert again.status_code == 429
    asked = browser(ada).get(f"/chat/{db.session.scalars(select(Conversation.public_id)).one()}")
    assert "Let in" in asked.text
    assert "putting it aside tells nobody" in asked.text


def test_an_edit_says_so_and_a_deletion_leaves_a_stone(browser, ada, ben, thread):
    message = say(ben, thread, "Helo")
    form = browser(ben).get(f"/messages/{message.public_id}/edit").text
    assert "Helo</textarea>" in form
    empty = browser(ben).post(f"/messages/{message.public_id}/edit", data={"body": " "})
    assert empty.status_code == 422
    browser(ben).post(f"/messages/{message.public_id}/edit", data={"body": "Hello"})
    page = browser(ada).get(thread).text
    assert "Hello" in page
    assert "edited" in page
    browser(ben).post(f"/messages/{message.public_id}/delete")
    page = browser(ada).get(thread).text
    assert "Message deleted" in page
    assert "Hello<" not in page


def test_an_address_is_a_link_that_says_where_it_leads(browser, ada, ben, thread):
    say(ben, thread, "Look: https://example.org/a?b=1&c=2. <script>")
    page = browser(ada).get(thread).text
    assert 'href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener noreferrer"' in page
    assert "&lt;script&gt;" in page


def test_cards_hold_the_buttons_of_what_waits(browser, ada, ben, thread):
    exchange = db.session.scalars(select(Exchange)).one()
    offered = people.make_proposal(ben, exchange)
    page = browser(ada).get(thread).text
    assert page.count(f'action="/sessions/{offered.public_id}/accept"') == 2
    assert f"/sessions/{offered.public_id}/accept" not in browser(ben).get(thread).text
    start = offered.proposals[0].start_1.isoformat()
    browser(ada).post(f"/sessions/{offered.public_id}/accept", data={"start": start})
    page = browser(ada).get(thread).text
    assert "Session scheduled" in page
    assert f"/sessions/{offered.public_id}/accept" not in page


def offered_times(ada, ben, thread):
    """Ben has offered two starts; where their card stands, and the form of its button."""
    exchange = db.session.scalars(select(Exchange)).one()
    made = people.make_proposal(ben, exchange)
    seq = db.session.scalar(select(Conversation.last_seq).execution_options(populate_existing=True))
    form = {"start": made.proposals[0].start_1.isoformat(), "card_in": f"{thread}?card={seq}"}
    return made, seq, form


def test_a_card_is_answered_within_its_thread(browser, ada, ben, thread):
    made, seq, form = offered_times(ada, ben, thread)
    page = browser(ada).get(thread).text
    assert f'name="card_in" value="{form["card_in"]}"' in page
    url = f"/sessions/{made.public_id}/accept"
    answer = browser(ada).post(url, data=form, headers=HTMX)
    assert answer.location == form["card_in"]
    answer = browser(ada).get(answer.location, headers=HTMX)
    assert f'id="m-{seq}"' in answer.text
    assert f'id="m-{seq + 1}"' in answer.text
    assert "/accept" not in answer.text
    assert "<h1" not in answer.text
    assert "<h1" in browser(ada).get(form["card_in"]).text


def test_what_a_card_cannot_do_is_said_in_a_toast(browser, ada, ben, thread):
    made, _seq, form = offered_times(ada, ben, thread)
    url = f"/sessions/{made.public_id}/accept"
    wrong = browser(ada).post(url, data=form | {"start": "never"}, headers=HTMX)
    assert wrong.status_code in (409, 422)
    browser(ada).post(url, data=form)
    late = browser(ada).post(url, data=form, headers=HTMX)
    assert late.status_code == 409
    for answer in (wrong, late):
        assert answer.headers["HX-Retarget"] == "#toasts"
        assert "<form" not in answer.text


def test_without_a_script_a_card_leads_to_what_it_is_about(browser, ada, ben, thread):
    made, _seq, form = offered_times(ada, ben, thread)
    answer = browser(ada).post(f"/sessions/{made.public_id}/accept", data=form)
    assert answer.location == f"/sessions/{made.public_id}"


@pytest.mark.parametrize("path", ["https://elsewhere.example/chat/", "//chat/x", "/logout"])
def test_a_card_leads_nowhere_but_to_chat(browser, ada, ben, thread, path):
    made, _seq, form = offered_times(ada, ben, thread)
    url = f"/sessions/{made.public_id}/accept"
    answer = browser(ada).post(url, data=form | {"card_in": path}, headers=HTMX)
    assert "location" not in answer.headers
    assert answer.status_code in (200, 204)


def test_only_the_last_card_about_a_thing_holds_buttons_wherever_it_stands(
    browser, ada, ben, thread
):
    exchange = db.session.scalars(select(Exchange)).one()
    session = people.make_session(ben, exchange, start=people.next_quarter(utcnow() + 9 * DAY))
    first = f'data-live="learning_sessions/{session.public_id}"'
    assert browser(ada).get(thread).text.count(first) == 1
    for number in range(40):
        say(ben, thread, f"Line {number}", now=utcnow() + number * MINUTE)
    start = session.starts_at + DAY
    with transaction():
        learning_sessions.propose_move(
            ben, session.public_id, starts=[start], minutes=60, body="", now=utcnow()
        )
    assert browser(ada).get(thread).text.count(first) == 1
    older = browser(ada).get(f"{thread}?before=9", headers=HTMX).text
    assert "Session scheduled" in older
    assert first not in older


def test_who_is_here_is_seen_by_those_who_show_it_too(browser, ada, ben, thread):
    say(ben, thread, "Hello")
    with transaction():
        live.note_here([ada.id, ben.id], utcnow())
    for theirs, mine, seen in ((False, True, 0), (True, False, 0), (True, True, 1)):
        for person, shown in ((ben, theirs), (ada, mine)):
            browser(person).post("/settings/presence", data={"shown": "y"} if shown else {})
        page = browser(ada).get(thread).text
        assert page.count("Online, ") == seen
        assert page.count("is-online") == 2 * seen
        assert browser(ada).get("/chat").text.count("is-online") == seen
    with transaction():
        live.note_here([ben.id], utcnow() - 2 * MINUTE)
    assert "is-online" not in browser(ada).get(thread).text


def test_words_are_found_in_a_thread(browser, ada, ben, thread):
    for number in range(40):
        say(ben, thread, f"Line {number} of 100%", now=utcnow() + number * MINUTE)
    page = browser(ada).get(f"{thread}?q=line 7").text
    assert "One message with" in page
    assert "Nothing with" in browser(ada).get(f"{thread}?q=100_").text
    assert re.search(r"\?at=\d+#m-\d+", page)


@pytest.mark.parametrize("path", ["/chat", "thread"])
def test_a_page_of_chat_costs_the_same_for_2_and_20(browser, queries, ada, ben, thread, path):
    path = thread if path == "thread" else path

    def cost(number):
        for count in range(number):
            other = people.make_person(f"p{number}x{count}")
            public_id = say_to(other, ada)
            say(ada, public_id, "Hello back")
            say(ben, thread, f"{count}", now=utcnow() + (number + count) * MINUTE)
        client = browser(ada)
        client.get("/")
        queries.clear()
        assert client.get(path).status_code == 200
        return len(queries)

    assert cost(2) == cost(18) <= 7


def say_to(person, other):
    with transaction():
        _message, public_id = conversations.send_to(
            person, other.username, body="Hello", client_key="", now=utcnow()
        )
    return f"/chat/{public_id}"


# -- files ----------------------------------------------------------------------------------------


def picture(size=(2000, 1000)):
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 90)).save(out, "JPEG", comment=b"where I live")
    return out.getvalue()


def attach(browser, person, thread, data, name, body="", headers=None):
    part = '--edge\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    fields = {"body": body, "client_key": name}
    texts = "".join(part.format(key, "") + value + "\r\n" for key, value in fields.items())
    head = texts + part.format("file", f'; filename="{name}"')
    return browser(person).post(  # werkzeug's own builder leaves a temporary file open
        f"{thread}/messages",
        data=head.encode() + data + b"\r\n--edge--\r\n",
        headers=headers or {},
        content_type="multipart/form-data; boundary=edge",
    )


def file_path(page):
    return re.search(r"/chat/files/[A-Za-z0-9_.-]+", page)[0]


def test_a_picture_is_made_anew_and_only_the_two_may_fetch_it(browser, ada, ben, cy, thread):
    assert attach(browser, ben, thread, picture(), "sky.jpg").status_code == 303
    path = file_path(browser(ada).get(thread).text)
    shown = browser(ada).get(path)
    assert shown.mimetype == "image/webp"
    assert b"where I live" not in shown.data
    assert Image.open(BytesIO(shown.data)).size == (1600, 800)
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert browser(cy).get(path).status_code == 404
    assert browser(None).get(path).status_code in (302, 303)
    assert browser(ben).get(path.replace("/chat/files/", "/media/")).status_code == 404


def test_a_pdf_is_a_download_under_its_own_name(browser, ada, ben, thread):
    attach(browser, ben, thread, b"%PDF-1.7 words", "../notes; a.pdf", "Our notes")
    page = browser(ada).get(thread).text
    assert "notes; a.pdf" in page
    shown = browser(ada).get(file_path(page))
    assert shown.mimetype == "application/pdf"
    assert shown.headers["Content-Disposition"].startswith("attachment;")
    assert "../" not in shown.headers["Content-Disposition"]


@BOTH
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<script>alert(1)</script>", "Add a picture"),
        (b"%PDF-" + b"x" * (5 * 1024 * 1024), "too large"),
    ],
    ids=["script", "large"],
)
def test_any_other_file_is_refused_and_the_words_stay(browser, ben, thread, headers, data, said):
    answer = attach(browser, ben, thread, data, "a.bin", "Typed with care", headers)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Typed with care" in answer.text
    assert texts() == []
    assert db.session.scalar(select(func.count()).select_from(Media)) == 0


def test_deleting_a_message_takes_its_file_away(browser, files, ada, ben, thread):
    attach(browser, ben, thread, picture(), "sky.jpg")
    path = file_path(browser(ada).get(thread).text)
    message = db.session.scalars(select(Message).where(Message.kind == MessageKind.TEXT)).one()
    browser(ben).post(f"/messages/{message.public_id}/delete")
    assert browser(ada).get(path).status_code == 404
    assert path.rsplit("/", 1)[-1] not in set(files.names())


def test_a_second_click_with_a_file_keeps_one(browser, files, ben, thread):
    before = set(files.names())
    for _click in range(2):
        attach(browser, ben, thread, picture(), "sky.jpg")
    assert len(set(files.names()) - before) == 1


def test_files_are_counted_like_pictures_before_they_are_looked_at(browser, ben, thread):
    for number in range(20):
        attach(browser, ben, thread, b"no picture", f"{number}.bin")
    answer = attach(browser, ben, thread, picture(), "sky.jpg", "Typed with care", HTMX)
    assert answer.status_code == 429
    assert "Typed with care" in answer.text
    assert 'id="file-error"' in answer.text
    assert texts() == []


# -- reporting ------------------------------------------------------------------------------------


def reported(browser, person, thread, **form):
    fields = {"about": "conversation", "key": thread.split("/")[-1], "body": "", **form}
    return browser(person).post("/report", data=fields)


def test_only_what_is_ticked_goes_to_staff(browser, ada, ben, mo, thread):
    say(ben, thread, "Send me money")
    kept = say(ben, thread, "A private line")
    shown = browser(ada).get(f"/report?about=conversation&key={thread.split('/')[-1]}").text
    assert "Send me money" in shown
    first = str(kept.seq - 1)
    answer = reported(browser, ada, thread, category="spam", ticked=[first, "99"])
    assert answer.status_code == 303
    report = db.session.scalars(select(Report)).one()
    assert [body for _label, body in report.evidence["texts"]] == ["Send me money"]
    page = casework.take(browser(mo), casework.key_of(report.case_id))
    assert "Send me money" in page
    assert "A private line" not in page
    assert browser(mo).get(thread).status_code == 404


def test_a_report_about_safety_stops_the_thread_for_a_week(browser, ada, ben, thread):
    reported(browser, ada, thread, category="safety")
    answer = browser(ben).post(f"{thread}/messages", data={"body": "Hello", "client_key": "k"})
    assert answer.status_code == 409
    assert "Our staff are looking" in browser(ben).get(thread).text
    public_id = thread.split("/")[-1]
    later = utcnow() + timedelta(days=7, minutes=1)
    assert conversations.thread_of(ben, public_id, later).may_write


def test_a_refused_report_keeps_what_was_ticked(browser, ada, ben, thread):
    message = say(ben, thread, "Send me money")
    answer = reported(browser, ada, thread, ticked=[str(message.seq)], body="Look")
    assert answer.status_code == 422
    assert f'value="{message.seq}" checked' in answer.text
