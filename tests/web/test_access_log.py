"""What does the access log of the real server tell?"""

from __future__ import annotations

from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.support.server import server

TOKEN = "a-token_of-43-characters-in-a-mailed-link12"


@pytest.mark.only_on("sqlite")
def test_the_access_log_holds_no_token_of_a_mailed_link(tmp_path: Path):
    env = {
        "SKILLSWAP_ENV": "development",
        "DATABASE_URL": f"sqlite:///{(tmp_path / 'skillswap.db').as_posix()}",
        "INSTANCE_PATH": str(tmp_path),
        "ACCESS_LOG": "-",
    }
    with server(env, migrated=False) as site:
        path = f"/password/reset/{TOKEN}"
        asked = Request(site.url + path, headers={"Referer": site.url + path})  # noqa: S310
        with pytest.raises(HTTPError, match="404"):
            urlopen(asked)  # noqa: S310
    log = site.log.read_text()
    assert "/password/reset/*" in log
    assert TOKEN not in log
