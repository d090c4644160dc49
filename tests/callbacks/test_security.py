"""Headers, cookies, hosts, origins and keys."""

import doctest
from dataclasses import replace
from pathlib import Path

import pytest

from app import create_app
from callbacks import security
from callbacks.security import is_private, secret_key, trusted_hosts
from core.errors import ConfigError
from core.settings import Settings
from tests.callbacks.conftest import settings_for

KEY = "k" * 32
NOTHING = Path("nowhere")


def directives(answer):
    policy = answer.headers["Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}


def test_doctests():
    assert doctest.testmod(security).failed == 0


@pytest.mark.parametrize("path", ["/", "/r/nothing", "/api/jobs", "/healthz", "/_dash-layout", "/_dash-dependencies"])
def test_headers_of_every_answer(ann, path):
    headers = ann.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_the_content_security_policy_allows_nothing_from_elsewhere(ann, app):
    allowed = directives(ann.get("/"))
    assert allowed.pop("script-src")[0] == "'self'"
    assert allowed == {
        "default-src": ["'none'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "form-action": ["'self'"],
    }


def test_every_inline_script_of_the_page_has_its_hash(ann, app):
    page = ann.get("/").get_data(as_text=True)
    scripts = directives(ann.get("/"))["script-src"]
    assert "'unsafe-inline'" not in scripts
    assert "'unsafe-eval'" not in scripts
    assert set(app.csp_hashes()) == set(scripts) - {"'self'"}
    assert "http://" not in page
    assert "https://" not in page


def test_the_cookie_is_for_this_site_only(ann, app):
    (cookie,) = ann.get("/").headers.getlist("Set-Cookie")
    assert cookie.startswith("scquery=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert not ann.get("/").headers.getlist("Set-Cookie")
    assert not app.server.test_client().get("/assets/upload.js", buffered=True).headers.getlist("Set-Cookie")


def test_static_files_may_be_kept(ann):
    answer = ann.get("/assets/upload.js", buffered=True)
    assert answer.status_code == 200
    assert "no-store" not in answer.headers["Cache-Control"]


def test_behind_https(tmp_path, tiny_builds):
    settings = settings_for(tmp_path, tiny_builds, https=True, secret_key=KEY, trusted_hosts="lab.example.org")
    client = create_app(settings).server.test_client()
    answer = client.get("/", headers={"Host": "lab.example.org", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-scquery=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    client.application.extensions["scquery"].stop()


@pytest.mark.parametrize("host", ["evil.example.org", "localhost.evil.org", "169.254.169.254", "a" * 300])
@pytest.mark.parametrize("path", ["/", "/api/jobs", "/healthz", "/_dash-layout"])
def test_other_host_names_are_refused(ann, host, path):
    answer = ann.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json["code"] == "http-400"


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1:1", "localhost"])
def test_own_host_names_are_answered(ann, host):
    assert ann.get("/healthz", headers={"Host": host}).status_code == 200


CHANGES = [
    ("POST", "/api/uploads"), ("PUT", "/api/uploads/x?offset=0"), ("POST", "/api/uploads/x/finish"), ("POST", "/api/examples"),
    ("POST", "/api/jobs/x/cancel"), ("POST", "/api/jobs/x/retry"), ("POST", "/api/jobs/x/rerun"), ("DELETE", "/api/jobs/x"),
    ("POST", "/_dash-update-component"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.org"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_sites_cannot_change_anything(ann, method, path, headers):
    answer = ann.open(path, method=method, headers=headers, json={})
    assert (answer.status_code, answer.json["code"]) == (403, "cross-site")


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_our_own_page_can(ann, method, path):
    answer = ann.open(
        path, method=method, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, json={}
    )
    assert answer.status_code in {400, 404}


def test_bodies_have_a_largest_size(ann):
    answer = ann.post("/_dash-update-component", data=bytes(3 * 1024**2), content_type="application/json")
    assert answer.status_code in {400, 413}


def test_every_changing_route_is_known(app):
    rules = [r for r in app.server.url_map.iter_rules() if r.methods & {"POST", "PUT", "DELETE", "PATCH"}]
    assert {r.rule.split("<")[0] for r in rules} == {
        "/api/uploads", "/api/uploads/", "/api/examples", "/api/jobs/", "/_dash-update-component",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "private"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "10.1.2.3"}, False),
        ({"trusted_hosts": "localhost"}, True),
        ({"trusted_hosts": "lab.example.org, localhost"}, False),
    ],
)
def test_a_key_is_required_where_others_can_reach_the_server(tmp_path, changes, private):
    settings = Settings(data_dir=tmp_path, **changes)
    assert is_private(settings) == private
    if private:
        key = secret_key(settings)
        assert len(key) == 64
        assert secret_key(settings) == key
        assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    else:
        with pytest.raises(ConfigError, match="SCQUERY_SECRET_KEY is not set"):
            secret_key(settings)
    assert secret_key(replace(settings, secret_key=KEY)) == KEY
    with pytest.raises(ConfigError, match="too short"):
        secret_key(replace(settings, secret_key="short"))


def test_a_kept_key_that_is_no_text_is_named(tmp_path):
    (tmp_path / "secret_key").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="secret_key is no text") as caught:
        secret_key(Settings(data_dir=tmp_path))
    assert "Delete the file" in caught.value.next_step


def test_host_names(monkeypatch):
    loopback = ["localhost", "127.0.0.1", "[::1]"]
    assert trusted_hosts(Settings()) == loopback
    assert trusted_hosts(Settings(host="lab.example.org")) == [*loopback, "lab.example.org"]
    assert trusted_hosts(Settings(host="10.1.2.3")) == [*loopback, "10.1.2.3"]
    assert trusted_hosts(Settings(host="0.0.0.0", trusted_hosts="a.org, b.org,localhost")) == [
        *loopback,
        "a.org",
        "b.org",
    ]
    monkeypatch.setattr(security.socket, "gethostname", lambda: "this-machine")
    assert "this-machine" in trusted_hosts(Settings(host="0.0.0.0"))


def test_a_forged_session_is_a_new_visitor(ann, bob, upload):
    token = upload(ann)
    bob.set_cookie("scquery", "eyJvd25lciI6ImFubiJ9.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert bob.get(f"/api/jobs/{token}").status_code == 404


def test_a_session_outlives_the_server(tmp_path, tiny_builds, upload):
    first = create_app(settings_for(tmp_path, tiny_builds)).server
    client = first.test_client()
    token = upload(client)
    cookie = client.get_cookie("scquery").value
    first.extensions["scquery"].stop()
    second = create_app(settings_for(tmp_path, tiny_builds)).server
    again = second.test_client()
    again.set_cookie("scquery", cookie)
    assert again.get(f"/api/jobs/{token}").status_code == 200
    second.extensions["scquery"].stop()
