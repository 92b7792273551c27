"""Cost against input size, both on logarithmic scales: as an SVG or PNG file and in a terminal."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise

from contract.sizes import format_size
from contract.workflows import WorkflowDetail
from runquote.sizes import format_usd

_PNG_SCALE = 2
"""Pixels for each unit of the SVG, so that a PNG is sharp on a slide."""
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 440, 84, 20, 52, 56


@dataclass(frozen=True)
class Curve:
    """What is drawn: line and band over input sizes in bytes, and past runs; costs in USD."""

    title: str
    sizes: Sequence[int]
    costs: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]
    runs: Sequence[tuple[int, float]]
    beyond: Sequence[bool]
    """Which points of the line lie where there were no past runs."""

    def size_range(self) -> tuple[float, float]:
        """Return the smallest and the largest size that is drawn."""
        sizes = [*self.sizes, *(size for size, _ in self.runs)]
        return float(min(sizes)), float(max(sizes))

    def cost_range(self) -> tuple[float, float]:
        """Return the lowest and the highest cost that is drawn."""
        costs = [cost for cost in (*self.lows, *self.highs, *(cost for _, cost in self.runs)) if cost > 0]
        return min(costs), max(costs)


def curve_of(workflow: WorkflowDetail, percent: int) -> Curve:
    """Return the curve of a workflow with the band of this coverage, and its recent runs that succeeded."""
    bands = [
        next(interval for interval in point.intervals if round(interval.coverage * 100) == percent)
        for point in workflow.curve
    ]
    return Curve(
        title=workflow.workflow_name,
        sizes=[point.input_bytes for point in workflow.curve],
        costs=[point.cost_usd for point in workflow.curve],
        lows=[band.low_usd for band in bands],
        highs=[band.high_usd for band in bands],
        runs=[(run.input_bytes, run.cost_usd) for run in workflow.recent_runs if run.status == "SUCCEEDED"],
        beyond=[point.extrapolated for point in workflow.curve],
    )


class PlotError(Exception):
    """A plot cannot be made; the message says what to install."""


def png(document: str) -> bytes:
    """Return an SVG document of ours as a PNG, in a font that comes along: machines for CI mostly have none."""
    try:
        import resvg_py
        from font_lato import Lato, LatoBold
    except ImportError:
        raise PlotError("Drawing a PNG needs two more packages: uv tool install '.[plot]'. SVG needs none") from None
    return resvg_py.svg_to_bytes(
        svg_string=document,
        zoom=_PNG_SCALE,
        font_files=[Lato, LatoBold],
        sans_serif_family="Lato",
        skip_system_fonts=True,
    )


def svg(curve: Curve, percent: int) -> str:
    """Return the curve as an SVG document."""
    across = _scale(curve.size_range(), (_LEFT, _WIDTH - _RIGHT))
    down = _scale(curve.cost_range(), (_HEIGHT - _BOTTOM, _TOP))
    line = list(zip(map(across, curve.sizes), map(down, curve.costs), strict=True))
    upper = list(zip(map(across, curve.sizes), map(down, curve.highs), strict=True))
    lower = list(zip(map(across, curve.sizes), map(down, curve.lows), strict=True))
    title = escape(f"Cost of {curve.title} against input size")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13"><title>{title}</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="24" font-size="16" font-weight="600" fill="#1a1a1a">{title}</text>',
        f'<text x="{_LEFT}" y="42" fill="#555555">Line: estimate, dashed beyond past runs. '
        f"Band: {percent} % of runs. Dots: recent runs.</text>",
    ]
    for size in _ticks(curve.size_range()):
        x = across(size)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#e5e5e5"/>')
        label = escape(format_size(round(size)))
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle" fill="#555555">{label}</text>'
        )
    for cost in _ticks(curve.cost_range()):
        y = down(cost)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e5e5e5"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555555">{format_usd(cost)}</text>'
        )
    parts.append(f'<path d="{_path([*upper, *reversed(lower)])}Z" fill="#1f6feb" fill-opacity="0.16"/>')
    for beyond, pieces in groupby(
        zip(pairwise(line), pairwise(curve.beyond), strict=True), lambda piece: any(piece[1])
    ):
        ends = [piece for piece, _ in pieces]
        dashes = ' stroke-dasharray="6 5"' if beyond else ""
        piece = _path([ends[0][0], *(end for _, end in ends)])
        parts.append(f'<path d="{piece}" fill="none" stroke="#1f6feb" stroke-width="2"{dashes}/>')
    parts.extend(
        f'<circle cx="{across(size):.1f}" cy="{down(cost):.1f}" r="3.5" fill="#1a1a1a" fill-opacity="0.7"/>'
        for size, cost in curve.runs
    )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle" fill="#1a1a1a">Input dataset size</text></svg>'
    )
    return "\n".join(parts) + "\n"


def text(curve: Curve, width: int = 80, height: int = 20) -> str:
    """Return the curve as lines of text, none longer than `width`: * estimate, . band, o past run."""
    down = _scale(curve.cost_range(), (height - 1, 0))
    labels = {round(down(cost)): format_usd(cost) for cost in _ticks(curve.cost_range())}
    margin = max([7, *(len(label) for label in labels.values())])
    columns = width - margin - 2
    across = _scale(curve.size_range(), (0, columns - 1))
    grid = [[" "] * columns for _ in range(height)]
    places = [across(size) for size in curve.sizes]
    for x in range(math.ceil(places[0]), math.floor(places[-1]) + 1):
        middle, bottom, top = (
            round(_between(x, places, [down(value) for value in values]))
            for values in (curve.costs, curve.lows, curve.highs)
        )
        for y in range(top, bottom + 1):
            grid[y][x] = "."
        grid[middle][x] = "*"
    for size, cost in curve.runs:
        grid[round(down(cost))][round(across(size))] = "o"
    lines = [f"{labels.get(row, ''):>{margin}} |{''.join(cells).rstrip()}" for row, cells in enumerate(grid)]
    first, last = (format_size(round(size)) for size in curve.size_range())
    axis = f"{' ' * margin} +{'-' * columns}\n{' ' * margin}  {first}{last:>{columns - len(first)}}"
    return "\n".join([*lines, axis, f"{' ' * margin}  * estimate   . band   o past run"])


def _scale(domain: tuple[float, float], target: tuple[float, float]) -> Callable[[float], float]:
    low, high = math.log(domain[0]), math.log(domain[1])
    span = high - low or 1.0

    def position(value: float) -> float:
        share = (math.log(max(value, domain[0])) - low) / span if high > low else 0.5
        return target[0] + share * (target[1] - target[0])

    return position


def _between(x: float, positions: Sequence[float], values: Sequence[float]) -> float:
    """Return the value at x on the lines through points whose positions ascend."""
    for (left, first), (right, second) in pairwise(zip(positions, values, strict=True)):
        if x <= right:
            return first + (second - first) * ((x - left) / (right - left) if right > left else 0.0)
    return values[-1]


def _ticks(domain: tuple[float, float]) -> list[float]:
    """Return round numbers inside a range: powers of ten, and 2 and 5 times them if there is room."""
    exponents = range(math.floor(math.log10(domain[0])), math.ceil(math.log10(domain[1])) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        inside = [step * 10.0**exponent for exponent in exponents for step in steps]
        inside = [tick for tick in inside if domain[0] <= tick <= domain[1]]
        if len(inside) >= 4:
            break
    return inside


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
