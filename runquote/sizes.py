"""Sizes as people write them."""

import re

_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s?([kKMGTP]i?)?B$")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


def parse_size(text: str) -> int:
    """Return the bytes in a text such as "120 GB" (10^9), "1.5GiB" (2^30) or "512 B".

    Raises ValueError for anything else: a comma or a missing unit is never guessed at.
    """
    match = _SIZE.match(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a size: write a number and a unit, like 120 GB, 1.5 GiB or 512 B")
    number, unit = match[1], match[2] or ""
    base = 1024 if unit.endswith("i") else 1000
    factor: int = base ** _POWERS[unit[:1].upper()]
    return round(float(number) * factor)
