"""The result as one HTML file: whole, at the page's confidence level, for its owner only, and with nothing that could run."""

import json
import re
from html.parser import HTMLParser

import pytest


@pytest.fixture
def job(ann, with_result):
    return with_result(ann)


class Page(HTMLParser):
    """Text, scripts and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self.words = ""
        self._kind: str | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._kind = given.get("type", "code") if tag == "script" else None
        self.addresses += [given[name] for name in ("src", "href") if name in given]

    def handle_endtag(self, tag):
        self._kind = None

    def handle_data(self, data):
        if self._kind:
            self.scripts.append((self._kind, data))
        else:
            self.words += data


def test_one_file_tells_the_answer(ann, job):
    answer = ann.get(f"/r/{job.token}/summary.html")
    assert answer.headers["Content-Disposition"] == "attachment; filename=b-my-query-summary.html"
    page = Page(answer.get_data(as_text=True))
    for part in (
        "110 cells",
        "B cell",
        "Studies behind the labels",
        "Cell types were assigned with scQuery",
        "disease",
        "healthy",
    ):
        assert part in page.words
    figures = [json.loads(text) for kind, text in page.scripts if kind == "application/json"]
    assert len(figures) == 3
    assert all(figure["data"] for figure in figures)
    assert all(address.startswith("https://pubmed.ncbi.nlm.nih.gov/") for address in page.addresses)


def test_it_follows_the_page(ann, job):
    strict = Page(ann.get(f"/r/{job.token}/summary.html?threshold=0.99&detail=1").get_data(as_text=True))
    assert "at least 0.99 count as confident" in strict.words
    assert "joined into wider ones" in strict.words
    assert ann.get(f"/r/{job.token}/summary.html?threshold=x").status_code == 400
    compared = Page(ann.get(f"/r/{job.token}/summary.html?by=donor&group=donor2&against=donor1").get_data(as_text=True))
    assert "donor2 and donor1" in compared.words
    assert "disease" not in compared.words


def test_its_policy_lets_only_its_own_scripts_run(ann, job):
    text = ann.get(f"/r/{job.token}/summary.html").get_data(as_text=True)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    assert policy.startswith("default-src &#39;none&#39;")
    assert policy.count("sha256-") == 2
    assert len([kind for kind, _ in Page(text).scripts if kind == "code"]) == 2


def test_strangers_and_unfinished_searches(ann, bob, job, upload):
    assert bob.get(f"/r/{job.token}/summary.html").status_code == 404
    assert ann.get(f"/r/{upload(ann)}/summary.html").json["code"] == "not-done"
