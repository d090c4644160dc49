"""Puts a finished application on the network: waitress for one machine, or inside gunicorn's processes."""

from __future__ import annotations

import argparse
import atexit
import os
import signal
import sys
from collections.abc import Sequence

import waitress
from dash import Dash
from flask import Flask

from callbacks.services import KEY, Services
from core.errors import ConfigError
from core.settings import Settings

MAX_REQUEST_BYTES = 16 * 1024**2  # pieces of an upload have 8 MiB at most


def read_arguments(arguments: Sequence[str] | None) -> Settings:
    """Return the settings of the environment with those of the command line on top.

    Parameters
    ----------
    arguments : sequence of str or None
        ``--bundle DIR`` (repeated), ``--host``, ``--port``; None for those of the process.

    Raises
    ------
    ConfigError
        When a variable has the wrong form.
    """
    parser = argparse.ArgumentParser(prog="app.py", description="Serve scQuery.")
    parser.add_argument("--bundle", action="append", default=[], help="folder of a reference; may be repeated")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    given = parser.parse_args(arguments)
    return Settings.from_env().overridden(bundles=os.pathsep.join(given.bundle), host=given.host, port=given.port)


def serve(app: Dash, settings: Settings) -> None:
    """Serve with waitress until the process is told to stop; running queries then go back to the queue.

    Parameters
    ----------
    app : Dash
        From ``app.create_app``.
    settings : Settings
        Address and threads.

    Raises
    ------
    ConfigError
        When the address cannot be listened on.
    """
    services: Services = app.server.extensions[KEY]
    try:
        # Forwarded headers are kept: nothing here trusts them, and `routes.health` refuses figures to whoever comes through a proxy.
        listener = waitress.create_server(
            app.server, host=settings.host, port=settings.port, threads=settings.threads, ident=None,
            max_request_body_size=MAX_REQUEST_BYTES, clear_untrusted_proxy_headers=False,
        )  # fmt: skip
    except OSError as error:
        raise ConfigError(
            f"Nothing can listen on {settings.host}:{settings.port} ({error.strerror or error}).",
            next_step="Stop the other server, or choose another port with --port.",
        ) from error
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    services.start()
    print(f"scQuery answers at http://{settings.host}:{settings.port}", file=sys.stderr)  # noqa: T201
    try:
        listener.run()
    finally:
        services.stop()


def for_gunicorn(app: Dash) -> Flask:
    """Return the WSGI application, ready to be forked: each worker process begins its own background work.

    Parameters
    ----------
    app : Dash
        From ``app.create_app``.
    """
    server: Flask = app.server
    services: Services = server.extensions[KEY]
    os.register_at_fork(after_in_child=services.start)
    atexit.register(services.stop)
    return server
