"""The build report of a reference."""


def test_the_report_runs_no_scripts(ann, services):
    name, bundle = next(iter(services.engine.bundles.items()))
    answer = ann.get(f"/reference/{name}/report.html", buffered=True)
    assert answer.status_code == 200
    assert answer.data == bundle.path("report.html").read_bytes()
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    unknown = ann.get("/reference/nothing/report.html")
    assert (unknown.status_code, unknown.json["code"]) == (400, "unknown-bundle")
