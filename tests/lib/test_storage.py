"""How are files kept?"""

from __future__ import annotations

import pytest

from skillswap.lib.storage import Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "media")


def test_a_file_is_found_again_and_gone_once_deleted(folder):
    assert list(folder.names()) == []
    folder.put("a.webp", b"one")
    folder.put("a.webp", b"two")
    assert folder.get("a.webp") == b"two"
    assert list(folder.names()) == ["a.webp"]
    folder.delete("a.webp")
    folder.delete("a.webp")
    with pytest.raises(KeyError):
        folder.get("a.webp")


@pytest.mark.parametrize(
    "name", ["../a.webp", "/etc/passwd", "a/b.webp", "a.webp/..", "", ".", "..", "a\x00.webp", "a"]
)
def test_a_name_never_leads_out_of_the_folder(folder, name):
    for act in (folder.get, folder.delete, lambda name: folder.put(name, b"")):
        with pytest.raises(KeyError):
            act(name)
    assert list(folder.names()) == []


def test_a_write_that_fails_leaves_nothing(folder):
    folder.put("a.webp", b"one")
    (folder.path / "b.webp").mkdir()  # a file cannot take its place
    with pytest.raises(OSError, match=r"b\.webp"):
        folder.put("b.webp", b"two")
    assert sorted(entry.name for entry in folder.path.iterdir()) == ["a.webp", "b.webp"]
