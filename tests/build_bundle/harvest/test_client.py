"""The door to the network: manners, bounds, what is kept and what is not."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from build_bundle.harvest.client import BadReplyError, Client
from build_bundle.harvest.eutils import Entrez
from build_bundle.harvest.replies import ReplyStore
from build_bundle.harvest.settings import read_settings
from core.errors import ConfigError, FetchError
from tests.build_bundle.harvest.planted_studies import plate_study
from tests.synthetic_repository import Fault, SyntheticRepository

ClientOf = Callable[..., Client]


@pytest.fixture
def server() -> SyntheticRepository:
    with SyntheticRepository([plate_study()]) as running:
        yield running


def ask(client: Client, server: SyntheticRepository, *, keep: bool = True) -> bytes:
    params = {"accession": "SRP90001", "fields": "run_accession"}
    return client.ask(f"{server.url}/ena/filereport", params, bytes, keep=keep)


def test_a_reply_is_asked_for_once(server: SyntheticRepository, client_of: ClientOf) -> None:
    with client_of(server) as client:
        first = ask(client, server)
        assert ask(client, server) == first
    with client_of(server) as another:
        assert ask(another, server) == first
        assert (client.n_asked, another.n_asked, len(server.requests)) == (1, 0, 1)
        ask(another, server, keep=False)
        another.renewing = True
        ask(another, server)
        assert another.n_asked == 2


def test_a_reply_that_is_not_readable_is_not_kept(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    def refuse(_: bytes) -> None:
        raise BadReplyError("Not this.")

    with client_of(server, attempts=3) as client, pytest.raises(BadReplyError):
        client.ask(f"{server.url}/ena/filereport", {"accession": "SRP90001", "fields": "run_accession"}, refuse)
    assert len(server.requests) == 3
    assert not list((tmp_path / "replies").rglob("*"))


def test_a_damaged_kept_reply_is_asked_for_again(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    with client_of(server) as client:
        first = ask(client, server)
        (kept,) = (path for path in (tmp_path / "replies").rglob("*") if path.is_file())
        for damaged in (kept.read_bytes()[:-1], b"", b"[]\nx", b"\xff"):
            kept.write_bytes(damaged)
            assert ask(client, server) == first
        assert client.n_asked == 5


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_obeyed(server: SyntheticRepository, client_of: ClientOf, as_date: bool) -> None:
    wait = email.utils.formatdate(time.time() + 2.0, usegmt=True) if as_date else "1"
    server.faults.append(Fault("filereport", "429", times=1, retry_after=wait))
    with client_of(server) as client:
        ask(client, server)
    assert server.times[1] - server.times[0] >= (0.9 if as_date else 1.0)


def test_a_service_that_asks_for_hours_is_not_waited_for(server: SyntheticRepository, client_of: ClientOf) -> None:
    server.faults.append(Fault("filereport", "429", retry_after="7200"))
    started = time.monotonic()
    with client_of(server) as client, pytest.raises(FetchError) as caught:
        ask(client, server)
    assert caught.value.code == "http-429"
    assert time.monotonic() - started < 30
    assert len(server.requests) == 1


def test_waits_grow_and_differ(
    server: SyntheticRepository, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("build_bundle.harvest.client.time.sleep", waited.append)
    server.faults.append(Fault("filereport", "500"))
    for _ in range(10):
        with client_of(server, attempts=6, backoff_s=1.0, backoff_max_s=6.0) as client, pytest.raises(FetchError):
            ask(client, server)
    waits = [wait for wait in waited if wait > 0.001]  # the others are the pace
    assert len(set(waits)) > 45
    assert max(waits) <= 6.0
    tries = list(zip(*[iter(waits[:50])] * 5, strict=True))
    assert sum(max(group[2:]) > group[0] for group in tries) >= 7


def test_no_more_requests_a_second_than_allowed(server: SyntheticRepository, client_of: ClientOf) -> None:
    with client_of(server, rate_per_s=20.0) as client:
        for _ in range(9):
            ask(client, server, keep=False)
    assert server.times[-1] - server.times[0] >= 8 / 20.0 - 0.02


def test_a_key_raises_the_rate_goes_to_ncbi_alone_and_is_kept_nowhere(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("SECRETKEY\n", encoding="utf-8")
    text = server.config_text().replace("[manners]", f'[manners]\napi_key_file = "{key}"\nemail = "me@example.org"')
    server_text = text.replace("rate_per_s = 100000.0\n", "")
    config = tmp_path / "keyed.toml"
    config.write_text(server_text, encoding="utf-8")
    with Client(read_settings(config, {}), ReplyStore(tmp_path / "replies")) as client:
        Entrez(client).linked("gds", "sra", "200090001")
        ask(client, server)
        started = time.monotonic()
        for _ in range(5):
            ask(client, server, keep=False)
        assert 0.4 <= time.monotonic() - started < 1.5  # 10 a second, not 3
    assert ["api_key=SECRETKEY" in path for path in server.requests[:2]] == [True, False]
    assert "email=me%40example.org" in server.requests[0]
    assert not any(b"SECRETKEY" in path.read_bytes() for path in (tmp_path / "replies").rglob("*") if path.is_file())


def test_a_key_file_that_is_absent_is_named(server: SyntheticRepository, client_of: ClientOf, tmp_path: Path) -> None:
    text = server.config_text().replace("[manners]", f'[manners]\napi_key_file = "{tmp_path}/none"')
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    from build_bundle.harvest.settings import read_settings

    with pytest.raises(ConfigError, match="key file"):
        read_settings(tmp_path / "c.toml", {}).key()


def test_a_reply_larger_than_allowed_is_refused_at_once(server: SyntheticRepository, client_of: ClientOf) -> None:
    big = {"GSE90001_big.bin": b"x" * (2 << 20)}
    server.studies[0] = type(server.studies[0])("GSE90001", "t", supplements=big)
    url = f"{server.url}/ncbi/geo/series/GSE90nnn/GSE90001/suppl/GSE90001_big.bin"
    with client_of(server, extra="reply_mb = 1\n") as client, pytest.raises(FetchError) as caught:
        client.ask(url, {}, bytes)
    assert caught.value.code == "too-large"
    assert len(server.requests) == 1


def test_only_known_hosts_are_asked(server: SyntheticRepository, client_of: ClientOf) -> None:
    server.faults.append(Fault("filereport", "elsewhere"))
    with client_of(server) as client:
        with pytest.raises(FetchError) as caught:
            client.ask("http://192.0.2.1/secret", {}, bytes)
        assert caught.value.code == "host-not-allowed"
        with pytest.raises(FetchError) as caught:
            ask(client, server)
        assert caught.value.code == "host-not-allowed"
        assert client.n_asked == 1


def test_nobody_at_home(client_of: ClientOf) -> None:
    with SyntheticRepository([]) as gone:
        pass
    with client_of(gone, attempts=2) as client, pytest.raises(FetchError) as caught:
        ask(client, gone)
    assert caught.value.code == "connection"


def test_a_service_that_says_nothing(client_of: ClientOf) -> None:
    with (
        SyntheticRepository([plate_study()], delay_s=1.0) as slow,
        client_of(slow, attempts=2, timeout_s=0.1) as client,
    ):
        with pytest.raises(FetchError) as caught:
            ask(client, slow)
        assert caught.value.code == "timeout"


def test_the_harvest_says_who_it_is(server: SyntheticRepository, client_of: ClientOf) -> None:
    with client_of(server) as client:
        assert client.settings.user_agent.startswith("scquery/")
        Entrez(client).linked("gds", "sra", "1")
    assert "tool=scquery" in server.requests[0]
