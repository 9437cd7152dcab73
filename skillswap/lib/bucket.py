"""How are files kept in a bucket, at any place that speaks S3?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from skillswap.lib.storage import NAME, Stored

CONNECT_SECONDS, READ_SECONDS = 3, 5
TRIES = 2  # in all: who uploads is waiting
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]{1,40}")
ASKED = {"region", "tls"}


class BucketAway(OSError):
    """The bucket did not answer, or did not let us in."""


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Which bucket, where, and by which key."""

    bucket: str
    host: str  # with its port; of Amazon when empty
    region: str
    key: str
    secret: str = field(repr=False)
    tls: bool = True

    @classmethod
    def parse(cls, url: str, env: Mapping[str, str]) -> BucketAddress:
        """Read `s3://key:secret@host:port/bucket?region=eu-central-1&tls=never`.

        Without a host it is Amazon's. Key and secret may come as AWS_ACCESS_KEY_ID and
        AWS_SECRET_ACCESS_KEY instead. Raises ValueError, without the secret in it.
        """
        parts = urlsplit(url)
        asked = parse_qs(parts.query, keep_blank_values=True)
        bucket, host = parts.path.strip("/"), parts.hostname or ""
        region = asked.get("region", ["us-east-1"])[-1]
        tls = asked.get("tls", ["always"])[-1]
        key = unquote(parts.username or "") or env.get("AWS_ACCESS_KEY_ID", "")
        secret = unquote(parts.password or "") or env.get("AWS_SECRET_ACCESS_KEY", "")
        if parts.scheme != "s3" or not BUCKET.fullmatch(bucket) or asked.keys() - ASKED:
            raise ValueError("an address such as s3://key:secret@s3.example/bucket")
        if not REGION.fullmatch(region) or tls not in ("always", "never"):
            raise ValueError("region is one like eu-central-1, tls is always or never")
        if not key or not secret:
            raise ValueError("a bucket needs a key and its secret")
        if parts.port:  # raises ValueError for what is no port
            host = f"{host}:{parts.port}"
        return cls(bucket, host, region, key, secret, tls=tls == "always")

    @property
    def endpoint(self) -> str | None:
        """Where it is asked; None lets Amazon's address be made of the region."""
        return f"{'https' if self.tls else 'http'}://{self.host}" if self.host else None


class Bucket:
    """Files in one bucket. Its calls wait on the network, which lets others run meanwhile."""

    def __init__(self, address: BucketAddress) -> None:
        import boto3  # here: it takes 26 MB, and most places keep their files in a folder
        from botocore.config import Config

        self._address = address
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=address.endpoint,
            region_name=address.region,
            aws_access_key_id=address.key,
            aws_secret_access_key=address.secret,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                s3={"addressing_style": "path" if address.host else "auto"},
                # not everything that speaks S3 knows Amazon's newer sums
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, name: str, data: bytes) -> None:
        """Keep the whole file or none of it."""
        kind = "application/octet-stream"  # it leaves through our own views only
        with self._asking(name):
            self._client.put_object(**self._place(name), Body=data, ContentType=kind)

    def get(self, name: str) -> bytes:
        """The file's bytes. Raises KeyError when there is none of that name."""
        with self._asking(name):
            data: bytes = self._client.get_object(**self._place(name))["Body"].read()
        return data

    def delete(self, name: str) -> None:
        """Remove the file. One that is gone already is no error."""
        with self._asking(name):
            self._client.delete_object(**self._place(name))

    def names(self) -> Iterator[str]:
        """Every file kept here; what others put into the bucket is not among them."""
        after = ""
        while page := self._page(after, 1_000):
            yield from (entry["Key"] for entry in page if NAME.fullmatch(entry["Key"]))
            after = page[-1]["Key"]

    def listed(self, after: str, limit: int) -> list[Stored]:
        """The next so many files by their names."""
        while page := self._page(after, limit):
            ours = [entry for entry in page if NAME.fullmatch(entry["Key"])]
            if ours:
                return [Stored(entry["Key"], entry["LastModified"]) for entry in ours]
            after = page[-1]["Key"]  # a page of what others put here
        return []

    def is_full(self) -> bool:
        """Never: whoever keeps the bucket sees to that."""
        return False

    @property
    def words(self) -> str:
        """Where that is."""
        return f"the bucket {self._address.bucket} at {self._address.host or 'Amazon'}"

    def _place(self, name: str) -> dict[str, str]:
        if not NAME.fullmatch(name):
            raise KeyError(name)
        return {"Bucket": self._address.bucket, "Key": name}

    def _page(self, after: str, limit: int) -> list[dict[str, Any]]:
        with self._asking(""):
            page: dict[str, Any] = self._client.list_objects_v2(
                Bucket=self._address.bucket, StartAfter=after, MaxKeys=limit
            )
        found: list[dict[str, Any]] = page.get("Contents", [])
        return found

    @contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        """What goes wrong there, in the words of a storage."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "NoSuchKey":
                raise KeyError(name) from None
            raise BucketAway(f"{self.words} says {code}") from None
        except BotoCoreError as error:
            raise BucketAway(f"{self.words}: {type(error).__name__}") from None
