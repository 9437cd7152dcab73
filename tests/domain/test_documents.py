"""Where do the files of claims lie, who opens them, and when are they gone?"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from skillswap.db import db, transaction
from skillswap.domain import cases, claims, doctor, leftovers, media, safety, sweep
from skillswap.errors import Away, NotFound, Refused, WrongState
from skillswap.lib.vault import Vault
from skillswap.models import AuditEntry, Case, Claim, ClaimFile, StaffRole
from tests import people
from tests.verifying import PDF, key_of, png

DAY = timedelta(days=1)
MAGIC = (b"%PDF-", b"\x89PNG", b"RIFF", b"WEBPVP8", b"passport")


@pytest.fixture
def instance(app, settings):
    """The folder of this app, whose files are empty before and after."""
    folder = settings.media_folder
    folder.mkdir(exist_ok=True)
    empty(folder)
    yield folder.parent
    empty(folder)


def empty(folder) -> None:
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture
def keyed(app):
    """A place without DOCUMENT_KEY, or with another; put back afterwards."""
    kept = db.engine.get_execution_options()["vault"]
    yield lambda vault=None: db.engine.update_execution_options(vault=vault)
    db.engine.update_execution_options(vault=kept)


def send(person, now, *files) -> Claim:
    sent = files or [(png(), "passport.png"), (PDF, "passport.pdf")]
    with transaction():
        return claims.submit(person, what="identity", files=sent, now=now)


def taken(staff, claim, now) -> str:
    key = key_of(claim)
    with transaction():
        cases.claim(staff, key, now)
    return key


def stored(instance) -> set[str]:
    return {path.name for path in (instance / "media").iterdir()}


def files(claim) -> list[ClaimFile]:
    query = select(ClaimFile).where(ClaimFile.claim_id == claim.id).order_by(ClaimFile.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def openings() -> int:
    query = select(func.count()).where(AuditEntry.action == "claim.file_opened")
    return db.session.scalar(query)


def erase(now) -> int:
    with transaction():
        return claims.erase_due(now, 100)


# -- how they lie ---------------------------------------------------------------------------------


def test_nothing_of_a_document_lies_anywhere_in_plain(instance, ada, now):
    """Every file of the place is read, the database's own too (its rows hold the titles)."""
    send(ada, now)
    assert len(stored(instance)) == 2
    seen = 0
    for path in instance.rglob("*"):
        if path.is_file():
            data, seen = path.read_bytes(), seen + 1
            found = [magic for magic in MAGIC if magic in data]
            assert found in ([], [b"passport"] if path.name.startswith("test.db") else []), path
    assert seen > 2


def test_pictures_are_made_anew_and_nothing_is_found_under_media(instance, ada, mo, now, browser):
    claim = send(ada, now, (png() + b"hidden words", "../passport.png"))
    name, title = files(claim)[0].name, files(claim)[0].title
    assert (name.endswith(".sealed"), title) == (True, "passport.png")
    assert browser(ada).get(f"/media/{name}").status_code == 404
    key = taken(mo, claim, now)
    opened = claims.open_file(mo, key, files(claim)[0].public_id, now)
    assert (opened.mime, opened.data[:4], opened.title) == ("image/webp", b"RIFF", "passport.png")
    assert b"hidden words" not in opened.data


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([], "documents_needed"),
        ([(PDF, "a.pdf")] * 4, "documents_most"),
        ([(PDF, "a.pdf"), (b"<svg/>", "a.png")], "not_an_attachment"),
        ([(b"%PDF-" + b"x" * 5 * 1024 * 1024, "a.pdf")], "file_too_large"),
    ],
    ids=["none", "four", "neither", "too large"],
)
def test_what_is_refused_leaves_nothing(instance, ada, now, sent, code):
    with pytest.raises(Refused, match=code), transaction():
        claims.submit(ada, what="identity", files=sent, now=now)
    assert (stored(instance), db.session.scalar(select(func.count(Claim.id)))) == (set(), 0)


def test_of_a_claim_that_is_not_kept_no_file_is(instance, ada, now):
    def fail() -> None:
        with transaction():
            claims.submit(ada, what="identity", files=[(png(), "a.png")], now=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stored(instance) == set()


def test_documents_are_neither_left_over_nor_unknown_to_the_doctor(instance, ada, now):
    send(ada, now)
    for path in (instance / "media").iterdir():
        os.utime(path, (0, 0))
    leftovers._looks.clear()
    with transaction():
        leftovers.remove_due(now, 100)
    assert len(stored(instance)) == 2
    check = next(one for one in doctor.examine(stored(instance)) if "files match" in one.name)
    assert check.is_well
    check = next(one for one in doctor.examine([]) if "files match" in one.name)
    assert len(check.findings) == 2


# -- opening --------------------------------------------------------------------------------------


def test_each_opening_is_written_before_a_byte_leaves_also_when_none_does(
    instance, ada, mo, now, keyed
):
    claim = send(ada, now)
    key, one = taken(mo, claim, now), files(claim)[1].public_id
    assert claims.open_file(mo, key, one, now).data == PDF
    assert openings() == 1
    path = instance / "media" / files(claim)[1].name
    path.write_bytes(path.read_bytes()[:-1] + b"?")  # tampered with
    with pytest.raises(Away, match="document_unreadable"):
        claims.open_file(mo, key, one, now)
    path.unlink()
    with pytest.raises(NotFound):
        claims.open_file(mo, key, one, now)
    keyed()
    with pytest.raises(Away, match="documents_off"):
        claims.open_file(mo, key, one, now)
    db.session.rollback()
    assert openings() == 4


def test_without_its_entry_no_byte_leaves(app, instance, ada, mo, now):
    """The database takes no more entries: nothing is read, and nothing is answered."""
    claim = send(ada, now)
    key, one = taken(mo, claim, now), files(claim)[1].public_id
    db.session.rollback()

    def full(_conn, _cursor, statement, *_rest) -> None:
        if statement.startswith("INSERT INTO audit_entries"):
            raise RuntimeError("the disk is full")

    event.listen(db.engine, "before_cursor_execute", full)
    try:
        with pytest.raises(RuntimeError):
            claims.open_file(mo, key, one, now)
    finally:
        event.remove(db.engine, "before_cursor_execute", full)
    assert openings() == 0


def test_one_file_cannot_be_put_in_the_place_of_another(instance, ada, mo, now):
    claim = send(ada, now)
    first, second = (instance / "media" / file.name for file in files(claim))
    second.write_bytes(first.read_bytes())
    key = taken(mo, claim, now)
    with pytest.raises(Away, match="document_unreadable"):
        claims.open_file(mo, key, files(claim)[1].public_id, now)


def test_nobody_opens_a_file_but_the_holder_of_its_own_case(instance, ada, ben, mo, root, now):
    claim, other = send(ada, now), send(ben, now)
    one = files(claim)[0].public_id
    key, foreign = taken(mo, claim, now), taken(mo, other, now)
    for nobody in (ada, ben):
        with pytest.raises(NotFound):
            claims.open_file(nobody, key, one, now)
    with pytest.raises(WrongState):
        claims.open_file(root, key, one, now)  # an admin, who has not taken it
    with pytest.raises(WrongState):
        claims.open_file(mo, key, one, now + DAY)
    with pytest.raises(NotFound):
        claims.open_file(mo, foreign, one, now)
    with transaction():
        claims.approve(mo, key, badge="Identity", now=now)
    with pytest.raises(WrongState):
        claims.open_file(mo, key, one, now)
    assert openings() == 0


# -- keys -----------------------------------------------------------------------------------------


def test_without_a_key_no_document_is_taken_in(instance, ada, now, keyed):
    keyed()
    assert not claims.overview(ada, now).enabled
    with pytest.raises(Away, match="documents_off"), transaction():
        claims.submit(ada, what="identity", files=[(png(), "a.png")], now=now)
    assert stored(instance) == set()


def test_a_new_key_seals_and_the_old_one_still_opens_while_it_is_named(
    instance, ada, ben, mo, now, keyed
):
    storage, new, old = media.store(), "n" * 40, "o" * 40
    keyed(Vault(storage, old))
    claim = send(ada, now)
    keyed(Vault(storage, new, old))
    later = send(ben, now)
    key, one = taken(mo, claim, now), files(claim)[1].public_id
    assert claims.open_file(mo, key, one, now).data == PDF
    assert files(claim)[0].key_mark != files(later)[0].key_mark
    keyed(Vault(storage, new))
    check = next(one for one in doctor.examine(None) if one.name == "documents can be opened")
    assert len(check.findings) == 2
    with pytest.raises(Away, match="document_unreadable"):
        claims.open_file(mo, key, one, now)
    key = taken(mo, later, now)
    assert claims.open_file(mo, key, files(later)[1].public_id, now).data == PDF


# -- erasing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["approved", "withdrawn", "deleted", "suspended for good"])
def test_files_go_with_the_decision_and_the_row_says_when(instance, ada, mo, now, end):
    claim = send(ada, now)
    if end == "approved":
        key = taken(mo, claim, now)
        with transaction():
            claims.approve(mo, key, badge="Identity", now=now)
            assert len(stored(instance)) == 2  # not before it is kept
    elif end == "withdrawn":
        with transaction():
            claims.withdraw(ada, claim.public_id, now)
    elif end == "deleted":
        with transaction():
            safety.delete_person(ada, now=now)
        assert db.session.scalar(select(Case.id).where(Case.closed_at.is_(None))) is None
    else:
        with transaction():
            safety.suspend(ada, days=None, reason="", now=now)
        assert len(stored(instance)) == 2  # it may be restored; the clock erases them
        sweep.sweep(now + 30 * DAY)
    assert stored(instance) == set()
    later = now + 30 * DAY
    erase(later)
    assert {(file.name, file.title) for file in files(claim)} == {(None, "")}
    assert all(file.erased_at for file in files(claim))


def test_after_a_refusal_files_stay_for_30_days_unless_their_owner_wants_them_gone(
    instance, ada, ben, mo, now
):
    refused = [send(ada, now), send(ben, now)]
    for claim in refused:
        key = taken(mo, claim, now)
        with transaction():
            claims.refuse(mo, key, words="No.", now=now)
    with transaction():
        claims.withdraw(ben, refused[1].public_id, now)
    assert len(stored(instance)) == 2
    assert claims.claims_of(ben, now)[0].state == "refused"  # the verdict is kept
    shown = claims.claims_of(ada, now)[0].files
    assert {file.erase_by for file in shown} == {now + 30 * DAY}
    sweep.sweep(now + 30 * DAY - timedelta(minutes=1))
    assert len(stored(instance)) == 2
    sweep.sweep(now + 30 * DAY)
    assert stored(instance) == set()
    assert {file.erased_at for file in claims.claims_of(ada, now)[0].files} == {now + 30 * DAY}


def test_what_nobody_answered_or_looked_at_is_erased_in_its_time(instance, ada, ben, mo, now):
    waiting, asked = send(ada, now), send(ben, now)
    key = taken(mo, asked, now)
    with transaction():
        claims.ask_more(mo, key, words="More.", now=now)
    sweep.sweep(now + 14 * DAY)
    assert all(file.erased_at for file in files(asked))
    assert not any(file.erased_at for file in files(waiting))
    sweep.sweep(now + 30 * DAY)
    assert stored(instance) == set()


def test_a_storage_that_does_not_answer_is_asked_again_and_no_hour_is_shown_before(
    instance, ada, now
):
    """The folder is taken for a file by who looks into it: every call is an OSError."""
    claim = send(ada, now)
    away = instance / "away"
    (instance / "media").rename(away)
    (instance / "media").write_bytes(b"")
    try:
        with transaction():
            claims.withdraw(ada, claim.public_id, now)
        assert erase(now) == 0
        assert not any(file.erased_at for file in files(claim))
    finally:
        (instance / "media").unlink()
        away.rename(instance / "media")
    assert len(stored(instance)) == 2
    assert erase(now + DAY) == 2
    assert stored(instance) == set()
    assert {file.erased_at for file in files(claim)} == {now + DAY}


def test_a_verdict_is_kept_without_number_or_name(instance, ada, mo, now):
    claim = send(ada, now)
    key = taken(mo, claim, now)
    with transaction():
        claims.approve(mo, key, badge="Identity", now=now)
    erase(now)
    row = db.session.get(Claim, claim.id)
    assert (row.verdict, row.decided_by_id, row.decided_at) == ("Identity", mo.id, now)
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.person_id == ada.id))
    assert not any("passport" in str(entry.facts) for entry in entries)


def test_a_moderator_who_is_none_any_more_opens_nothing(instance, ada, now):
    was = people.make_person("was", staff_role=StaffRole.MODERATOR)
    claim = send(ada, now)
    key = taken(was, claim, now)
    with transaction():
        safety.give_role(was, StaffRole.NONE, now=now)
    with pytest.raises(NotFound):
        claims.open_file(was, key, files(claim)[0].public_id, now)
