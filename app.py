"""Composition root: settings, references, engine, jobs, page.

``python app.py --bundle DIR`` serves with waitress; elsewhere ``gunicorn --preload app:server``. Nothing is made at import: `server`
is made when gunicorn asks for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

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
from callbacks.serving import for_gunicorn, read_arguments, serve
from core.bundle.verify import verify_bundle
from core.cache import AnswerCache
from core.engine import Engine
from core.errors import ScQueryError
from core.jobs import JobStore, Supervisor
from core.reference import Reference
from core.settings import Settings


def create_app(settings: Settings) -> Dash:
    """Build the whole application; nothing runs in the background until its first request, or `Services.start`."""
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


def __getattr__(name: str) -> Flask:
    """Make ``app:server`` when it is asked for."""
    if name != "server":
        raise AttributeError(name)
    log_as_json()
    return for_gunicorn(create_app(Settings.from_env()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; 2 when a setting, a folder or every reference is refused."""
    log_as_json()
    try:
        settings = read_arguments(arguments)
        serve(create_app(settings), settings)
    except ScQueryError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as error:
        problem = f"{error.filename or settings.data_dir}: {error.strerror or error}."
        print(problem, "Set SCQUERY_DATA_DIR to a folder that can be written.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
