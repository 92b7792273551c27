"""What readers say of runs that they had to assume something about."""

from enum import StrEnum

GPUS = "GPUs not priced", "tasks held GPUs, which the price book does not price: the real cost is higher"


class Notes(StrEnum):
    """Notes of a reader: each as it is said of a run, and `short` of the task that it is about."""

    short: str

    def __new__(cls, short: str, text: str) -> "Notes":
        """Make a member of its two texts."""
        member = str.__new__(cls, text)
        member._value_ = text
        member.short = short
        return member
