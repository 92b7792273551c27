"""What is stored of a history's parameters stays small whatever people record."""

from typing import Any

import pytest

from contract.container import MAX_PROFILE_BYTES, ParameterProfile
from functions.shared.evaluations import MAX_EVALUATION_BYTES
from model.container import evaluation
from model.cost_model import CostModel
from tests.unit.model.histories import make_artifact, make_history, make_rows


def size(profiles: list[ParameterProfile]) -> int:
    return sum(len(profile.model_dump_json().encode()) for profile in profiles)


def wide(rows: list[dict[str, Any]], parameters: int, text: str) -> list[dict[str, Any]]:
    """Give each run text values, a dozen different ones for each parameter."""
    return [
        row
        | {
            "run_id": f"{number}-" + text[:190],
            "parameters": {f"p{n}": f"{number % 12}{text}" for n in range(parameters)},
        }
        for number, row in enumerate(rows)
    ]


@pytest.mark.parametrize(("parameters", "text"), [(1, "x" * 250), (50, "\U0001f9ec" * 250)])
def test_a_profile_is_bounded_whatever_runs_record(parameters: int, text: str) -> None:
    history = make_history(wide(make_rows(30), parameters, text))
    model = CostModel.fit(history)
    found = evaluation.evaluate(make_artifact(model), history, make_history([]), None, [])
    assert size(found.profile.parameters) <= MAX_PROFILE_BYTES
    assert found.profile.parameters
    assert len(found.model_dump_json(indent=1).encode()) <= MAX_EVALUATION_BYTES


def category(name: str, values: int, length: int) -> ParameterProfile:
    return ParameterProfile(name=name, kind="category", values=[f"{n:0{length}d}" for n in range(values)])


def test_a_small_profile_is_kept_whole() -> None:
    profiles = [category("aligner", 50, 20), ParameterProfile(name="threads", kind="number", values=[1, 2, 4])]
    assert evaluation.bounded(profiles) == profiles


def test_rare_values_go_first_and_numbers_stay() -> None:
    profiles = [category("genome", 50, 200), ParameterProfile(name="threads", kind="number", values=[1, 2, 4])]
    genome, threads = evaluation.bounded(profiles)
    assert genome.values == profiles[0].values[:20]
    assert threads == profiles[1]


def test_of_too_many_parameters_the_small_ones_stay() -> None:
    profiles = [category("long", 2, 250), *(category(f"p{n}", 2, 100) for n in range(32))]
    assert [profile.name for profile in evaluation.bounded(profiles)] == [f"p{n}" for n in range(32)]
