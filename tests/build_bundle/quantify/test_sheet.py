from __future__ import annotations

from pathlib import Path

import pytest

from build_bundle.quantify.sheet import read_sheet
from core.errors import ConfigError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def named(folder: Path) -> dict[str, list[tuple[str, int, str]]]:
    return {
        f"{library.study}/{library.sample}": [(file.path.name, file.mate, file.run) for file in library.files]
        for library in read_sheet(folder).libraries
    }


def test_files_are_told_apart_by_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    touch(folder, "a.fastq.gz", "b_1.fq", "b_2.fq", "c.R1.fastq", "c.R2.fastq", "d.sra", "e.bam", "notes.txt")
    assert named(folder) == {
        "mine/a": [("a.fastq.gz", 0, "a")],
        "mine/b": [("b_1.fq", 1, "b"), ("b_2.fq", 2, "b")],
        "mine/c": [("c.R1.fastq", 1, "c"), ("c.R2.fastq", 2, "c")],
        "mine/d": [("d.sra", 0, "d")],
        "mine/e": [("e.bam", 0, "e")],
    }


def test_one_kind_of_several_is_taken(tmp_path: Path) -> None:
    for name in ("A.sra", "A_1.fastq", "A_2.fastq"):
        (tmp_path / name).touch()
    (one,) = read_sheet(tmp_path, "mouse").libraries
    assert (one.layout, [f.kind for f in one.files]) == ("PAIRED", ["fastq", "fastq"])


def test_lanes_of_a_sequencer_are_one_library_and_index_reads_are_left(tmp_path: Path) -> None:
    touch(tmp_path, *(f"s/pbmc_S1_L00{lane}_{read}_001.fastq.gz" for lane in (1, 2) for read in ("R1", "R2", "I1")))
    (files,) = named(tmp_path).values()
    assert [(mate, run) for _, mate, run in files] == [
        (1, "pbmc_L001"), (2, "pbmc_L001"), (1, "pbmc_L002"), (2, "pbmc_L002"),
    ]  # fmt: skip


def test_subfolders_are_studies(tmp_path: Path) -> None:
    touch(tmp_path, "one/a.fastq", "two/a.fastq")
    assert list(named(tmp_path)) == ["one/a", "two/a"]


def write(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "runs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return folder


def test_rows_of_a_sample_are_its_runs(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "lab",
        "sample,study,run,protocol,fastq_1,fastq_2,md5_1,chemistry,whitelist,matrix",
        "s1,GSE1,r1,plate,a.fastq,,abc,,,",
        "s1,GSE1,r2,plate,b.fastq,,,,,",
        "s2,,,droplet,x_1.fastq,x_2.fastq,,16+12,list.txt,",
        "s3,GSE2,,,,,,,,values.csv",
        "s4,GSE2,,,,,,,,values.csv",
        "s5,GSE2,,,,,,,,own.csv",
    )
    touch(folder, "list.txt")
    sheet = read_sheet(folder, "mouse")
    one, two, three, *_, lab = sheet.libraries
    assert (one.study, one.runs, [f.md5 for f in one.files]) == ("GSE1", "r1;r2", ["abc", ""])
    assert (lab.study, lab.chemistry, lab.whitelist, [f.mate for f in lab.files]) == (
        "lab",
        "16+12",
        folder / "list.txt",
        [1, 2],
    )
    assert two.has_author_matrix
    assert three.files == ()
    (authors,) = sheet.authors
    assert (authors.study, authors.organism) == ("GSE2", "mouse")
    assert [(m.path.name, m.sample) for m in authors.matrices] == [("values.csv", ""), ("own.csv", "s5")]
    assert authors.samples["s3"] == "s3"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("sample,colour", "s,red"), "unknown columns colour"),
        (("sample,study", ",x"), "a row without sample"),
        (("sample,protocol", "s,tube"), "protocol is 'tube'"),
        (("sample,chemistry", "s,magic"), "chemistry is 'magic'"),
        (("sample,layout", "s,triple"), "layout is 'triple'"),
        (("sample,whitelist", "s,none.txt"), "none.txt is not there"),
        (("sample,fastq_1", "s,a,b"), "behind the last"),
        (("sample",), "holds no reads"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, lines: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read_sheet(write(tmp_path / "lab", *lines))


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_bytes(b"sample,fastq_1\n\xff,a\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_sheet(tmp_path)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no reads"):
        read_sheet(tmp_path)
    with pytest.raises(ConfigError, match="does not exist"):
        read_sheet(tmp_path / "none")
