"""`runquote size`: how large a dataset is."""

import gzip
import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.unit.runquote.conftest import Command


def test_the_size_of_a_samplesheet_is_that_of_the_files_it_names_once(command: Command, nowhere: Path) -> None:
    (nowhere / "a_1.fastq.gz").write_bytes(b"x" * 700)
    (nowhere / "a_2.fastq.gz").write_bytes(b"x" * 300)
    (nowhere / "b.bam").write_bytes(b"x" * 1000)
    (nowhere / "sheet.csv").write_text(
        "sample,fastq_1,fastq_2,strandedness,bam\na,a_1.fastq.gz,a_2.fastq.gz,auto,\na,a_1.fastq.gz,,auto,b.bam\n"
    )
    result = command("size", "sheet.csv", "--format", "json")
    answer = json.loads(result.stdout)
    assert (answer["bytes"], answer["files"], answer["gzip_bytes"]) == (2000, 3, 1000)
    assert "2 gzip files in it" in result.stderr
    assert command("size", "sheet.csv", "--plain").stdout == "2000B\n"
    assert command("size", ".", "--plain").stdout.strip() == f"{2000 + (nowhere / 'sheet.csv').stat().st_size}B"


def test_a_samplesheet_of_sarek_counts_data_but_not_indexes(command: Command, nowhere: Path) -> None:
    data = nowhere / "data"
    data.mkdir()
    for name, size in {"n.bam": 400, "n.bam.bai": 7, "t.cram": 300, "t.cram.crai": 7, "v.vcf.gz": 50}.items():
        (data / name).write_bytes(b"x" * size)
    (data / "sheet.csv").write_text(
        "patient,sex,status,sample,bam,bai,cram,crai,vcf\n"
        "p,XX,0,n,n.bam,n.bam.bai,,,\n"
        "p,XX,1,t,,,t.cram,t.cram.crai,\n"
        f"p,XX,1,t,,,,,{data / 'v.vcf.gz'}\n"
    )
    assert command("size", "data/sheet.csv", "--plain").stdout == "750B\n"  # relative to the sheet, and absolute


def test_a_samplesheet_may_name_any_file_or_folder_that_is_there(command: Command, nowhere: Path) -> None:
    (nowhere / "reads").mkdir()
    (nowhere / "reads" / "a.fastq.gz").write_bytes(b"x" * 30)
    (nowhere / "image.tif").write_bytes(b"x" * 12)
    (nowhere / "sheet.tsv").write_text("sample\tfolder\timage\tdose\na.1\treads/\timage.tif\t1.5\n")
    assert command("size", "sheet.tsv", "--plain").stdout == "42B\n"  # where the command runs


def test_a_samplesheet_that_names_missing_files_says_where_each_is_named(command: Command, nowhere: Path) -> None:
    (nowhere / "sheet.tsv").write_text("sample\tcram\nx\tgone.cram\ny\tlost.cram\nz\thttps://example.org/a.cram\n")
    result = command("size", "sheet.tsv", "nowhere.bam")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "Error: sheet.tsv: line 2: column cram: there is no file gone.cram",
        "sheet.tsv: line 3: column cram: there is no file lost.cram",
        "sheet.tsv: line 4: column cram: cannot measure https://example.org/a.cram: "
        "only local files and s3:// addresses",
        "nowhere.bam: there is no such file or folder",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("counts.csv", "gene,count\nx,1\n"),
        ("ids.csv", "SRR0000001\nSRR0000002\n"),
        ("ids.list", "SRR0000001\n"),
        ("header.tsv", "sample\tfastq_1\n"),
        ("empty.csv", ""),
        ("sheet.yaml", "- bam: a.bam\n"),
        ("sheet.json", '[{"bam": "a.bam"}]'),
        ("sheet.xlsx", "PK"),
        ("binary.csv", "\x00\xff"),
    ],
)
def test_a_sheet_of_which_nothing_can_be_measured_is_never_measured_itself(
    command: Command, nowhere: Path, name: str, text: str
) -> None:
    (nowhere / name).write_text(text, encoding="latin-1")
    for options in ((), ("--plain",), ("--format", "json")):
        result = command("size", name, *options)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"{name}: " in result.stderr
        assert "--as-files measures the file itself" in result.stderr
    assert command("size", name, "--plain", "--as-files").stdout == f"{len(text)}B\n"


@pytest.mark.parametrize(
    "missing",
    [
        "data/not_there.fna.gz",
        "not_there.mzML",
        "data/not_there.odd",
        "/data/run1",
        "../run1/",
        "~/not_there",
        "data/*_R1.fastq.gz",
        "not_there.tar",
        "https://example.org/matrix.tar.gz",
        "https://example.org/download?id=7",
        "ftp://example.org/a",
        "gs://bucket/a.bam",
        "az://container/a",
        "file:///data/not_there.bam",
    ],
)
def test_every_cell_that_names_what_cannot_be_measured_is_named(command: Command, nowhere: Path, missing: str) -> None:
    (nowhere / "a.bam").write_bytes(b"x" * 10)
    (nowhere / "sheet.csv").write_text(f"sample,bam,other\ns1,a.bam,{missing}\n")
    result = command("size", "sheet.csv", "--plain")
    assert (result.exit_code, result.stdout) == (1, "")
    path = missing.removeprefix("file://")
    assert f"sheet.csv: line 2: column other: {'cannot measure' if '://' in path else 'there is no file'} {path}" in (
        result.stderr
    )


def test_a_column_that_names_data_names_it_in_every_row(command: Command, nowhere: Path) -> None:
    (nowhere / "runs").mkdir()
    (nowhere / "runs" / "a.bam").write_bytes(b"x" * 10)
    (nowhere / "sheet.csv").write_text("# made by hand\nsample,folder\ns1,runs/\ns2,NA\ns3,other\n")
    assert "line 5: column folder: there is no file other" in command("size", "sheet.csv").stderr
    (nowhere / "sheet.csv").write_text("sample,folder,genome\ns1,runs/,GRCh38\ns2,NA,GRCh38\n")
    assert command("size", "sheet.csv", "--plain").stdout == "10B\n"
    (nowhere / "sheet.csv").write_text("sample,bam\ns.one,runs/a.bam\n")
    assert (
        "may name files which are not there do not count: s.one (sheet.csv: line 2"
        in command("size", "sheet.csv").stderr
    )


@pytest.mark.parametrize("name", ["samples", "sheet.list", "sheet.fofn", "sheet.csv.gz", "sheet.tab"])
def test_a_sheet_has_any_name_and_a_cell_several_files(command: Command, nowhere: Path, name: str) -> None:
    for file, size in {"a 1.bam": 10, "b.bam": 5, "c.bam": 3}.items():
        (nowhere / file).write_bytes(b"x" * size)
    text = "sample\tbam\nx\ta 1.bam\ny\tb.bam;c.bam\n"
    (nowhere / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    assert command("size", name, "--plain").stdout == "18B\n"


def test_linked_folders_are_followed_and_none_counts_twice(command: Command, nowhere: Path) -> None:
    (nowhere / "store").mkdir()
    (nowhere / "store" / "a.bam").write_bytes(b"x" * 10)
    (nowhere / "work").mkdir()
    (nowhere / "work" / "one").symlink_to(nowhere / "store")
    (nowhere / "work" / "two").symlink_to(nowhere / "store")
    (nowhere / "store" / "back").symlink_to(nowhere / "work")
    assert command("size", "work", "--plain").stdout == "10B\n"


def test_the_size_of_an_s3_prefix_ends_where_the_folder_does(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="data")
        for key, size in {"run1/a.bam": 10, "run1/b.bam": 5, "run10/a.bam": 100}.items():
            s3.put_object(Bucket="data", Key=key, Body=b"x" * size)
        assert command("size", "s3://data/run1", "--plain").stdout == "15B\n"
        assert command("size", "s3://data/run1/a.bam", "--plain").stdout == "10B\n"
        assert "there is nothing at s3://data/gone" in command("size", "s3://data/gone").stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("files.txt", "a.bam\nb.bam\n"),  # a plain list has no header
        ("sheet.csv", "sample;bam;other\nx;a.bam;b.bam\n"),
        ("sheet.csv", "sample, bam, other\nx, a.bam, b.bam\n"),
    ],
)
def test_every_file_counts_however_it_is_listed(command: Command, nowhere: Path, name: str, text: str) -> None:
    (nowhere / "a.bam").write_bytes(b"x" * 10)
    (nowhere / "b.bam").write_bytes(b"x" * 5)
    (nowhere / name).write_text(text)
    assert command("size", name, "--plain").stdout == "15B\n"


def test_an_unset_variable_of_a_script_is_not_this_folder(command: Command, nowhere: Path) -> None:
    assert command("size", "").exit_code == 1
    assert "cannot measure https://example.org/a.bam" in command("size", "https://example.org/a.bam").stderr


def test_a_file_counts_once_however_it_is_named(command: Command, nowhere: Path) -> None:
    (nowhere / "reads").mkdir()
    (nowhere / "reads" / "a.fastq.gz").write_bytes(b"x" * 30)
    (nowhere / "reads" / "same.fastq.gz").symlink_to("a.fastq.gz")
    (nowhere / "sheet.csv").write_text(
        "sample,fastq\na,reads/a.fastq.gz\nb,./reads/a.fastq.gz\nc,reads/same.fastq.gz\n"
    )
    for sources in (["reads"], ["sheet.csv"], ["reads", "reads/a.fastq.gz"], ["reads/a.fastq.gz", "sheet.csv"]):
        result = command("size", *sources, "--plain")
        assert result.stdout == "30B\n"
        assert "each counts once" in result.stderr
