"""Simulated genomes, reads, transcriptomes and cohorts: seeded, in numpy, written in the usual formats.

Sequences are arrays of the bytes A, C, G, T. Nothing here is measured: simulation happens before a run.
"""

import gzip
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Generator = np.random.Generator
Sequence = np.ndarray  # one-dimensional, uint8, the letters A, C, G, T

LETTERS = np.frombuffer(b"ACGT", np.uint8)
COMPLEMENT = np.zeros(256, np.uint8)
COMPLEMENT[LETTERS] = LETTERS[::-1]
# The four quality levels that current Illumina machines write, as FASTQ letters, best first.
QUALITY_LETTERS = np.frombuffer(b"F:,#", np.uint8)
READS_PER_CHUNK = 100_000
VARIANTS_PER_CHUNK = 1_000


def random_sequence(rng: Generator, length: int, gc: float) -> Sequence:
    """Return `length` independent bases with the given share of G and C."""
    return rng.choice(LETTERS, size=length, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])


def genome(rng: Generator, length: int, gc: float, repeat_share: float) -> Sequence:
    """Return a genome in which about `repeat_share` of the bases are slightly altered copies of others."""
    bases = random_sequence(rng, length, gc)
    unit_length = min(2_000, length // 10)
    unit = bases[:unit_length].copy()
    for start in rng.integers(unit_length, length - unit_length, int(repeat_share * length / unit_length)):
        copy = mutate_letters(rng, unit, rng.uniform(0.0, 0.1))
        bases[start : start + unit_length] = copy
    return bases


def mutate_letters(rng: Generator, bases: np.ndarray, rate: float) -> np.ndarray:
    """Return a copy of `bases` (any shape) with this share of letters redrawn."""
    changed = bases.copy()
    places = rng.random(bases.shape, np.float32) < rate
    changed[places] = rng.choice(LETTERS, size=int(places.sum()))
    return changed


def second_haplotype(rng: Generator, bases: Sequence) -> Sequence:
    """Return the genome with 1.3 substitutions and 0.2 short insertions or deletions per 1,000 bases."""
    changed = mutate_letters(rng, bases, 0.0013)
    indels = len(bases) // 10_000
    changed = np.delete(changed, rng.integers(0, len(changed), indels))
    places = rng.integers(0, len(changed), indels)
    return np.insert(changed, places, rng.choice(LETTERS, size=indels))


def write_fasta(path: Path, sequences: dict[str, Sequence]) -> None:
    """Write the named sequences, 60 bases to a line."""
    with path.open("wb") as file:
        for name, bases in sequences.items():
            text = bases.tobytes()
            lines = [text[start : start + 60] for start in range(0, len(text), 60)]
            file.write(b">" + name.encode() + b"\n" + b"\n".join(lines) + b"\n")


def fastq_records(rng: Generator, bases: np.ndarray, first_number: int, error_rate: float) -> bytes:
    """Return FASTQ text for a matrix of reads (one row each); sequencing errors get low qualities."""
    reads, length = bases.shape
    # Quality falls along the read, as it does on a real machine.
    doubt = rng.random(bases.shape, np.float32) * np.linspace(0.9, 1.1, length, dtype=np.float32)
    level = np.digitize(doubt, [0.88, 0.97, 1.06]).astype(np.uint8)
    wrong = rng.random(bases.shape, np.float32) < error_rate * (1 + 3 * level)
    bases = bases.copy()
    bases[wrong] = rng.choice(LETTERS, size=int(wrong.sum()))

    numbers = np.arange(first_number, first_number + reads)
    digits = (numbers[:, None] // 10 ** np.arange(8, -1, -1) % 10 + ord("0")).astype(np.uint8)

    def constant(text: bytes) -> np.ndarray:
        return np.broadcast_to(np.frombuffer(text, np.uint8), (reads, len(text)))

    lines = [constant(b"@read"), digits, constant(b"\n"), bases, constant(b"\n+\n"), QUALITY_LETTERS[level]]
    return np.hstack([*lines, constant(b"\n")]).tobytes()


@dataclass(frozen=True)
class Fragments:
    """Pieces of `source`, each from a start to an end that is at least one read away."""

    source: Sequence
    starts: np.ndarray
    ends: np.ndarray


def write_reads(rng: Generator, paths: list[Path], fragments: Fragments, read_length: int, error_rate: float) -> None:
    """Write one read from one end of each fragment, or with two paths one from either end."""
    within = np.arange(read_length)
    starts, ends = fragments.starts, fragments.ends
    flipped = rng.random(len(starts)) < 0.5
    with ExitStack() as stack:
        files = [stack.enter_context(gzip.open(path, "wb", compresslevel=1)) for path in paths]
        for first in range(0, len(starts), READS_PER_CHUNK):
            chunk = slice(first, first + READS_PER_CHUNK)
            left = fragments.source[starts[chunk, None] + within]
            right = COMPLEMENT[fragments.source[ends[chunk, None] - 1 - within]]
            mates = [np.where(flipped[chunk, None], right, left), np.where(flipped[chunk, None], left, right)]
            for file, mate in zip(files, mates, strict=False):
                file.write(fastq_records(rng, mate, first, error_rate))


@dataclass(frozen=True, kw_only=True)
class GermlineSample:
    """One diploid individual, sequenced at some coverage."""

    genome_length: int
    coverage: float
    read_length: int
    paired: bool

    def write(self, rng: Generator, folder: Path) -> None:
        """Write reference.fa and reads_1.fastq.gz (and reads_2.fastq.gz)."""
        reference = genome(rng, self.genome_length, gc=rng.uniform(0.35, 0.6), repeat_share=rng.uniform(0.0, 0.3))
        write_fasta(folder / "reference.fa", {"chromosome_1": reference})
        haplotypes = np.concatenate([reference, second_haplotype(rng, reference)])

        mates = 2 if self.paired else 1
        count = max(50, round(self.coverage * self.genome_length / self.read_length / mates))
        lengths = np.clip(rng.normal(380, 60, count).astype(int), self.read_length, self.genome_length // 2)
        starts = rng.integers(0, self.genome_length - lengths) + self.genome_length * rng.integers(0, 2, count)
        starts = np.minimum(starts, len(haplotypes) - lengths)
        duplicate = rng.random(count) < rng.uniform(0.02, 0.25)
        original = rng.integers(0, count, count)
        starts[duplicate], lengths[duplicate] = starts[original[duplicate]], lengths[original[duplicate]]
        paths = [folder / f"reads_{mate}.fastq.gz" for mate in range(1, mates + 1)]
        fragments = Fragments(haplotypes, starts, starts + lengths)
        write_reads(rng, paths, fragments, self.read_length, error_rate=rng.uniform(0.001, 0.004))


def transcriptome(rng: Generator, transcripts: int) -> dict[str, Sequence]:
    """Return transcripts of genes with one to five isoforms, which share most of their exons."""
    sequences: dict[str, Sequence] = {}
    while len(sequences) < transcripts:
        lengths = np.clip(rng.lognormal(5.3, 0.6, rng.integers(3, 12)), 120, 3_000).astype(int)
        exons = [random_sequence(rng, length, gc=0.5) for length in lengths]
        gene = f"gene{len(sequences)}"
        for isoform in range(rng.integers(1, 6)):
            kept = rng.random(len(exons)) < 0.75
            kept[:3] = True
            sequences[f"{gene}.{isoform}"] = np.concatenate(
                [exon for exon, keep in zip(exons, kept, strict=True) if keep]
            )
    return dict(list(sequences.items())[:transcripts])


@dataclass(frozen=True, kw_only=True)
class RnaStudy:
    """Several samples of unlike depth against one transcriptome; reads of 100 bases."""

    transcripts: int
    fragments_per_sample: int
    sample_count: int
    paired: bool

    def write(self, rng: Generator, folder: Path) -> None:
        """Write transcripts.fa and, for each sample N, sample_N_1.fastq.gz (and sample_N_2.fastq.gz)."""
        sequences = transcriptome(rng, self.transcripts)
        write_fasta(folder / "transcripts.fa", sequences)
        source = np.concatenate(list(sequences.values()))
        lengths = np.array([len(bases) for bases in sequences.values()])
        offsets = np.cumsum(lengths) - lengths
        for sample in range(1, self.sample_count + 1):
            count = max(100, round(self.fragments_per_sample * rng.uniform(0.7, 1.3)))
            abundance = rng.lognormal(0, 2, self.transcripts) * lengths
            origin = rng.choice(self.transcripts, count, p=abundance / abundance.sum())
            sizes = np.clip(rng.normal(200, 30, count).astype(int), 100, lengths[origin])
            starts = offsets[origin] + rng.integers(0, lengths[origin] - sizes + 1)
            paths = [folder / f"sample_{sample}_{mate}.fastq.gz" for mate in ((1, 2) if self.paired else (1,))]
            write_reads(rng, paths, Fragments(source, starts, starts + sizes), read_length=100, error_rate=0.002)


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Unrelated people from three populations with traits on which twenty variants act."""

    samples: int
    variants: int
    phenotypes: int
    binary: bool

    def write(self, rng: Generator, folder: Path) -> None:
        """Write phenotypes.tsv and cohort.bed, .bim and .fam.

        Layout of these: https://www.cog-genomics.org/plink/1.9/formats#bed
        """
        population = rng.integers(0, 3, self.samples)
        effects = rng.normal(0, 1, (self.variants, self.phenotypes))
        effects *= rng.random((self.variants, 1)) < 20 / self.variants
        score = np.zeros((self.samples, self.phenotypes))
        with (folder / "cohort.bed").open("wb") as bed:
            bed.write(b"\x6c\x1b\x01")
            for first in range(0, self.variants, VARIANTS_PER_CHUNK):
                count = min(VARIANTS_PER_CHUNK, self.variants - first)
                genotypes = linked_genotypes(rng, count, population)
                score += genotypes.T.astype(np.float32) @ effects[first : first + count]
                bed.write(pack_genotypes(rng, genotypes))
        positions = np.cumsum(rng.integers(50, 2_000, self.variants))
        variants = (f"1\tvariant{index}\t0\t{position}\tA\tG\n" for index, position in enumerate(positions))
        (folder / "cohort.bim").write_text("".join(variants))
        people = (f"0\tperson{index}\t0\t0\t1\t-9\n" for index in range(self.samples))
        (folder / "cohort.fam").write_text("".join(people))
        self._write_phenotypes(rng, folder / "phenotypes.tsv", score, population)

    def _write_phenotypes(self, rng: Generator, path: Path, score: np.ndarray, population: np.ndarray) -> None:
        inherited = (score - score.mean(axis=0)) / (score.std(axis=0) + 1e-9)
        trait = inherited + rng.normal(0, 1.5, score.shape) + 0.3 * population[:, None]
        values = (trait > np.median(trait, axis=0)) + 1 if self.binary else trait.round(4)
        header = "\t".join(["#IID", *(f"trait_{number}" for number in range(1, self.phenotypes + 1))])
        rows = ["\t".join([f"person{index}", *map(str, row)]) for index, row in enumerate(values)]
        path.write_text("\n".join([header, *rows]) + "\n")


def linked_genotypes(rng: Generator, variants: int, population: np.ndarray) -> np.ndarray:
    """Return allele counts 0, 1, 2 (a row per variant) in which neighbours are alike in blocks of ten."""
    ancestral = rng.beta(0.8, 1.6, (variants, 1)).clip(0.005, 0.95)
    # The model of Balding and Nichols: frequencies of each population scatter around the ancestral ones with F = 0.02.
    frequency = rng.beta(ancestral * 49, (1 - ancestral) * 49, (variants, 3))[:, population].astype(np.float32)
    genotypes = np.zeros((variants, len(population)), np.uint8)
    for _chromosome in range(2):
        genotypes += rng.random(genotypes.shape, np.float32) < frequency
    blocks = genotypes[np.arange(variants) // 10 * 10]
    return np.where(rng.random(genotypes.shape, np.float32) < 0.5, blocks, genotypes)


def pack_genotypes(rng: Generator, genotypes: np.ndarray) -> bytes:
    """Return the rows in PLINK's two bits per genotype, with half a percent of calls missing."""
    codes = np.array([3, 2, 0], np.uint8)[genotypes]
    codes[rng.random(codes.shape, np.float32) < 0.005] = 1
    padded = np.pad(codes, ((0, 0), (0, -codes.shape[1] % 4)))
    quads = padded.reshape(len(padded), -1, 4)
    return (quads << np.array([0, 2, 4, 6], np.uint8)).sum(axis=2).astype(np.uint8).tobytes()
