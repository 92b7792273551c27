"""Which runs to measure: sizes and parameters drawn at random, the same for the same seed and number."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from examples.simulate import Cohort, GermlineSample, RnaStudy

Parameters = dict[str, str | int | float | bool]


class Dataset(Protocol):
    """Input that can be made."""

    def write(self, rng: np.random.Generator, folder: Path) -> None:
        """Write the files that the workflow's Snakefile names into `folder`."""


@dataclass(frozen=True)
class Plan:
    """One run to measure: what its user would state, and the input it reads."""

    parameters: Parameters
    dataset: Dataset
    rng: np.random.Generator

    def write_input(self, folder: Path) -> None:
        """Simulate the input into `folder`; a plan does so once, since its generator moves on."""
        self.dataset.write(self.rng, folder)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform: every order of magnitude is equally likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def size(rng: np.random.Generator, number: int, low: float, high: float) -> float:
    """Draw the size of a run; every 27th lies a third beyond an end, the lower and the upper in turn.

    So a history surely spans its range, which chance alone would leave to its luck.
    """
    drawn = log_uniform(rng, low, high)
    if number % 27:
        return drawn
    return low / 1.3 if number % 54 else high * 1.3


def threads(rng: np.random.Generator) -> int:
    return 1 if rng.random() < 0.6 else 2


def plan_germline_variants(rng: np.random.Generator, number: int) -> Plan:
    """300 kb to 35 Mb of bases sequenced, from shallow reads of a long genome to deep reads of a short one."""
    coverage = round(log_uniform(rng, 4, 80), 1)
    genome_length = round(np.clip(size(rng, number, 3e5, 3.5e7) / coverage, 8_000, 4_000_000))
    parameters: Parameters = {
        "coverage": coverage,
        "read_length": int(rng.choice([100, 150])),
        "paired": bool(rng.random() < 0.7),
        "mark_duplicates": bool(rng.random() < 0.6),
        "realign_base_quality": bool(rng.random() < 0.6),
        "caller": str(rng.choice(["multiallelic", "consensus"])),
        "all_sites": bool(rng.random() < 0.25),
        "threads": threads(rng),
    }
    sample = GermlineSample(
        genome_length=genome_length,
        coverage=coverage,
        read_length=int(parameters["read_length"]),
        paired=bool(parameters["paired"]),
    )
    return Plan(parameters, sample, rng)


def plan_rnaseq_quant(rng: np.random.Generator, number: int) -> Plan:
    """One to eight samples, 4,000 to 400,000 fragments in all, against 200 to 5,000 transcripts."""
    sample_count = int(rng.choice([1, 2, 3, 4, 6, 8]))
    fragments = size(rng, number, 4_000, 400_000)
    transcripts = round(size(rng, number, 200, 5_000))
    parameters: Parameters = {
        "sample_count": sample_count,
        "paired": bool(rng.random() < 0.6),
        "bootstraps": int(rng.choice([0, 0, 10, 30])),
        "correct_bias": bool(rng.random() < 0.35),
        "kmer_length": int(rng.choice([23, 31])),
        "threads": threads(rng),
    }
    study = RnaStudy(
        transcripts=transcripts,
        fragments_per_sample=round(fragments / sample_count),
        sample_count=sample_count,
        paired=bool(parameters["paired"]),
    )
    return Plan(parameters, study, rng)


def plan_gwas_assoc(rng: np.random.Generator, number: int) -> Plan:
    """45 to 2,500 people and about 50 kB to 15 MB of genotypes (four to a byte)."""
    samples = round(log_uniform(rng, 45, 2_500))
    variants = round(np.clip(size(rng, number, 5e4, 1.5e7) * 4 / samples, 1_000, 150_000))
    parameters: Parameters = {
        "samples": samples,
        "phenotypes": int(rng.choice([1, 1, 2, 3, 5])),
        "model": str(rng.choice(["linear", "logistic"])),
        "principal_components": int(rng.choice([2, 5, 10])),
        "prune": bool(rng.random() < 0.6),
        "threads": threads(rng),
    }
    cohort = Cohort(
        samples=samples,
        variants=variants,
        phenotypes=int(parameters["phenotypes"]),
        binary=parameters["model"] == "logistic",
    )
    return Plan(parameters, cohort, rng)


PLANNERS = {
    "germline-variants": plan_germline_variants,
    "rnaseq-quant": plan_rnaseq_quant,
    "gwas-assoc": plan_gwas_assoc,
}


def plan(workflow_name: str, seed: int, number: int) -> Plan:
    """Return the plan of one run; more runs later leave the earlier ones as they were."""
    position = list(PLANNERS).index(workflow_name)
    return PLANNERS[workflow_name](np.random.default_rng([seed, position, number]), number)
