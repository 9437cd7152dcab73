"""What does the access log of the real server tell?"""

from __future__ import annotations

from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.support.server import server

TOKEN = "a-token_of-43-characters-in-a-mailed-link12"
FEED = f"WzEsMV0.{TOKEN}"  # whose and which, and the signature


@pytest.mark.only_on("sqlite")
def test_the_access_log_holds_no_token_of_a_mailed_link_or_a_calendar(tmp_path: Path):
    env = {
        "SKILLSWAP_ENV": "development",
        "DATABASE_URL": f"sqlite:///{(tmp_path / 'skillswap.db').as_posix()}",
        "INSTANCE_PATH": str(tmp_path),
        "ACCESS_LOG": "-",
    }
    with server(env, migrated=False) as site:
        for path in (f"/password/reset/{TOKEN}", f"/calendar/{FEED}.ics"):
            asked = Request(site.url + path, headers={"Referer": site.url + path})  # noqa: S310
            with pytest.raises(HTTPError, match="404"):
                urlopen(asked)  # noqa: S310
    log = site.log.read_text()
    assert "/password/reset/*" in log
    assert "/calendar/*" in log
    assert TOKEN not in log
