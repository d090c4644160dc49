"""What handlers and routes work with: the engine, the jobs, the settings. Made once in ``app.py``, kept by the Flask app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, current_app

from core.cache import AnswerCache
from core.errors import BundleDamagedError, InputError
from core.jobs import JobStore, Supervisor
from core.settings import Settings

if TYPE_CHECKING:
    from callbacks.bundle_watch import BundleWatch
    from core.bundle.reader import Bundle
    from core.engine import Engine

KEY = "scquery"


@dataclass(frozen=True)
class Services:
    """Everything behind the page.

    Parameters
    ----------
    settings : Settings
        As read at start.
    engine : Engine
        The opened references.
    store : JobStore
        Uploads and queries.
    supervisor : Supervisor
        Starts the workers.
    watch : BundleWatch
        What the verification of the references found.
    answers : AnswerCache
        Answers to examples asked before.
    """

    settings: Settings
    engine: Engine
    store: JobStore
    supervisor: Supervisor
    watch: BundleWatch
    answers: AnswerCache

    def install(self, server: Flask) -> None:
        """Give these services to a Flask app."""
        server.extensions[KEY] = self

    def start(self) -> None:
        """Begin what runs in the background of this process; cheap enough to call at every request."""
        self.supervisor.start()
        self.watch.start()

    def stop(self) -> None:
        """End it; running queries go back to the queue."""
        self.supervisor.stop()
        self.watch.stop()

    def bundle(self, name: str) -> Bundle:
        """Return a reference that may be searched; an empty name means the first.

        Raises
        ------
        InputError
            ``unknown-bundle``.
        BundleDamagedError
            When its verification found problems.
        """
        bundles = self.engine.bundles
        chosen = name or next(iter(bundles), "")
        if chosen not in bundles:
            raise InputError(
                "This server has no such reference.", next_step="Choose one of those shown.", code="unknown-bundle"
            )
        if self.watch.problems(chosen):
            raise BundleDamagedError(
                "This reference failed its verification and is not searched.",
                next_step="Choose another reference, or tell who runs the server.",
            )
        return bundles[chosen]


def services() -> Services:
    """Return the services of the app that answers the current request."""
    found: Services = current_app.extensions[KEY]
    return found
