"""The build report of a reference, as the builder wrote it, with scripts off."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, send_file

from callbacks.services import services
from core.bundle.schema import REPORT

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'none'; sandbox"

routes = Blueprint("report", __name__)


@routes.get("/reference/<bundle>/report.html")
def report(bundle: str) -> Response:
    """Serve the report."""
    return make_response(send_file(services().bundle(bundle).path(REPORT), mimetype="text/html", max_age=0))


setattr(report, "talisman_view_options", {"content_security_policy": POLICY})  # noqa: B010  (how Talisman is told)
