"""Settings: defaults, the environment, and what does not fit."""

from dataclasses import fields
from pathlib import Path

import pytest

from core import settings as module
from core.errors import ConfigError
from core.settings import Settings, child_environment, set_default_environment


def test_defaults_are_safe():
    plain = Settings.from_env({})
    assert plain == Settings()
    assert (plain.host, plain.secret_key, plain.https) == ("127.0.0.1", "", False)
    assert all(f.metadata["meaning"] for f in fields(Settings))


def test_the_environment_is_read_by_type():
    read = Settings.from_env(
        {
            "SCQUERY_DATA_DIR": "/data",
            "SCQUERY_PORT": "9000",
            "SCQUERY_HTTPS": "Yes",
            "SCQUERY_SECRET_KEY": "",
            "PORT": "1",
        }
    )
    assert (read.data_dir, read.port, read.https, read.secret_key) == (Path("/data"), 9000, True, "")


@pytest.mark.parametrize(("name", "text"), [("PORT", "many"), ("SLOTS", "2.5"), ("HTTPS", "maybe")])
def test_a_value_of_the_wrong_form_names_its_variable(name, text):
    with pytest.raises(ConfigError, match=f"SCQUERY_{name} is '{text}'"):
        Settings.from_env({f"SCQUERY_{name}": text})


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "99999", "from 1 to 65535"),
        ("SLOTS", "0", "1 or more"),
        ("KEEP_HOURS", "-1", "1 or more"),
        ("MAX_QUEUE", "-1", "0 or more"),
    ],
)
def test_a_number_outside_its_range_names_its_variable(name, text, wanted):
    with pytest.raises(ConfigError, match=f"SCQUERY_{name} is {text}; it must be {wanted}"):
        Settings.from_env({f"SCQUERY_{name}": text})


def test_an_argument_outside_its_range_is_refused_too():
    with pytest.raises(ConfigError, match="SCQUERY_PORT"):
        Settings().overridden(port=70_000)


def test_arguments_go_over_the_environment():
    base = Settings(port=1, bundles="a")
    assert base.overridden(port=2, host=None, bundles="") == Settings(port=2, bundles="a")


def test_the_references_that_are_named():
    assert Settings(bundles="a:b/c::").bundle_folders() == (Path("a"), Path("b/c"))


def test_the_references_that_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DEFAULT_BUNDLES", tmp_path)
    for name in ("b", "a", "unfinished", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "manifest.json").touch()
    (tmp_path / "b" / "current").symlink_to(tmp_path / "a")
    (tmp_path / "c" / "current").symlink_to(tmp_path / "nowhere")
    (tmp_path / "README.md").touch()
    assert Settings().bundle_folders() == (tmp_path / "a", tmp_path / "b")
    monkeypatch.setattr(module, "DEFAULT_BUNDLES", tmp_path / "nothing")
    assert Settings().bundle_folders() == ()


def test_a_childs_environment(monkeypatch):
    monkeypatch.setenv("SCQUERY_TEST_A", "mine")
    assert child_environment({"SCQUERY_TEST_B": "2"})["SCQUERY_TEST_A"] == "mine"
    assert child_environment({"SCQUERY_TEST_A": "2"})["SCQUERY_TEST_A"] == "2"
    set_default_environment("SCQUERY_TEST_A", "other")
    assert child_environment()["SCQUERY_TEST_A"] == "mine"
