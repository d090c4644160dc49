"""HTTP routes beside the page: uploads, jobs, downloads, the build report, health. JSON in, JSON out."""

from __future__ import annotations

from flask import Flask

from callbacks.routes import download, errors, gene_sets, health, jobs, report, upload


def register_routes(server: Flask) -> None:
    """Give a server all routes beside the page, and the way errors are answered."""
    errors.register(server)
    for blueprint in (upload.routes, jobs.routes, download.routes, gene_sets.routes, report.routes, health.routes):
        server.register_blueprint(blueprint)
