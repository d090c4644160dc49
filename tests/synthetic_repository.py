"""GEO, ENA, SRA and ArrayExpress on the loopback address, with studies made up here and faults on demand.

Use as a context manager; every request is written down in ``requests``.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests import synthetic_records as records
from tests.synthetic_records import Study

SERVICES = ("eutils", "ena", "biostudies", "biostudies_files")
FILE_HOSTS = {
    "ftp.ncbi.nlm.nih.gov": "ncbi",
    "ftp.sra.ebi.ac.uk": "sra",
    "sra-pub-src-1.s3.amazonaws.com": "src",
    "www.ebi.ac.uk": "ebi",
    "datasets.cellxgene.cziscience.com": "census",
}
_PDAT = re.compile(r'"(\d{4}/\d{2}/\d{2})"\[PDAT\] : "(\d{4}/\d{2}/\d{2})"\[PDAT\]')
_ORGANISM = re.compile(r'"([A-Z][a-z]+ [a-z]+)"\[Organism\]|organism:"([^"]+)"')


@dataclass
class Fault:
    """What goes wrong with requests whose path (with its query) holds a text.

    Parameters
    ----------
    path : str
        The text.
    kind : str
        ``429``, ``500``, ``404``: such a status; ``truncated_reply``: the connection ends in the middle;
        ``truncated_file``: half the bytes, announced as all; ``wrong_checksum``: one byte changed; ``html``: a page of a proxy;
        ``elsewhere``: a redirection to a host nobody named.
    times : int or None
        How often; None for ever.
    retry_after : str
        Header of a 429.
    """

    path: str
    kind: str
    times: int | None = None
    retry_after: str = "0"

    def strikes(self, path: str) -> bool:
        if self.path not in path or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class SyntheticRepository:
    """The server.

    Parameters
    ----------
    studies : sequence of Study
        What it holds; may be changed while it runs.
    faults : sequence of Fault
        The first that fits strikes.
    delay_s : float
        Waited before every reply.
    """

    def __init__(self, studies: Sequence[Study], faults: Sequence[Fault] = (), delay_s: float = 0.0) -> None:
        self.studies = list(studies)
        self.faults = list(faults)
        self.delay_s = delay_s
        self.requests: list[str] = []
        self.times: list[float] = []
        self.datasets: dict[str, bytes] = {}  # files of Census by name
        self.histories: dict[str, list[Study]] = {}
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        owner = self

        class Handler(_Handler):
            repository = owner

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def config_text(self, **manners: float) -> str:
        """A configuration that asks here, and does not wait."""
        fast: dict[str, Any] = {
            "rate_per_s": 100000.0,
            "backoff_s": 0.001,
            "backoff_max_s": 0.002,
            "attempts": 4,
            **manners,
        }
        lines = ["[base_urls]", *(f'{name} = "{self.url}/{name}"' for name in SERVICES)]
        lines += ["[file_hosts]", *(f'"{host}" = "{self.url}/{name}"' for host, name in FILE_HOSTS.items())]
        lines += ["[manners]", *(f"{name} = {value}" for name, value in fast.items()), "[bounds]", "keep_free_gb = 0.0"]
        return "\n".join(lines) + "\n"

    def by_accession(self, accession: str) -> Study | None:
        return next((s for s in self.studies if accession in {s.accession, s.project}), None)

    def answer(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """The true reply, or None where there is nothing."""
        service, _, rest = path.strip("/").partition("/")
        answers = {"eutils": self._eutils, "ena": self._ena, "biostudies": self._biostudies, "biostudies_files": self._biostudies_files,
                   "ncbi": self._ncbi, "sra": self._sra, "src": self._src, "ebi": self._ebi,
                   "census": lambda name, _: self.datasets.get(name)}  # fmt: skip
        return answers[service](rest, query) if service in answers else None

    def _searched(self, term: str, repository: str) -> list[Study]:
        words = _ORGANISM.search(term)
        organism = next(filter(None, words.groups())) if words else ""
        days = _PDAT.search(term)
        since, until = (d.replace("/", "-") for d in days.groups()) if days else ("0", "9")
        return [s for s in self.studies if s.repository == repository and since <= s.released <= until
                and (s.parts or any(organism in x.organism for x in s.samples))]  # fmt: skip

    def _eutils(self, tool: str, query: Mapping[str, str]) -> bytes | None:
        if tool == "esearch.fcgi":
            found = self._searched(query["term"], "geo")
            history = f"MCID_{len(self.histories)}"
            self.histories[history] = found
            ids = [s.uid for s in found][: int(query["retmax"])]
            result = {
                "count": str(len(found)),
                "retmax": query["retmax"],
                "retstart": "0",
                "querykey": "1",
                "webenv": history,
                "idlist": ids,
            }
            return json.dumps({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}).encode()
        if tool == "esummary.fcgi":
            start = int(query["retstart"])
            page = self.histories[query["WebEnv"]][start : start + int(query["retmax"])]
            result = {"uids": [s.uid for s in page], **{s.uid: records.esummary_entry(s) for s in page}}
            return json.dumps({"header": {"type": "esummary", "version": "0.3"}, "result": result}).encode()
        if tool == "elink.fcgi":
            study = next((s for s in self.studies if s.uid == query["id"]), None)
            links = "".join(f"<Link><Id>{run.accession}</Id></Link>" for _, run in (study.runs if study else []))
            body = f"<LinkSet><DbFrom>gds</DbFrom><LinkSetDb><DbTo>sra</DbTo>{links}</LinkSetDb></LinkSet>"
            return f"<?xml version='1.0'?><eLinkResult>{body}</eLinkResult>".encode()
        wanted = set(query["id"].split(","))
        return records.packages(
            (s, sample, run) for s in self.studies for sample, run in s.runs if run.accession in wanted
        )

    def _ena(self, _: str, query: Mapping[str, str]) -> bytes | None:
        study = self.by_accession(query["accession"])
        return records.file_report(study, query["fields"].split(",")) if study and study.in_ena else b""

    def _biostudies(self, path: str, query: Mapping[str, str]) -> bytes | None:
        if path.startswith("studies/"):
            study = self.by_accession(path.removeprefix("studies/"))
            return records.listing(study) if study else None
        found = sorted(self._searched(query["query"], "arrayexpress"), key=lambda s: s.released, reverse=True)
        size, start = int(query["pageSize"]), int(query["pageSize"]) * (int(query["page"]) - 1)
        return json.dumps(
            {
                "page": int(query["page"]),
                "totalHits": len(found),
                "hits": [records.hit(s) for s in found[start : start + size]],
            }
        ).encode()

    def _biostudies_files(self, path: str, _: Mapping[str, str]) -> bytes | None:
        accession, _, name = path.partition("/")
        study = self.by_accession(accession)
        if study is None:
            return None
        made = {f"{accession}.idf.txt": records.idf, f"{accession}.sdrf.txt": records.sdrf}
        return made[name](study) if name in made else _content(study.supplements, name)

    def _ncbi(self, path: str, _: Mapping[str, str]) -> bytes | None:
        *_, accession, kind, name = path.split("/")
        study = self.by_accession(accession)
        if kind == "soft":
            return records.family_soft(study) if study else None
        holders = [*self.studies, *(sample for s in self.studies for sample in s.samples)]
        return next((_content(h.supplements, name) for h in holders if h.accession == accession), None)

    def _sra(self, path: str, _: Mapping[str, str]) -> bytes | None:
        *_, run, name = path.split("/")
        return next((_content(r.files, name) for s in self.studies for _, r in s.runs if r.accession == run), None)

    def _ebi(self, path: str, query: Mapping[str, str]) -> bytes | None:
        return self._biostudies_files(path.removeprefix("biostudies/files/"), query)

    def _src(self, path: str, _: Mapping[str, str]) -> bytes | None:
        run = path.split("/", maxsplit=1)[0]
        return next(
            (
                records.content(r.bam)
                for s in self.studies
                for _, r in s.runs
                if r.accession == run and r.bam is not None
            ),
            None,
        )


def _content(files: Mapping[str, records.Content], name: str) -> bytes | None:
    return records.content(files[name]) if name in files else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that go away in the middle are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    repository: SyntheticRepository
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        repository = self.repository
        with repository.lock:
            repository.requests.append(self.path)
            repository.times.append(time.monotonic())
            fault = next((f for f in repository.faults if f.strikes(self.path)), None)
        time.sleep(repository.delay_s)
        parts = urlsplit(self.path)
        body = repository.answer(parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()})
        if fault is not None and fault.kind in {"429", "500", "404"}:
            return self._reply(int(fault.kind), b"", {"Retry-After": fault.retry_after} if fault.kind == "429" else {})
        if fault is not None and fault.kind == "elsewhere":
            return self._reply(302, b"", {"Location": "http://192.0.2.1/inside"})
        if body is None:
            return self._reply(404, b"", {})
        return self._spoiled(body, fault.kind if fault else "")

    def _spoiled(self, body: bytes, kind: str) -> None:
        if kind == "truncated_reply":
            self._reply(200, body[: len(body) // 2], {}, announced=len(body))
            self.close_connection = True
        elif kind == "truncated_file":
            self._reply(200, body[: len(body) // 2], {})
        elif kind == "wrong_checksum":
            self._reply(200, body[:-1] + bytes([body[-1] ^ 1]), {})
        elif kind == "html":
            self._reply(200, b"<html><body>The service is busy.</body></html>", {})
        else:
            self._ranged(body)

    def _ranged(self, body: bytes) -> None:
        wanted = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        if wanted and int(wanted[1]) < len(body):
            start = int(wanted[1])
            self._reply(206, body[start:], {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"})
        elif wanted:
            self._reply(416, b"", {})
        else:
            self._reply(200, body, {})

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str], announced: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
