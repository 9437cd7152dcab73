"""Which settings does the app refuse to start with?"""

from __future__ import annotations

from pathlib import Path

import pytest

from skillswap.config import BadSettings, Settings

PRODUCTION = {
    "SKILLSWAP_ENV": "production",
    "SECRET_KEY": "kX3v0b9mQ2zL7rT5yN8wJ4hF6dS1aP0c",
    "DATABASE_URL": "postgres://skillswap@db.example/skillswap",
    "PUBLIC_URL": "https://skillswap.example/",
}


def settings(tmp_path: Path, **changes: str) -> Settings:
    """Production settings with those variables changed."""
    return Settings.from_env(PRODUCTION | {"INSTANCE_PATH": str(tmp_path)} | changes)


def test_production_starts_with_everything_named(tmp_path):
    made = settings(tmp_path)
    assert made.production
    assert made.secure
    assert made.database_url == "postgresql+psycopg://skillswap@db.example/skillswap"
    assert made.public_url == "https://skillswap.example"
    assert made.trusted_hosts == ["skillswap.example"]
    assert made.proxy_hops == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "kX3v0b9mQ2zL7rT5yN8wJ4hF6dS1aP0"}, "SECRET_KEY"),
        ({"SECRET_KEY": "change-me-change-me-change-me-change-me"}, "SECRET_KEY"),
        ({"SECRET_KEY": "DEV" * 20}, "SECRET_KEY"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///x.db", "DYNO": "web.1"}, "loses its files"),
        ({"DYNO": "web.1"}, "MEDIA_URL"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "skillswap.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "ftp://skillswap.example"}, "PUBLIC_URL"),
        ({"PROXY_HOPS": "one"}, "PROXY_HOPS"),
        ({"WEB_CONCURRENCY": "2"}, "REDIS_URL"),
        ({"SKILLSWAP_ENV": "prod"}, "SKILLSWAP_ENV"),
        ({"DOCUMENT_KEY": "kX3v0b9mQ2zL7rT5yN8wJ4hF6dS1aP0"}, "DOCUMENT_KEY"),
        ({"DOCUMENT_KEY": "change-me-change-me-change-me-change-me"}, "DOCUMENT_KEY"),
        ({"DOCUMENT_KEY": PRODUCTION["SECRET_KEY"]}, "other than SECRET_KEY"),
        ({"DOCUMENT_KEY": "d" * 40, "SECRET_KEY_FALLBACKS": "d" * 40}, "other than SECRET_KEY"),
        ({"DOCUMENT_KEY": "e" * 40, "DOCUMENT_KEY_FALLBACKS": "short"}, "DOCUMENT_KEY"),
        ({"DOCUMENT_KEY_FALLBACKS": "e" * 40}, "which is not set"),
    ],
)
def test_production_refuses_what_is_missing_or_weak_and_says_what_to_set(
    tmp_path, changes, sentence
):
    with pytest.raises(BadSettings, match=sentence):
        settings(tmp_path, **changes)


def test_documents_need_a_key_of_their_own_which_only_development_makes(tmp_path):
    storage = settings(tmp_path).storage()
    assert settings(tmp_path).vault(storage) is None
    keyed = settings(tmp_path, DOCUMENT_KEY="e" * 40, DOCUMENT_KEY_FALLBACKS=f"{'f' * 40}")
    assert len(keyed.vault(storage).marks) == 2
    first = Settings.from_env({"INSTANCE_PATH": str(tmp_path)})
    again = Settings.from_env({"INSTANCE_PATH": str(tmp_path)})
    assert first.document_keys == again.document_keys != (first.secret_key,)
    assert (tmp_path / "document_key").stat().st_mode & 0o077 == 0


def test_the_refusal_does_not_print_the_secret(tmp_path):
    with pytest.raises(BadSettings) as caught:
        settings(tmp_path, SECRET_KEY="password-of-mine-123")
    assert "password-of-mine-123" not in str(caught.value)


def test_development_makes_a_secret_once_and_keeps_it_to_itself(tmp_path):
    first = Settings.from_env({"INSTANCE_PATH": str(tmp_path)})
    again = Settings.from_env({"INSTANCE_PATH": str(tmp_path)})
    assert first.secret_key == again.secret_key
    assert len(first.secret_key) >= 48
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert first.database_url.startswith("sqlite:///")
    assert not first.secure


def test_development_answers_to_the_names_of_this_machine(tmp_path):
    made = Settings.from_env({"INSTANCE_PATH": str(tmp_path), "PORT": "8123"})
    assert made.public_url == "http://localhost:8123"
    assert set(made.trusted_hosts) == {"localhost", "127.0.0.1", "[::1]"}


def test_mail_needs_a_server_only_in_production(tmp_path):
    silent = settings(tmp_path)
    assert (silent.smtp, silent.sends_mail, silent.keeps_mail) == (None, False, False)
    assert not silent.channels & {"email", "digest"}
    sending = settings(
        tmp_path, SMTP_URL="smtp://a:b@mail.example", MAIL_FROM="Us <us@mail.example>"
    )
    assert sending.sends_mail
    assert sending.channels >= {"email", "digest"}
    assert str(sending.mail_from) == "Us <us@mail.example>"
    assert str(silent.mail_from) == "SkillSwap <no-reply@skillswap.example>"
    assert sending.embedded_worker
    assert not settings(tmp_path, EMBEDDED_WORKER="0").embedded_worker


def test_development_keeps_its_mails(tmp_path):
    here = Settings.from_env({"INSTANCE_PATH": str(tmp_path)})
    assert (here.sends_mail, here.keeps_mail) == (True, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "smtp://a:secret@mail.example?starttls=perhaps"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "<>"),
    ],
)
def test_a_mail_setting_that_cannot_be_read_is_named_and_not_printed(tmp_path, name, value):
    with pytest.raises(BadSettings, match=name) as caught:
        settings(tmp_path, **{name: value})
    assert "secret" not in str(caught.value)


def test_files_lie_in_a_folder_until_a_bucket_is_named(tmp_path):
    assert settings(tmp_path).media_bucket is None
    url = "s3://ID:a%2Fsecret@s3.example:9000/skillswap?region=eu-central-1"
    bucket = settings(tmp_path, MEDIA_URL=url, DYNO="web.1").media_bucket
    assert (bucket.endpoint, bucket.bucket) == ("https://s3.example:9000", "skillswap")
    assert (bucket.region, bucket.key, bucket.secret) == ("eu-central-1", "ID", "a/secret")
    assert "secret" not in repr(bucket)
    keys = {"AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "b"}
    bucket = settings(tmp_path, MEDIA_URL="s3:///skillswap?tls=never", **keys).media_bucket
    assert (bucket.endpoint, bucket.secret, bucket.tls) == (None, "b", False)


@pytest.mark.parametrize(
    "url",
    [
        "/var/media",
        "https://ID:secret@s3.example/bucket",
        "s3://ID:secret@s3.example",
        "s3://ID:secret@s3.example/Bucket_A",
        "s3://ID:secret@s3.example/bucket/folder",
        "s3://s3.example/bucket",
        "s3://ID:secret@s3.example:port/bucket",
        "s3://ID:secret@s3.example/bucket?tls=perhaps",
        "s3://ID:secret@s3.example/bucket?region=",
        "s3://ID:secret@s3.example/bucket?verify=no",
    ],
)
def test_a_bucket_that_cannot_be_read_is_named_and_not_printed(tmp_path, url):
    with pytest.raises(BadSettings, match="MEDIA_URL") as caught:
        settings(tmp_path, MEDIA_URL=url)
    assert "ID" not in str(caught.value).replace("KEY_ID", "")


ZOOM = {"ZOOM_ACCOUNT_ID": "a", "ZOOM_CLIENT_ID": "b", "ZOOM_CLIENT_SECRET": "secret-of-zoom"}
GOOGLE = {
    "GOOGLE_CLIENT_ID": "a",
    "GOOGLE_CLIENT_SECRET": "secret-of-google",
    "GOOGLE_REFRESH_TOKEN": "refresh-of-google",
}


def test_video_services_are_offered_once_their_credentials_are_named(tmp_path):
    assert settings(tmp_path).providers == frozenset()
    assert settings(tmp_path, **ZOOM).providers == {"zoom"}
    made = settings(tmp_path, **ZOOM, **GOOGLE, MEETING_HOSTS="meet.school.example")
    assert made.providers == {"zoom", "meet"}
    assert "meet.school.example" in made.link_hosts
    assert "secret-of" not in repr(made)
    assert "refresh-of" not in repr(made)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        *((dict(ZOOM, **{name: ""}), f"{name} is not set") for name in ZOOM),
        *((dict(GOOGLE, **{name: ""}), f"{name} is not set") for name in GOOGLE),
        (ZOOM | {"ZOOM_URL": "http://127.0.0.1:1"}, "ZOOM_URL"),
        (GOOGLE | {"GOOGLE_URL": "http://127.0.0.1:1"}, "GOOGLE_URL"),
        ({"MEETING_HOSTS": "https://meet.school.example"}, "MEETING_HOSTS"),
        ({"MEETING_HOSTS": "*.school.example"}, "MEETING_HOSTS"),
    ],
)
def test_half_a_video_service_is_refused_without_its_secret(tmp_path, changes, sentence):
    with pytest.raises(BadSettings, match=sentence) as caught:
        settings(tmp_path, **changes)
    assert "secret-of" not in str(caught.value)
