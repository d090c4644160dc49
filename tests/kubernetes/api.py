"""As much of the Kubernetes API as Snakemake's executor uses: secrets are taken, jobs become processes of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_IMAGE = ("/bin/sh", "-c", 'PATH="$0:$PATH" exec "$@"', str(Path(sys.executable).parent))  # this environment's programs


class _Server(ThreadingHTTPServer):
    """The server, the folder that stands for the disks of its pods, and the jobs it was given."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.bodies: list[Mapping[str, Any]] = []
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, body: dict[str, Any]) -> None:
        name = body["metadata"]["name"]
        (container,) = body["spec"]["template"]["spec"]["containers"]
        disk = self.folder / name
        disk.mkdir(parents=True)
        with (disk / "said.txt").open("w") as said:
            self.processes[name] = subprocess.Popen(
                [*_IMAGE, *container["command"], *container["args"]], cwd=disk, stdout=said, stderr=said
            )
        self.bodies.append(body)

    def state(self, name: str) -> dict[str, int]:
        code = self.processes[name].poll()
        return {} if code is None else {"succeeded" if code == 0 else "failed": 1}


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self._body()
        if self.path.endswith("/jobs"):
            self.server.start(body)
        self._reply(201, body)

    def do_GET(self) -> None:
        path, name = self.path.partition("?")[0], self.path.partition("/jobs/")[2].partition("/")[0]
        if name in self.server.processes:
            spec = {"template": {"spec": {"containers": []}}}
            self._reply(200, {"metadata": {"name": name}, "spec": spec, "status": self.server.state(name)})
        elif path.endswith("/pods"):
            self._reply(200, {"kind": "PodList", "apiVersion": "v1", "items": []})
        else:
            self._reply(404, {"kind": "Status", "status": "Failure", "code": 404})

    def do_DELETE(self) -> None:
        self._body()
        self._reply(200, {"kind": "Status", "status": "Success"})

    def _body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        return found

    def _reply(self, status: int, body: Mapping[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def kubernetes(folder: Path) -> Iterator[list[Mapping[str, Any]]]:
    """Run the API, write the ``kubeconfig`` that leads to it, and yield the jobs that were asked for."""
    server = _Server(folder / "pods")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "loopback", "cluster": {"server": address}}], "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "loopback", "user": "nobody"}}],
    }  # fmt: skip
    (folder / "kubeconfig").write_text(json.dumps(config), encoding="utf-8")
    try:
        yield server.bodies
    finally:
        server.shutdown()
        for process in server.processes.values():
            process.kill()
