import pytest

from core import durable
from core.durable import write_durably


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.json"
    for content in (b"one", b"another"):
        write_durably(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_brought_to_disk_keeps_its_old_content(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_durably(path, b"old")
    monkeypatch.setattr(durable.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
