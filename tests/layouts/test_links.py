import pytest

from layouts import links


@pytest.mark.parametrize(
    ("path", "page", "token"),
    [
        (None, "home", ""),
        ("/", "home", ""),
        ("/reference", "reference", ""),
        ("/reference/", "reference", ""),
        ("/r/abc", "result", "abc"),
        ("/r/abc/", "result", "abc"),
        ("/r/", "nowhere", ""),
        ("/r/abc/labels.csv", "nowhere", ""),
        ("/genes", "nowhere", ""),
        ("//evil.example", "nowhere", ""),
        (["/r/abc"], "home", ""),
        (7, "home", ""),
    ],
)
def test_paths(path, page, token):
    assert links.read_path(path) == links.Place(page, token)


def test_a_result_address_is_read_back():
    assert links.read_path(links.result("abc").partition("?")[0]).token == "abc"


def test_the_query_of_a_result_stays_readable():
    assert links.result("abc", sel="cluster:5/9") == "/r/abc?sel=cluster:5/9"
    assert links.result("abc", sel="obs:a=b&c") == "/r/abc?sel=obs:a%3Db%26c"


def test_downloads_name_the_selection_only_where_there_is_one():
    assert links.download("abc", "labels.csv") == "/r/abc/labels.csv"
    assert links.download("abc", "labels.csv", "all") == "/r/abc/labels.csv"
    assert links.download("abc", "labels.csv", "cluster:5/9") == "/r/abc/labels.csv?sel=cluster%3A5%2F9"


def test_several_references_are_told_apart_by_name():
    assert links.home() == "/"
    assert links.home("mice") == "/?bundle=mice"
    assert links.reference("mice") == "/reference?bundle=mice"
    assert links.build_report("mice") == "/reference/mice/report.html"


def test_accessions_lead_to_their_repository():
    assert links.accession("GSE96583").endswith("acc=GSE96583")
    assert "arrayexpress" in links.accession("E-MTAB-5061")
    assert links.accession("own data") == ""
    assert links.accession("") == ""
    assert links.accession('GSE1" onclick="x').count('"') == 0


def test_pubmed_ids_are_quoted():
    assert links.pubmed("30531897") == "https://pubmed.ncbi.nlm.nih.gov/30531897/"
    assert "<" not in links.pubmed("<b>")
