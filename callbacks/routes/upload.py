"""Uploads in pieces that can be resumed, and examples. The page's side is ``assets/upload.js``."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import Blueprint, Response, jsonify, request

from callbacks.examples import start_example
from callbacks.routes import requests
from callbacks.services import services
from callbacks.session import current_owner
from core.errors import JobError

MAX_PIECE_BYTES = 8 * 1024**2

routes = Blueprint("upload", __name__)


@routes.post("/api/uploads")
def begin() -> tuple[Response, int]:
    """Announce an upload: ``{filename, size, bundle, options}`` -> 201 ``{token}``."""
    body = requests.json_body()
    found = services()
    job = found.store.create(
        current_owner(),
        bundle=found.bundle(requests.text(body, "bundle", "")).name,
        filename=requests.text(body, "filename"),
        size_bytes=requests.whole(body.get("size"), "size"),
        options=requests.options(body),
    )
    return jsonify(token=job.token), 201


@routes.get("/api/uploads/<token>")
def held(token: str) -> Response:
    """Say how much of an upload is here, for going on after a break."""
    job = services().store.get(token, current_owner())
    received = services().store.received(token, current_owner())
    return jsonify(token=token, received=received, size=job.size_bytes, filename=job.filename, state=job.state)


@routes.put("/api/uploads/<token>")
def piece(token: str) -> tuple[Response, int]:
    """Take the next piece, raw, at ``?offset=N`` -> ``{received}``; at another offset 409 with the one that is due."""
    request.max_content_length = MAX_PIECE_BYTES + 1  # a stream that ends exactly at the limit counts as over it
    offset = requests.whole(request.args.get("offset"), "offset")
    store, owner = services().store, current_owner()
    try:
        received = store.append(token, owner, offset, cast("BinaryIO", request.stream))
    except JobError as error:
        if error.code != "upload-offset":
            raise
        received = store.received(token, owner)
        return jsonify(code=error.code, message=error.message, next_step="", received=received), 409
    return jsonify(received=received), 200


@routes.post("/api/uploads/<token>/finish")
def finish(token: str) -> Response:
    """Queue a complete upload -> ``{url}``; asking again gives the same answer."""
    return jsonify(url=services().store.submit(token, current_owner()).url)


@routes.post("/api/examples")
def example() -> tuple[Response, int]:
    """Search an example of a reference: ``{bundle, example, options}`` -> 201 ``{token, url}``."""
    body = requests.json_body()
    job = start_example(
        services(),
        current_owner(),
        requests.text(body, "bundle", ""),
        requests.text(body, "example"),
        requests.options(body),
    )
    return jsonify(token=job.token, url=job.url), 201
