"""`flask work`, and what `flask doctor` says of mail."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import deliveries
from skillswap.lib.meeting import ZoomAccount
from skillswap.models import Channel, Delivery, Meeting, MeetingState, PlaceKind
from tests import people


def test_working_once_sends_what_is_due_and_ends(app: Flask, ada, now):
    with transaction():
        deliveries.mail(ada, "account.password", now=now, path="/password/forgot")
    first = app.test_cli_runner().invoke(args=["work", "--once"])
    assert (first.exit_code, "Deliveries tried: 1." in first.output) == (0, True), first.output
    again = app.test_cli_runner().invoke(args=["work", "--once"])
    assert "Moved: nothing. Deliveries tried: 0." in again.output


def test_the_doctor_says_where_mails_go(app: Flask, monkeypatch):
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "SMTP_URL is not set: mails stay here" in said
    production = replace(app.config["SETTINGS"], env="production")
    monkeypatch.setitem(app.config, "SETTINGS", production)
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "SMTP_URL is not set: no mail leaves" in said


def test_the_doctor_says_where_meetings_are_made_and_how_many_were_not(
    app: Flask, ada, ben, now, monkeypatch
):
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "Meetings are made at: no service" in said
    assert "Given up" not in said
    account = ZoomAccount("account", "client", "secret-of-zoom")
    with_zoom = replace(app.config["SETTINGS"], zoom=account)
    monkeypatch.setitem(app.config, "SETTINGS", with_zoom)
    exchange = people.make_exchange(ben, ada, now=now)
    found = people.make_session(ada, exchange, now=now)
    with transaction():
        meeting = Meeting(
            learning_session_id=found.id,
            provider=PlaceKind.ZOOM,
            state=MeetingState.FAILED,
            due_at=now,
        )
        db.session.add(meeting)
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "Meetings are made at: Zoom." in said
    assert "Given up at a service: 1" in said
    assert "secret-of" not in said


def test_where_no_mail_is_sent_none_is_planned(app: Flask, ada, ben, now, monkeypatch):
    with transaction():
        ada.email_confirmed_at = now
    monkeypatch.setattr(
        db.engine, "_execution_options", db.engine._execution_options.union({"channels": {"push"}})
    )
    people.make_pitch(ben, ada, now=now)
    with transaction():
        assert not deliveries.mail(ada, "account.password", now=now)
    query = select(func.count()).select_from(Delivery)
    assert db.session.scalar(query.where(Delivery.channel == Channel.EMAIL)) == 0
