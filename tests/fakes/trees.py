"""Boosters in UBJSON, as XGBoost writes them, sound or not."""

import copy
import struct
from typing import Any

from contract.trees import OBJECTIVE

COLUMNS = 3


def booster() -> dict[str, Any]:
    """One tree of one split over three columns."""
    arrays: dict[str, list[float]] = {
        "base_weights": [0.0, -0.5, 0.5],
        "loss_changes": [1.0, 0.0, 0.0],
        "split_conditions": [0.25, -0.5, 0.5],
        "sum_hessian": [2.0, 1.0, 1.0],
    }
    numbers: dict[str, list[int]] = {
        "default_left": [0, 0, 0],
        "left_children": [1, -1, -1],
        "parents": [2147483647, 0, 0],
        "right_children": [2, -1, -1],
        "split_indices": [2, 0, 0],
        "split_type": [0, 0, 0],
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
    }
    about = {"num_deleted": "0", "num_feature": str(COLUMNS), "num_nodes": "3", "size_leaf_vector": "1"}
    tree = {**arrays, **numbers, "id": 0, "tree_param": about}
    model = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"},
        "iteration_indptr": [0, 1],
        "tree_info": [0],
        "trees": [tree],
    }
    learner = {
        "attributes": {},
        "gradient_booster": {"model": model, "name": "gbtree"},
        "learner_model_param": {
            "base_score": "[0E0]",
            "num_class": "0",
            "num_feature": str(COLUMNS),
            "num_target": "1",
        },
        "objective": {"name": OBJECTIVE},
    }
    return {"learner": learner, "version": [3, 4, 1]}


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """Return a booster that differs in one place."""
    found = copy.deepcopy(booster())
    place: Any = found
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return found


def ubjson(value: object) -> bytes:
    """Write UBJSON."""
    match value:
        case str():
            return b"S" + _text(value)
        case int():
            return b"l" + struct.pack(">i", value)
        case float():
            return b"D" + struct.pack(">d", value)
        case list() if value and all(isinstance(each, float) for each in value):
            return b"[$d#" + ubjson_length(len(value)) + struct.pack(f">{len(value)}f", *value)
        case list():
            return b"[#" + ubjson_length(len(value)) + b"".join(map(ubjson, value))
        case dict():
            return b"{" + b"".join(_text(name) + ubjson(each) for name, each in value.items()) + b"}"
    raise TypeError(type(value).__name__)


def ubjson_length(count: int) -> bytes:
    """Write a length."""
    return b"L" + struct.pack(">q", count)


def _text(text: str) -> bytes:
    return ubjson_length(len(text.encode())) + text.encode()
