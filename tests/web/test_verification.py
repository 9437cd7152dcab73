"""Letting oneself be checked, and checking: the pages of both."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from flask import request
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import claims
from skillswap.lib.clock import utcnow
from skillswap.models import AuditEntry, Claim, ClaimState, StaffRole
from tests import people, verifying
from tests.conftest import HTMX

BADGE = "Identity"
ALL_CHECKED = {"checked": ["name", "person", "edited"], "badge": BADGE, "note": ""}


def files(*titles: str) -> list[tuple[BytesIO, str]]:
    return [
        (BytesIO(verifying.PDF if title.endswith("pdf") else verifying.png()), title)
        for title in titles
    ]


def send(client, what: str, *titles: str, **headers: str):
    return client.post(
        "/verification", data={"what": what, "files": files(*titles)}, headers=headers
    )


def opened() -> int:
    """How many files staff have opened."""
    query = select(func.count()).where(AuditEntry.action == "claim.file_opened")
    return db.session.scalar(query)


def viewer_of(page: str) -> str:
    """Where the first file of a claim is looked at."""
    return re.search(r'href="(/moderation/cases/[\w-]+/files/[\w-]+)"', page)[1]


def test_the_page_says_what_becomes_of_files_and_shows_each_with_its_day(browser, ada):
    client = browser(ada)
    empty = client.get("/verification").text
    assert "encrypted before they are stored" in empty
    assert "3 of 3 tries left" in empty
    assert send(client, "identity", "Passport.png", "diploma.pdf").status_code == 303
    page = client.get("/verification").text
    assert "Passport.png" in page
    assert page.count("otherwise by") == 2
    assert "Next, one member of staff reads it" in page
    assert "2 of 3 tries left" in page
    assert 'value="identity" disabled' in page


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(
    ("what", "titles"),
    [("identity", []), ("identity", ["a.png"] * 4), ("credential-0", ["a.png"])],
    ids=["no file", "four files", "no such choice"],
)
def test_what_cannot_be_taken_is_said_beside_its_field(browser, ada, headers, what, titles):
    answer = send(browser(ada), what, *titles, **headers)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Claim)) == 0


def test_no_document_reaches_a_temporary_file(browser, ada, monkeypatch):
    client, document = browser(ada), verifying.PDF + bytes(9_000)
    laid_down: list[str] = []

    def note(*_args: object, **_kwargs: object) -> BytesIO:
        laid_down.append(request.endpoint or "")
        return BytesIO()

    monkeypatch.setattr("werkzeug.wrappers.request.default_stream_factory", note)
    sent = {"what": "identity", "files": [(BytesIO(document), "a.pdf")]}
    assert client.post("/verification", data=sent).status_code == 303
    assert laid_down == []
    client.post("/media", data={"pictures": (BytesIO(document), "a.png")})
    assert laid_down == ["media.add"]  # others are, so this test sees it


def test_withdrawn_it_is_gone_for_staff_too(browser, ada, mo):
    claim = verifying.ask(ada)
    key = verifying.take(mo, claim)
    client = browser(ada)
    assert "A member of staff is reading it" in client.get("/verification").text
    assert client.post(f"/verification/{claim.public_id}/withdraw").status_code == 303
    page = client.get("/verification").text
    assert "Withdrawn" in page
    assert "The file is being erased" in page
    with transaction():
        claims.erase_due(utcnow(), 9)
    assert "The file was erased" in client.get("/verification").text
    assert "It is decided" in browser(mo).get(f"/moderation/cases/{key}").text
    assert client.post(f"/verification/{claim.public_id}/withdraw").status_code == 409


def test_only_who_holds_the_case_sees_a_file_and_each_opening_is_written(browser, ada, ben, mo):
    claim = verifying.ask(ada)
    max_ = people.make_person("max", staff_role=StaffRole.MODERATOR)
    key = verifying.take(mo, claim)
    client = browser(mo)
    around = viewer_of(client.get(f"/moderation/cases/{key}").text)
    page = client.get(around)
    assert page.status_code == 200
    assert opened() == 0
    inside = re.search(r'<img src="([^"]+)"', page.text)[1]
    answer = client.get(inside)
    assert answer.data[:4] + answer.data[8:12] == b"RIFFWEBP"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert opened() == 1
    assert "Opened a file" in client.get(f"/moderation/cases/{key}").text
    for somebody in (None, ada, ben, max_):
        for url in (around, inside):
            assert browser(somebody).get(url).status_code in (404, 409)
            assert "RIFF" not in browser(somebody).get(url).text
    client.post(f"/moderation/cases/{key}/hand-back")
    assert client.get(around).status_code == 404
    assert client.get(inside).status_code in (404, 409)
    assert opened() == 1


def test_a_pdf_is_fetched_and_never_shown(browser, ada, mo):
    send(browser(ada), "identity", "diploma.pdf")
    claim = db.session.scalars(select(Claim)).one()
    key, client = verifying.take(mo, claim), browser(mo)
    page = client.get(viewer_of(client.get(f"/moderation/cases/{key}").text)).text
    assert "<img" not in page.partition('id="main"')[2].partition("</main>")[0]
    fetched = client.get(re.search(r'href="([^"]+/open)" download', page)[1])
    assert fetched.mimetype == "application/pdf"
    assert fetched.headers["Content-Disposition"] == "attachment; filename=document.pdf"


def test_approved_the_profile_says_so_and_nothing_is_kept_to_look_at(browser, ada, ben, mo):
    claim = verifying.ask(ada)
    key, client = verifying.take(mo, claim), browser(mo)
    around = viewer_of(client.get(f"/moderation/cases/{key}").text)
    url = f"/moderation/cases/{key}/approve-claim"
    half = client.post(url, data=ALL_CHECKED | {"checked": ["name"], "note": "So far so good"})
    assert half.status_code == 422
    assert "So far so good" in half.text
    assert "Tick everything that you have checked" in half.text
    assert client.post(url, data=ALL_CHECKED | {"badge": "  "}).status_code == 422
    assert client.post(url, data=ALL_CHECKED).status_code == 303
    assert client.post(url, data=ALL_CHECKED).status_code == 409
    assert client.get(around).status_code == 404
    month = utcnow().astimezone().strftime("%Y")
    profile = browser(ben).get("/people/ada").text
    assert re.search(rf"Identity. Checked \w+ {month}", profile)
    assert 'aria-label="Verified"' in profile
    assert "Take back" not in profile
    told = browser(ada).get("/notifications").text
    assert "Your identity is checked" in told
    assert "Mo Example" not in told
    assert f"/verification/{claim.public_id}" in told
    assert "The badge says: Identity" in browser(ada).get("/verification").text


def test_more_is_asked_and_sent(browser, ada, mo):
    claim = verifying.ask(ada)
    key, client = verifying.take(mo, claim), browser(mo)
    url = f"/moderation/cases/{key}/ask-more"
    assert client.post(url, data={"note": ""}).status_code == 422
    assert client.post(url, data={"note": "The back side, please."}).status_code == 303
    mine = browser(ada)
    page = mine.get(f"/verification/{claim.public_id}").text
    assert "The back side, please." in page
    add = f"/verification/{claim.public_id}/add"
    refused = mine.post(add, data={}, headers=HTMX)
    assert refused.status_code == 422
    assert refused.text.lstrip().startswith("<form")
    assert mine.post(add, data={"files": files("back.png")}).status_code == 303
    assert mine.post(add, data={"files": files("back.png")}).status_code == 409
    page = mine.get("/verification").text
    assert "passport.png" in page
    assert "back.png" in page
    assert client.get(f"/moderation/cases/{verifying.take(mo, claim)}").text.count("back.png") == 1


def test_refused_says_why_and_for_how_long_the_files_stay(browser, ada, mo):
    claim = verifying.ask(ada)
    url = f"/moderation/cases/{verifying.take(mo, claim)}/refuse-claim"
    client = browser(mo)
    assert client.post(url, data={"note": "No name on it."}, headers=HTMX).status_code == 204
    page = browser(ada).get("/verification").text
    assert "No name on it." in page
    assert "Erased by" in page
    assert "Erase now" in page
    erase = f"/verification/{claim.public_id}/withdraw"
    assert browser(ada).post(erase).status_code == 303
    assert "is being erased" in browser(ada).get("/verification").text
    assert db.session.get(Claim, claim.id, populate_existing=True).state is ClaimState.REFUSED


def test_an_admin_takes_a_badge_back_and_nobody_else(browser, ada, ben, mo):
    claim = verifying.approve(mo, verifying.ask(ada))
    root = people.make_person("root", staff_role=StaffRole.ADMIN)
    url = f"/moderation/claims/{claim.public_id}/revoke"
    for somebody in (None, ada, ben, mo):
        assert browser(somebody).get(url).status_code == 404
        assert browser(somebody).post(url, data={"words": "Forged."}).status_code == 404
    client = browser(root)
    assert url in client.get("/people/ada").text
    assert client.get(url).status_code == 200
    assert client.post(url, data={"words": " "}).status_code == 422
    assert client.post(url, data={"words": "Forged."}).status_code == 303
    assert client.post(url, data={"words": "Forged."}).status_code == 409
    assert "Checked by us" not in client.get("/people/ada").text
    assert "Forged." in browser(ada).get("/verification").text


def test_strangers_find_no_claim_of_others(browser, ada, ben):
    claim = verifying.ask(ada)
    client = browser(ben)
    assert client.get(f"/verification/{claim.public_id}").status_code == 404
    for verb in ("add", "withdraw"):
        assert client.post(f"/verification/{claim.public_id}/{verb}").status_code == 404


def test_the_pages_cost_the_same_for_one_claim_and_for_many(browser, ada, mo, queries):
    client, staff = browser(ada), browser(mo)
    counts = []
    for _number in range(3):
        claim = verifying.ask(ada)
        key = verifying.take(mo, claim)
        queries.clear()
        assert client.get("/verification").status_code == 200
        of_page = len(queries)
        queries.clear()
        assert staff.get(f"/moderation/cases/{key}").status_code == 200
        counts.append((of_page, len(queries)))
        with transaction():
            claims.withdraw(ada, claim.public_id, utcnow())
    assert len(set(counts)) == 1
    assert max(counts[0]) <= 9
