"""What resources cost by list price: for runs whose bill is not known, whose cost is therefore `estimated`."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.validation_words import value_rule

GIB = 2**30
_LARGEST_BOOK = 2**24
_INSTANCE = re.compile(r"omics\.([cmr])\.(large|xlarge|([0-9]{1,3})xlarge)")


_Family = Literal["c", "m", "r"]
_GIB_PER_VCPU: dict[_Family, int] = {"c": 2, "m": 4, "r": 8}


class PriceError(Exception):
    """The price book cannot be read, or does not hold what is asked for."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    source: str
    as_of: str


class Rate(_Entry):
    """What holding vCPUs and memory for an hour costs, in USD.

    Either memory has its own price, or vCPUs bring memory with them, as on EC2: then a job pays for the share of a
    machine that it takes, by vCPU or by memory, whichever is larger.
    """

    vcpu_hour: float = Field(gt=0)
    gib_hour: float | None = Field(default=None, gt=0)
    gib_per_vcpu: float | None = Field(default=None, gt=0)
    minimum_seconds: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _one_way_to_pay_for_memory(self) -> Self:
        if (self.gib_hour is None) == (self.gib_per_vcpu is None):
            raise ValueError("needs either gib_hour or gib_per_vcpu")
        return self

    def usd(self, vcpu: float, memory_bytes: float, seconds: float) -> float:
        """Return what a job costs that holds these resources this long."""
        gib = memory_bytes / GIB
        hourly = vcpu * self.vcpu_hour + gib * self.gib_hour if self.gib_hour else self._share(vcpu, gib)
        return hourly * max(seconds, self.minimum_seconds) / 3600

    def terms(self, seconds: float, disk_bytes: float) -> list[str]:
        """Say what else than vCPUs, memory and time a job's price depends on."""
        minimum = [f"{self.minimum_seconds:g} s at least"] if seconds < self.minimum_seconds else []
        return minimum + ([f"with {disk_bytes / GIB:,.0f} GiB of disk"] if disk_bytes and self.gib_per_vcpu else [])

    def _share(self, vcpu: float, gib: float) -> float:
        return max(vcpu, gib / (self.gib_per_vcpu or 1)) * self.vcpu_hour


class Spot(_Entry):
    """What spot capacity costs against on-demand."""

    share_of_on_demand: float = Field(gt=0, le=1)


class HealthOmics(_Entry):
    """AWS HealthOmics: instances by family and vCPU, run storage by GiB and hour."""

    vcpu_hour: dict[_Family, float]
    minimum_seconds: float
    static_storage_gib_hour: float
    dynamic_storage_gib_hour: float

    def task_usd(self, instance_type: str, seconds: float) -> float:
        """Return what a task on an instance like `omics.m.2xlarge` costs. Raises PriceError for others."""
        family, vcpu, _ = self.instance(instance_type)
        return vcpu * self.vcpu_hour[family] * max(seconds, self.minimum_seconds) / 3600

    def instance(self, instance_type: str) -> tuple[_Family, int, int]:
        """Return family, vCPUs and GiB of an instance like `omics.m.2xlarge`. Raises PriceError for others."""
        match = _INSTANCE.fullmatch(instance_type)
        if not match:
            raise PriceError(f"The price book has no instance type {instance_type[:100]}")
        vcpu = 2 if match[2] == "large" else 4 * int(match[3] or 1)
        family: _Family = match[1]  # type: ignore[assignment] # the pattern allows these three
        return family, vcpu, vcpu * _GIB_PER_VCPU[family]

    def storage_usd(self, *, dynamic: bool, gib: float, seconds: float) -> float:
        """Return what run storage of this size costs for this long."""
        hourly = self.dynamic_storage_gib_hour if dynamic else self.static_storage_gib_hour
        return gib * hourly * seconds / 3600


class Ebs(_Entry):
    """Block storage of EC2 jobs; AWS calls a GiB a GB here."""

    gp3_gib_month: float = Field(gt=0)

    def volume_usd(self, gib: float, seconds: float) -> float:
        """Return what a gp3 volume costs for this long; a month has 30 days (https://aws.amazon.com/ebs/pricing/)."""
        return gib * self.gp3_gib_month * seconds / (30 * 86400)


class PriceBook(BaseModel):
    """Prices of one region, each with where it is from and as of when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    currency: Literal["USD"]
    region: str
    note: str
    rates: dict[str, Rate]
    spot: Spot
    ebs: Ebs
    healthomics: HealthOmics

    def job_usd(  # noqa: PLR0913 - all that a job may hold
        self, rate: str, *, vcpu: float, memory_bytes: float, seconds: float, spot: bool, disk_bytes: float = 0
    ) -> float:
        """Return what a job costs at a named rate. Raises PriceError for a name that the book does not hold.

        A disk is a gp3 volume where the rate is a family of EC2, and costs the same on spot; Fargate brings its own.
        """
        if rate not in self.rates:
            raise PriceError(f"The price book has no rate {rate!r}: it has {', '.join(self.rates)}")
        usd = self.rates[rate].usd(vcpu, memory_bytes, seconds)
        if spot:
            usd *= self.spot.share_of_on_demand
        return usd + self.ebs.volume_usd(disk_bytes / GIB, seconds) if self.rates[rate].gib_per_vcpu else usd


def _text(path: Path) -> str:
    with path.open() as file:
        text = file.read(_LARGEST_BOOK)
    if len(text) == _LARGEST_BOOK:
        raise PriceError(f"{path}: is too large for a price book")
    return text


@cache
def price_book(path: Path | None = None) -> PriceBook:
    """Read a price book: the one that comes with Runquote, or one of your own in the same form."""
    try:
        text = _text(path) if path else files("runquote").joinpath("prices/prices.json").read_text()
        return PriceBook.model_validate_json(text)
    except OSError as error:
        raise PriceError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise PriceError(f"{path}: {where}: {value_rule(first)}") from None
