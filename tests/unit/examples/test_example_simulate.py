import gzip
from pathlib import Path

import numpy as np
import pytest

from examples.plans import PLANNERS, plan
from examples.simulate import COMPLEMENT, Cohort, Fragments, GermlineSample, RnaStudy, random_sequence, write_reads


def fastq(path: Path) -> list[tuple[str, str, str]]:
    """Names, bases and qualities of a FASTQ file, whose records have exactly four lines."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert len(lines) % 4 == 0
    assert set(lines[2::4]) == {"+"}
    return list(zip(lines[0::4], lines[1::4], lines[3::4], strict=True))


def fasta(path: Path) -> dict[str, str]:
    entries = [entry.split("\n", 1) for entry in path.read_text().split(">")[1:]]
    return {name: bases.replace("\n", "") for name, bases in entries}


def reverse_complement(bases: str) -> str:
    return bases[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_mates_read_a_fragment_from_its_two_ends(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    source = random_sequence(rng, 500, gc=0.5)
    paths = [tmp_path / "1.fastq.gz", tmp_path / "2.fastq.gz"]
    fragments = Fragments(source, starts=np.array([10, 100]), ends=np.array([200, 260]))
    write_reads(rng, paths, fragments, read_length=50, error_rate=0)
    text = source.tobytes().decode()
    for (start, end), one, two in zip([(10, 200), (100, 260)], fastq(paths[0]), fastq(paths[1]), strict=True):
        assert one[0] == two[0]
        assert {one[1], two[1]} == {text[start : start + 50], reverse_complement(text[end - 50 : end])}


def test_complement_pairs_the_bases() -> None:
    assert COMPLEMENT[np.frombuffer(b"ACGT", np.uint8)].tobytes() == b"TGCA"


@pytest.mark.parametrize("paired", [True, False])
def test_a_sample_has_the_coverage_asked_for(tmp_path: Path, paired: bool) -> None:
    sample = GermlineSample(genome_length=20_000, coverage=12, read_length=100, paired=paired)
    sample.write(np.random.default_rng(2), tmp_path)
    assert len(fasta(tmp_path / "reference.fa")["chromosome_1"]) == 20_000
    files = sorted(tmp_path.glob("reads_*.fastq.gz"))
    assert len(files) == (2 if paired else 1)
    bases = sum(len(sequence) for path in files for _, sequence, _ in fastq(path))
    assert bases == pytest.approx(12 * 20_000, rel=0.01)


def test_reads_of_rna_come_from_the_transcripts(tmp_path: Path) -> None:
    RnaStudy(transcripts=30, fragments_per_sample=200, sample_count=2, paired=False).write(
        np.random.default_rng(3), tmp_path
    )
    transcripts = fasta(tmp_path / "transcripts.fa")
    assert len(transcripts) == 30
    text = " ".join(transcripts.values())
    for path in (tmp_path / "sample_1_1.fastq.gz", tmp_path / "sample_2_1.fastq.gz"):
        reads = [bases for _, bases, _ in fastq(path)]
        exact = [bases in text or reverse_complement(bases) in text for bases in reads]
        assert 140 <= len(reads) <= 260
        # At two errors in a thousand bases, rising with falling quality, most reads of 100 have none.
        assert np.mean(exact) > 0.6


def test_a_cohort_fills_plinks_layout(tmp_path: Path) -> None:
    Cohort(samples=61, variants=1_500, phenotypes=2, binary=True).write(np.random.default_rng(4), tmp_path)
    packed = (tmp_path / "cohort.bed").read_bytes()
    assert packed[:3] == b"\x6c\x1b\x01"
    assert len(packed) == 3 + 1_500 * 16
    codes = np.frombuffer(packed[3:], np.uint8).reshape(1_500, 16, 1) >> np.array([0, 2, 4, 6]) & 3
    people = codes.reshape(1_500, 64)
    assert (people[:, 61:] == 0).all()
    assert np.mean(people[:, :61] == 1) == pytest.approx(0.005, abs=0.002)
    assert len((tmp_path / "cohort.bim").read_text().splitlines()) == 1_500
    assert len((tmp_path / "cohort.fam").read_text().splitlines()) == 61
    header, *rows = (tmp_path / "phenotypes.tsv").read_text().splitlines()
    assert header == "#IID\ttrait_1\ttrait_2"
    assert {value for row in rows for value in row.split("\t")[1:]} == {"1", "2"}


def test_the_same_seed_gives_the_same_cohort(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        (tmp_path / name).mkdir()
        Cohort(samples=50, variants=1_000, phenotypes=1, binary=False).write(
            np.random.default_rng(seed), tmp_path / name
        )
    one, same, other = ((tmp_path / name / "cohort.bed").read_bytes() for name in ("one", "same", "other"))
    assert one == same != other


@pytest.mark.parametrize("workflow_name", list(PLANNERS))
def test_each_run_has_its_own_plan_and_keeps_it(workflow_name: str) -> None:
    again = [plan(workflow_name, 1, number).parameters for number in range(1, 30)]
    assert again == [plan(workflow_name, 1, number).parameters for number in range(1, 30)]
    assert len({str(parameters) for parameters in again}) > 20
    assert again != [plan(workflow_name, 2, number).parameters for number in range(1, 30)]
