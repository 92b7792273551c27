"""Names are legal in AWS, differ where what they name differs, and never change for what they name."""

import re

from hypothesis import given
from hypothesis import strategies as st

from contract import names

_NAME = re.compile(names.SAGEMAKER_NAME_PATTERN)
_TEXT = st.text(min_size=1, max_size=128)
_PREFIX = st.from_regex(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", fullmatch=True).filter(lambda prefix: "--" not in prefix)


@given(_PREFIX, _TEXT, st.text(min_size=1, max_size=80))
def test_sagemaker_takes_every_name(prefix: str, workflow: str, execution: str) -> None:
    assert _NAME.fullmatch(names.resource_name(prefix, workflow))
    assert _NAME.fullmatch(names.challenger_name(prefix, workflow, execution))


@given(_TEXT, st.text(min_size=1, max_size=80))
def test_step_functions_and_the_registry_take_every_name(workflow: str, execution: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9-]{1,80}", names.child_execution_name(execution, workflow))
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,36}", names.client_token(execution))


def test_names_that_share_a_slug_stay_apart() -> None:
    assert names.resource_name("runquote", "rna_seq") != names.resource_name("runquote", "rna-seq")
    assert names.resource_name("runquote", "RNA-seq") != names.resource_name("runquote", "rna-seq")


def test_names_are_what_they_were() -> None:
    # A change here would orphan every endpoint, registry and held-out run of every installation.
    assert names.resource_name("runquote", "rnaseq-quant") == "runquote-rnaseq-quant-9988efc5"
    assert names.challenger_name("runquote", "rnaseq-quant", "x") == "runquote-rnaseq-quant-9988efc5-2d711642b7"
    held_out = [number for number in range(12) if names.is_holdout("rnaseq-quant", f"run-{number}")]
    assert held_out == [3, 8, 9]


def test_about_one_run_in_five_is_held_out() -> None:
    held_out = sum(names.is_holdout("rnaseq-quant", f"run-{number}") for number in range(5000))
    assert 900 < held_out < 1100
