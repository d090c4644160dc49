"""What the server refuses and what it tells browsers: hosts, origins, sizes, cookies, headers.

The Content-Security-Policy allows scripts from here only, plus the inline scripts Dash itself writes, by their hash. So every
callback, clientside ones included, is registered before `protect` is called.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from datetime import timedelta
from pathlib import Path

import psutil
from dash import Dash
from flask import Flask, Response, request
from flask_talisman import Talisman

from callbacks.dash_requests import refuse_malformed_callbacks
from callbacks.session import current_owner
from core.errors import ConfigError, InputError
from core.settings import Settings

MAX_BODY_BYTES = 2 * 1024**2
COOKIE_DAYS = 365
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
STATIC = ("/assets/", "/_dash-component-suites/", "/_favicon.ico")
LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]


class CrossSiteError(InputError):
    """A request that changes something came from another site's page."""

    default_code = "cross-site"


def protect(app: Dash, settings: Settings) -> None:
    """Put every protection on the app's server. Call after all callbacks are registered.

    Parameters
    ----------
    app : Dash
        Complete, not yet serving.
    settings : Settings
        Host, key, HTTPS.

    Raises
    ------
    ConfigError
        When other machines may reach the server and there is no secret key.
    """
    server: Flask = app.server
    server.config.update(
        SECRET_KEY=secret_key(settings),
        SESSION_COOKIE_NAME="__Host-scquery" if settings.https else "scquery",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_REFRESH_EACH_REQUEST=False,  # static files carry no cookie, so that a proxy may keep them
        PERMANENT_SESSION_LIFETIME=timedelta(days=COOKIE_DAYS),
        TRUSTED_HOSTS=trusted_hosts(settings),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        DEBUG=False,
    )
    Talisman(
        server,
        force_https=False,  # the proxy's work
        frame_options="DENY",
        strict_transport_security=settings.https,
        content_security_policy=content_security_policy(app),
        referrer_policy="same-origin",
        permissions_policy=dict.fromkeys(("browsing-topics", "camera", "geolocation", "microphone"), "()"),
        session_cookie_secure=settings.https,
    )
    server.before_request(refuse_cross_site)
    server.before_request(name_visitor)
    refuse_malformed_callbacks(app)
    server.after_request(forbid_storing)


def content_security_policy(app: Dash) -> dict[str, object]:
    """Return the policy: nothing, except what the page needs from this server."""
    return {
        "default-src": "'none'",
        "script-src": ["'self'", *app.csp_hashes()],
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "form-action": "'self'",
    }


def refuse_cross_site() -> None:
    """Refuse a request that changes something unless it comes from our own page (or from no page at all).

    Raises
    ------
    CrossSiteError
        When the browser says that another site sent it.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    own = origin is None or origin.partition("://")[2].lower() == request.host.lower()
    if not own or request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise CrossSiteError("This request came from another site.", next_step="Open the page itself and try again.")


def name_visitor() -> None:
    """Give a browser its name with its first page, so that the requests of that page share it."""
    if request.method == "GET" and not request.path.startswith((*STATIC, "/healthz", "/readyz", "/metrics")):
        current_owner()


def forbid_storing(response: Response) -> Response:
    """Keep answers out of every cache, but for static files."""
    if not request.path.startswith(STATIC):
        response.headers["Cache-Control"] = "no-store"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address a text is; None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_private(settings: Settings) -> bool:
    """Return whether the server answers to this machine only."""
    return is_loopback(settings.host) and all(is_loopback(name) for name in _named_hosts(settings))


def trusted_hosts(settings: Settings) -> list[str]:
    """Return the host names the server answers to; a page of another name (DNS rebinding) gets nothing.

    Returns
    -------
    list of str
        Loopback names, always; and those set, or else those of the address the server listens on.
    """
    named = _named_hosts(settings)
    if not named and not is_loopback(settings.host):
        address = _address(settings.host)
        named = [settings.host] if address is None or not address.is_unspecified else _own_names()
    return [*LOOPBACK_NAMES, *(name for name in named if name not in LOOPBACK_NAMES)]


def secret_key(settings: Settings) -> str:
    """Return the key that signs cookies: the setting, or on this machine alone one made once and kept.

    Raises
    ------
    ConfigError
        When it is missing or short, and other machines may reach the server.
    """
    if settings.secret_key:
        if len(settings.secret_key) < 16:
            raise ConfigError("SCQUERY_SECRET_KEY is too short.", next_step=_HOW_TO_MAKE_A_KEY)
        return settings.secret_key
    if not is_private(settings):
        raise ConfigError(
            f"SCQUERY_SECRET_KEY is not set, and other machines may reach {settings.host}.",
            next_step=_HOW_TO_MAKE_A_KEY,
        )
    return _kept_key(settings.data_dir / "secret_key")


_HOW_TO_MAKE_A_KEY = (
    "Set it to a random text, for example the output of: python -c 'import secrets; print(secrets.token_hex())'"
)


def _kept_key(path: Path) -> str:
    """Return the key in a file for the server's user only, made at the first start."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    if not path.read_bytes():
        path.write_text(secrets.token_hex())
    try:
        return path.read_text()
    except UnicodeDecodeError as error:
        raise ConfigError(f"The key in {path} is no text.", next_step="Delete the file: a new key is made.") from error


def _named_hosts(settings: Settings) -> list[str]:
    return [name.strip() for name in settings.trusted_hosts.split(",") if name.strip()]


def _own_names() -> list[str]:
    """Return the names and addresses of this machine."""
    addresses = [a.address for card in psutil.net_if_addrs().values() for a in card if a.family == socket.AF_INET]
    return sorted({socket.gethostname(), socket.getfqdn(), *addresses})
