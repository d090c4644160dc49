"""HTTP routes beside the page: uploads, jobs, downloads, the build report, health. JSON in, JSON out."""

from __future__ import annotations

from flask import Flask

from callbacks.routes import cell_table, download, errors, gene_sets, health, jobs, report, shared_page, upload


def register_routes(server: Flask) -> None:
    """Give a server all routes beside the page, and the way errors are answered."""
    errors.register(server)
    for part in (upload, jobs, download, gene_sets, cell_table, report, shared_page, health):
        server.register_blueprint(part.routes)
