"""Layers of the model are really gone where their worth is measured, and the histories are what they say."""

import numpy as np
import pytest

from bench import accuracy, asked, layers
from model.cost_model import CostModel
from model.data.history import from_rows

MADE_UP = [name for name in asked.SETS if not name.startswith("public")]


@pytest.mark.parametrize("name", layers.LAYERS)
def test_a_layer_is_gone_inside_and_there_again_after(name: str) -> None:
    layer = layers.LAYERS[name]
    before = [getattr(owner, member) for owner, member, _ in layer.gone]
    with layer.taken_out():
        assert all(getattr(owner, member) is value for owner, member, value in layer.gone)
    assert [getattr(owner, member) for owner, member, _ in layer.gone] == before
    assert layer.lines >= 10
    assert set(layer.where) <= set(asked.SETS)


@pytest.mark.parametrize("name", MADE_UP)
def test_a_made_up_history_is_cut_into_what_is_known_and_what_is_asked(name: str) -> None:
    case = next(iter(asked.SETS[name]()))
    assert len(case.past) >= 20
    assert len(case.asked) >= 10
    assert not set(case.past.run_id) & set(case.asked.run_id)
    assert np.isfinite(case.asked.cost_usd).all()


def test_without_trees_and_conditions_a_model_has_neither() -> None:
    case = next(iter(asked.SETS["load that lasts, later"]()))
    known = from_rows(accuracy.rows(case.past))[0]
    with layers.LAYERS["trees"].taken_out(), layers.LAYERS["conditions of time"].taken_out():
        plain = CostModel.fit(known)
    assert plain.booster is None
    assert plain.drift is None
    assert CostModel.fit(known).drift is not None
