"""Composition root: settings, references, engine, jobs, page.

``python app.py --bundle DIR`` serves with waitress; ``gunicorn --preload app:server`` elsewhere. Nothing is made at import: `server`
is made when it is first asked for.
"""

from __future__ import annotations

import argparse
import atexit
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import waitress
from dash import Dash
from flask import Flask

from callbacks import registry
from callbacks.bundle_watch import BundleWatch, open_bundles
from callbacks.examples import keep_answer
from callbacks.failures import log_failure
from callbacks.logs import log_as_json, log_requests
from callbacks.routes import register_routes
from callbacks.security import protect
from callbacks.services import Services
from core.bundle.verify import verify_bundle
from core.cache import AnswerCache
from core.engine import Engine
from core.errors import ScQueryError
from core.jobs import JobStore, Supervisor
from core.reference import Reference
from core.settings import Settings

MAX_REQUEST_BYTES = 16 * 1024**2  # pieces of an upload have 8 MiB at most


def create_app(settings: Settings) -> Dash:
    """Build the whole application for `settings`; nothing runs in the background until the first request or `start`."""
    bundles = open_bundles(settings.bundle_folders())
    settings = replace(settings, bundles=os.pathsep.join(str(bundle.folder) for bundle in bundles.values()))
    checks = (lambda name: verify_bundle(bundles[name].folder), lambda name: Reference(bundles[name]).canary())
    store, answers = JobStore.from_settings(settings), AnswerCache(settings.data_dir / "answers")
    supervisor = Supervisor(store, settings, on_done=partial(keep_answer, answers, bundles))
    services = Services(settings, Engine(bundles), store, supervisor, BundleWatch(tuple(bundles), checks), answers)
    app = Dash(
        __name__, assets_folder=str(Path(__file__).parent / "assets"), title="scQuery", update_title="", compress=True,
        suppress_callback_exceptions=True, enable_mcp=False, add_log_handler=False, on_error=log_failure,
    )  # fmt: skip
    services.install(app.server)
    log_requests(app.server)
    register_routes(app.server)
    with app.server.app_context():
        registry.register_all(app)
    protect(app, settings)
    app.server.before_request(services.start)
    return app


def make_server() -> Flask:
    """Return the WSGI application for gunicorn, with the settings of the environment."""
    log_as_json()
    server: Flask = create_app(Settings.from_env()).server
    services: Services = server.extensions["scquery"]
    os.register_at_fork(after_in_child=services.start)  # with --preload, each worker of gunicorn
    atexit.register(services.stop)
    return server


def __getattr__(name: str) -> Flask:
    """Make ``app:server`` when gunicorn asks for it."""
    if name == "server":
        return make_server()
    raise AttributeError(name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve with waitress until stopped; 2 when a setting or every reference is refused."""
    parser = argparse.ArgumentParser(description="Serve scQuery.")
    parser.add_argument("--bundle", action="append", default=[], help="folder of a reference; may be repeated")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    given = parser.parse_args(arguments)
    log_as_json()
    try:
        settings = Settings.from_env().overridden(
            bundles=os.pathsep.join(given.bundle), host=given.host, port=given.port
        )
        app = create_app(settings)
    except ScQueryError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    services: Services = app.server.extensions["scquery"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    services.start()
    print(f"scQuery answers at http://{settings.host}:{settings.port}", file=sys.stderr)  # noqa: T201
    try:
        waitress.serve(
            app.server, host=settings.host, port=settings.port, threads=settings.threads, ident=None,
            max_request_body_size=MAX_REQUEST_BYTES, clear_untrusted_proxy_headers=False,
        )  # fmt: skip
    finally:
        services.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
