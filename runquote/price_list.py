"""Price books from AWS itself: the Price List Query API for list prices, EC2's spot price history for spot.

`GetProducts` answers products as JSON texts: what is sold in `product.attributes`, what it costs in
`terms.OnDemand.*.priceDimensions.*.pricePerUnit.USD`
(https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html). Names in there were
taken from programs that read it: usage types of Fargate have a prefix for the region (`USE1-Fargate-GB-Hours`), what
HealthOmics sells is told apart by `resourceType`, as AWS's own Run Analyzer does
(https://github.com/awslabs/amazon-omics-tools).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import fmean, median
from typing import Any, cast

from runquote.pricing import Ebs, HealthOmics, PriceBook, PriceError, Rate, Spot

ENDPOINT_REGION = "us-east-1"
"""The API has endpoints in few regions, each with the prices of all (botocore's endpoints.json, `api.pricing`)."""
_FARGATE = {
    "fargate": ("Fargate-vCPU-Hours:perCPU", "Fargate-GB-Hours"),
    "fargate-arm": ("Fargate-ARM-vCPU-Hours:perCPU", "Fargate-ARM-GB-Hours"),
}
_OMICS_STORAGE = {"static": "Run Storage", "dynamic": "Dynamic Run Storage"}
_FAMILY = re.compile(r"[a-z]+[0-9][a-z0-9-]*")
_LINUX_ON_DEMAND = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}

Clients = Callable[[str, str], Any]
"""Makes boto3's client of a service in a region."""


@dataclass(frozen=True)
class Refreshed:
    """A new price book, and in words which of its prices AWS did not tell."""

    book: PriceBook
    kept: list[str]


@dataclass(frozen=True)
class _Product:
    attributes: dict[str, str]
    unit: str
    usd: float


def refresh(book: PriceBook, region: str, today: date, clients: Clients | None = None) -> Refreshed:
    """Return the book with the prices that AWS tells for a region; what it does not tell stays as it is.

    Raises PriceError, in one line, if AWS cannot be asked at all.
    """
    make = clients or _clients()
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _Refresh(book, region, today, make).run()
    except (BotoCoreError, ClientError) as error:
        raise PriceError(
            f"Cannot ask the AWS Price List API: {' '.join(str(error).split())}. It needs AWS credentials that allow "
            "pricing:GetProducts; the price book stays as it is"
        ) from None


class _Refresh:
    def __init__(self, book: PriceBook, region: str, today: date, clients: Clients) -> None:
        self._book = book
        self._region = region
        self._today = today
        self._clients = clients
        self._pricing = clients("pricing", ENDPOINT_REGION)
        self._kept: list[str] = []

    def run(self) -> Refreshed:
        families = {name: self._family(name) for name in self._book.rates if _FAMILY.fullmatch(name)}
        found = {**self._fargate(), **families}
        rates = {name: self._or_kept(name, found.get(name), rate) for name, rate in self._book.rates.items()}
        if not any(found.values()):
            raise PriceError(f"AWS sells nothing of the price book in {self._region}: is that the name of a region?")
        hourly = {name: rate.vcpu_hour * 4 for name, rate in families.items() if rate}
        book = PriceBook(
            version=f"{self._today}",
            currency="USD",
            region=self._region,
            note="On-demand list prices for Linux from AWS itself. They are for estimates; a bill is the truth.",
            rates=rates,
            spot=self._or_kept("spot", self._spot(hourly), self._book.spot),
            ebs=self._or_kept("ebs", self._ebs(), self._book.ebs),
            healthomics=self._or_kept("healthomics", self._healthomics(), self._book.healthomics),
        )
        return Refreshed(book, self._kept)

    def _or_kept[E](self, name: str, found: E | None, before: E) -> E:
        if found is None:
            self._kept.append(name)
            return before
        return found

    def _family(self, family: str) -> Rate | None:
        """Price a vCPU of an EC2 family by its xlarge: within a family, sizes cost in proportion."""
        filters = {**_LINUX_ON_DEMAND, "instanceType": f"{family}.xlarge"}
        product = _only(self._products("AmazonEC2", filters), "Hrs")
        if product is None:
            return None
        vcpus = int(product.attributes["vcpu"])
        return Rate(
            vcpu_hour=round(product.usd / vcpus, 10),
            gib_per_vcpu=float(product.attributes["memory"].split()[0].replace(",", "")) / vcpus,
            **self._from(f"AmazonEC2 {family}.xlarge"),
        )

    def _fargate(self) -> dict[str, Rate]:
        products = list(self._products("AmazonECS", {}))
        rates = {}
        for name, (vcpu, memory) in _FARGATE.items():
            prices = [_only((each for each in products if _is_usage(each, usage)), "hours") for usage in (vcpu, memory)]
            if prices[0] and prices[1]:
                rates[name] = Rate(
                    vcpu_hour=prices[0].usd,
                    gib_hour=prices[1].usd,
                    minimum_seconds=60,
                    **self._from(f"AmazonECS {vcpu}"),
                )
        return rates

    def _healthomics(self) -> HealthOmics | None:
        products = list(self._products("AmazonOmics", {}))

        def price(resource: str) -> float | None:
            found = _only(each for each in products if each.attributes.get("resourceType") == resource)
            return found.usd if found else None

        families = {family: price(f"omics.{family}.xlarge") for family in ("c", "m", "r")}
        storage = {kind: price(resource) for kind, resource in _OMICS_STORAGE.items()}
        if None in (*families.values(), *storage.values()):
            return None
        return HealthOmics.model_validate(
            {
                "vcpu_hour": {family: round((usd or 0) / 4, 10) for family, usd in families.items()},
                "minimum_seconds": self._book.healthomics.minimum_seconds,
                "static_storage_gib_hour": storage["static"],
                "dynamic_storage_gib_hour": storage["dynamic"],
                **self._from("AmazonOmics"),
            }
        )

    def _ebs(self) -> Ebs | None:
        filters = {"productFamily": "Storage", "volumeApiName": "gp3"}
        product = _only(self._products("AmazonEC2", filters), "GB-Mo")
        return Ebs(gp3_gib_month=product.usd, **self._from("AmazonEC2 gp3")) if product else None

    def _spot(self, hourly: dict[str, float]) -> Spot | None:
        """Return the middle, over families, of what spot costs now against on-demand; None where one may not ask."""
        from botocore.exceptions import BotoCoreError, ClientError

        shares = []
        try:
            for family, on_demand in hourly.items():
                answer = self._clients("ec2", self._region).describe_spot_price_history(
                    InstanceTypes=[f"{family}.xlarge"],
                    ProductDescriptions=["Linux/UNIX"],
                    StartTime=datetime.now(UTC),
                )
                prices = [float(each["SpotPrice"]) for each in answer["SpotPriceHistory"]]
                if prices:
                    shares.append(fmean(prices) / on_demand)
        except (BotoCoreError, ClientError):
            return None
        if not shares:
            return None
        source = f"EC2 DescribeSpotPriceHistory, {self._region}, the median of {len(shares)} families' mean over zones"
        return Spot(share_of_on_demand=min(1.0, round(median(shares), 3)), source=source, as_of=f"{self._today}")

    def _from(self, what: str) -> dict[str, str]:
        return {"source": f"AWS Price List API, {self._region}, {what}", "as_of": f"{self._today}"}

    def _products(self, service: str, filters: dict[str, str]) -> Iterator[_Product]:
        """Yield what a service sells in the region, of all pages, with a price above nothing."""
        wanted = {"regionCode": self._region, **filters}
        pages = self._pricing.get_paginator("get_products").paginate(
            ServiceCode=service,
            Filters=[{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()],
            FormatVersion="aws_v1",
        )
        for page in pages:
            for item in page["PriceList"]:
                yield from _sold(json.loads(item) if isinstance(item, str) else item)


def _sold(item: dict[str, Any]) -> Iterator[_Product]:
    for term in item.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            usd = float(dimension["pricePerUnit"].get("USD", 0))
            if usd > 0:
                yield _Product(item["product"]["attributes"], dimension["unit"], usd)


def _is_usage(product: _Product, usage: str) -> bool:
    found = product.attributes.get("usagetype", "")
    return bool(re.fullmatch(rf"([A-Z0-9]+-)?{re.escape(usage)}", found))


def _only(products: Iterable[_Product], unit: str | None = None) -> _Product | None:
    """Return the one product with this unit. Raises PriceError if there are several at different prices."""
    found = [each for each in products if unit is None or each.unit == unit]
    if len({each.usd for each in found}) > 1:
        first = found[0].attributes
        raise PriceError(f"The AWS Price List API names several prices for {first.get('usagetype') or first}")
    return found[0] if found else None


def _clients() -> Clients:
    try:
        import boto3
    except ImportError:
        raise PriceError("Asking AWS for prices needs boto3: uv tool install '.[aws]'") from None
    return cast(Clients, boto3.client)
