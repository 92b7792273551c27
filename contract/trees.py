"""What `booster.ubj` may hold: XGBoost's trees in UBJSON, read and checked without XGBoost.

XGBoost itself takes any structure and follows it: a split on a column that no row has reads memory that is not there.
So whoever opens an artefact checks it first. Format: https://ubjson.org/type-reference/ and
https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
"""

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

OBJECTIVE = "reg:pseudohubererror"
"""The only one: others would turn the trees' sums into something else."""
MAX_TREES = 10_000
MAX_LEAF = 1e6
"""Largest value of a leaf, in standard deviations of log cost."""
_MAX_DEPTH = 16
_NUMBERS = {"U": "B", "i": "b", "I": "h", "l": "i", "L": "q", "d": "f", "D": "d"}
"""UBJSON's marker of a number → Python's format of it, big-endian."""
_CONSTANTS = {"T": True, "F": False, "Z": None}
_LENGTHS = {
    "base_weights",
    "default_left",
    "left_children",
    "loss_changes",
    "parents",
    "right_children",
    "split_conditions",
    "split_indices",
    "split_type",
    "sum_hessian",
}
"""Members of a tree with one element for each node."""
_NO_CATEGORIES = ("categories", "categories_nodes", "categories_segments", "categories_sizes")


def check(content: bytes, features: int) -> None:
    """Check that a booster holds sound trees over so many columns, and nothing else.

    Raises:
        ValueError: it does not, and why.
    """
    try:
        booster = _Reader(content).document()
        learner = booster["learner"]
        _check_learner(learner, features)
        trees = _trees(learner["gradient_booster"])
        for number, tree in enumerate(trees):
            _check_tree(tree, number, features)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError("the trees are not as XGBoost writes them") from error


def _check_learner(learner: Mapping[str, Any], features: int) -> None:
    about = learner["learner_model_param"]
    if (int(about["num_feature"]), int(about["num_target"]), int(about["num_class"])) != (features, 1, 0):
        raise ValueError(f"the trees are not over the {features} columns of the model")
    if not math.isfinite(float(about["base_score"].strip("[]"))):
        raise ValueError("the base score is no number")
    if learner["objective"]["name"] != OBJECTIVE or learner["attributes"]:
        raise ValueError(f"the objective of the trees is not {OBJECTIVE}")


def _trees(booster: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    model = booster["model"]
    trees: Sequence[Mapping[str, Any]] = model["trees"]
    count, about = len(trees), model["gbtree_model_param"]
    if booster["name"] != "gbtree" or not 0 < count <= MAX_TREES:
        raise ValueError("the booster is not one of trees")
    if (int(about["num_trees"]), int(about["num_parallel_tree"])) != (count, 1):
        raise ValueError("the number of trees differs from that stated")
    if list(model["iteration_indptr"]) != list(range(count + 1)) or list(model["tree_info"]) != [0] * count:
        raise ValueError("the order of the trees is not theirs")
    if model.get("cats", {}).get("enc"):
        raise ValueError("the trees split categories, and the model has none")
    return trees


def _check_tree(tree: Mapping[str, Any], number: int, features: int) -> None:
    about = tree["tree_param"]
    nodes = int(about["num_nodes"])
    if nodes < 1 or int(about["num_feature"]) != features or int(about["size_leaf_vector"]) > 1:
        raise ValueError(f"tree {number} is not over the {features} columns of the model")
    if any(len(tree[name]) != nodes for name in _LENGTHS) or int(tree["id"]) != number:
        raise ValueError(f"the parts of tree {number} differ in length")
    if any(len(tree[name]) for name in _NO_CATEGORIES) or any(tree["split_type"]):
        raise ValueError(f"tree {number} splits a category, and the model has none")
    _follow(tree, number, nodes, features)


def _follow(tree: Mapping[str, Any], number: int, nodes: int, features: int) -> None:
    """Visit every node that an answer may reach, each once."""
    left, right, columns, values = (
        tree[name] for name in ("left_children", "right_children", "split_indices", "split_conditions")
    )
    seen: set[int] = set()
    waiting = [0]
    while waiting:
        node = waiting.pop()
        if node in seen or not 0 <= node < nodes:
            raise ValueError(f"tree {number} leads to a node that is not there, or in a circle")
        seen.add(node)
        if not math.isfinite(values[node]):
            raise ValueError(f"tree {number} holds a value that is no number")
        if left[node] == right[node] == -1:
            if abs(values[node]) > MAX_LEAF:
                raise ValueError(f"tree {number} has a leaf beyond all bounds")
            continue
        if not 0 <= columns[node] < features:
            raise ValueError(f"tree {number} splits column {columns[node]}, and the model has {features}")
        waiting += (left[node], right[node])


class _Reader:
    """Reads UBJSON whose parts fit into it; keeps nothing but what it returns."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def document(self) -> Any:  # noqa: ANN401 - whatever is there
        """Return the one value that the content is."""
        value = self._value(self._marker(), 0)
        if self._place != len(self._content):
            raise ValueError("something follows the trees")
        return value

    def _take(self, length: int) -> bytes:
        if not 0 <= length <= len(self._content) - self._place:
            raise ValueError("the trees are cut off")
        self._place += length
        return self._content[self._place - length : self._place]

    def _marker(self) -> str:
        return self._take(1).decode("latin-1")

    def _numbers(self, marker: str, count: int) -> tuple[Any, ...]:
        size = struct.calcsize(_NUMBERS[marker])
        return struct.unpack(f">{count}{_NUMBERS[marker]}", self._take(count * size))

    def _length(self) -> int:
        return int(self._numbers(self._marker(), 1)[0])

    def _text(self) -> str:
        return self._take(self._length()).decode("utf-8")

    def _value(self, marker: str, depth: int) -> Any:  # noqa: ANN401 - whatever is there
        if depth > _MAX_DEPTH:
            raise ValueError("the trees are nested too deeply")
        if marker in _NUMBERS:
            return self._numbers(marker, 1)[0]
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker == "S":
            return self._text()
        if marker == "[":
            return self._array(depth)
        if marker == "{":
            return self._object(depth)
        raise ValueError(f"{marker!r} begins no value of UBJSON that XGBoost writes")

    def _array(self, depth: int) -> Sequence[Any]:
        marker = self._marker()
        kind = None
        if marker == "$":
            kind, marker = self._marker(), self._marker()
        if marker == "#":
            count = self._length()
            if kind is not None:
                return self._numbers(kind, count)
            if count > len(self._content):
                raise ValueError("the trees are cut off")
            return [self._value(self._marker(), depth + 1) for _ in range(count)]
        found = []
        while marker != "]":
            found.append(self._value(marker, depth + 1))
            marker = self._marker()
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (marker := self._marker()) != "}":
            name = self._take(int(self._numbers(marker, 1)[0])).decode("utf-8")
            if name in found:
                raise ValueError(f"{name[:40]!r} is there twice")
            found[name] = self._value(self._marker(), depth + 1)
        return found
