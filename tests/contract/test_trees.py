"""Which boosters are trees of the model, and which would send an answer astray."""

import math
import struct

import pytest

from contract import trees
from tests.fakes.trees import COLUMNS, booster, changed, ubjson, ubjson_length

TREE = ("learner", "gradient_booster", "model", "trees", 0)
MODEL = TREE[:3]


def test_sound_trees_are_taken() -> None:
    trees.check(ubjson(booster()), COLUMNS)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ((*TREE, "split_indices"), [100_000, 0, 0], "column 100000"),
        ((*TREE, "split_indices"), [-1, 0, 0], "column -1"),
        ((*TREE, "split_indices"), [2, 0], "differ in length"),
        ((*TREE, "left_children"), [3, -1, -1], "not there"),
        ((*TREE, "left_children"), [-2, -1, -1], "not there"),
        ((*TREE, "left_children"), [0, -1, -1], "in a circle"),
        ((*TREE, "right_children"), [1, -1, -1], "in a circle"),
        ((*TREE, "left_children"), [1, 0, -1], "in a circle"),
        ((*TREE, "right_children"), [-1, -1, -1], "not there"),
        ((*TREE, "split_conditions"), [math.nan, -0.5, 0.5], "no number"),
        ((*TREE, "split_conditions"), [0.25, math.inf, 0.5], "no number"),
        ((*TREE, "split_conditions"), [0.25, 1e30, 0.5], "beyond all bounds"),
        ((*TREE, "split_type"), [1, 0, 0], "category"),
        ((*TREE, "categories"), [1], "category"),
        ((*TREE, "tree_param", "num_nodes"), "100", "differ in length"),
        ((*TREE, "tree_param", "num_nodes"), "0", "not over"),
        ((*TREE, "tree_param", "num_feature"), "100001", "not over"),
        ((*TREE, "tree_param", "size_leaf_vector"), "2", "not over"),
        ((*TREE, "id"), 7, "differ in length"),
        ((*MODEL, "trees"), [], "not one of trees"),
        ((*MODEL, "gbtree_model_param", "num_trees"), "2", "number of trees"),
        ((*MODEL, "gbtree_model_param", "num_parallel_tree"), "2", "number of trees"),
        ((*MODEL, "tree_info"), [1], "order"),
        ((*MODEL, "iteration_indptr"), [0, 5], "order"),
        (("learner", "gradient_booster", "name"), "gblinear", "not one of trees"),
        (("learner", "learner_model_param", "num_feature"), "100001", "columns"),
        (("learner", "learner_model_param", "num_class"), "3", "columns"),
        (("learner", "learner_model_param", "base_score"), "[NAN]", "base score"),
        (("learner", "learner_model_param", "base_score"), "[many]", "could not convert"),
        (("learner", "objective", "name"), "count:poisson", "objective"),
        (("learner", "attributes"), {"best_iteration": "0"}, "objective"),
        (("learner", "objective"), [], "as XGBoost writes"),
        (("learner",), {}, "as XGBoost writes"),
    ],
)
def test_other_trees_are_refused(path: tuple[str | int, ...], value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        trees.check(ubjson(changed(path, value)), COLUMNS)


def test_trees_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="not over the 4 columns"):
        trees.check(ubjson(booster()), 4)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"learner": {}}',
        b"[" * 100_000,
        b"[#" + ubjson_length(2**40),
        b"[$d#" + ubjson_length(2**40),
        b"[$d#" + ubjson_length(-1),
        b"[$Z#" + ubjson_length(2**40),
        b"S" + ubjson_length(2**40),
        b"{L" + struct.pack(">q", -5),
        ubjson(booster()) + b"Z",
        b"{" + (ubjson_length(1) + b"aZ") * 2 + b"}",
    ],
)
def test_what_is_no_booster_is_refused_at_once(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        trees.check(content, COLUMNS)


def test_every_cut_is_noticed() -> None:
    content = ubjson(booster())
    for length in range(0, len(content), 7):
        with pytest.raises(ValueError, match=r"."):
            trees.check(content[:length], COLUMNS)
