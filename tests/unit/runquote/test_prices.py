"""The price book, and refreshing it from answers in the form of AWS's."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from runquote import price_list
from runquote.pricing import PriceBook, PriceError, price_book
from tests.unit.runquote.conftest import Command

TODAY = date(2026, 11, 25)
REGION = "eu-central-1"
FAMILIES = [name for name in price_book().rates if not name.startswith("fargate")]


def product(usd: float, unit: str, **attributes: str) -> str:
    """A product as GetProducts answers it: JSON in a text, prices as texts under keys that say nothing."""
    dimension = {"unit": unit, "pricePerUnit": {"USD": f"{usd:.10f}"}, "description": "words", "beginRange": "0"}
    return json.dumps(
        {
            "product": {"productFamily": "words", "attributes": attributes, "sku": "ABCDEFGHJKLMNPQR"},
            "serviceCode": "words",
            "terms": {"OnDemand": {"ABC.JRTCKXETXF": {"priceDimensions": {"ABC.JRTCKXETXF.6YS6EN2CT7": dimension}}}},
            "version": "20261120175212",
            "publicationDate": "2026-11-20T17:52:12Z",
        }
    )


def usage(name: str, usd: float) -> str:
    return product(usd, "hours", usagetype=f"EUC1-{name}")


FARGATE = [
    usage("Fargate-vCPU-Hours:perCPU", 0.05),
    usage("Fargate-ARM-vCPU-Hours:perCPU", 0.04),
    usage("Fargate-Windows-vCPU-Hours:perCPU", 0.09),
    usage("SpotUsage-Fargate-vCPU-Hours:perCPU", 0.01),
]
FARGATE_2 = [
    usage("Fargate-GB-Hours", 0.005),
    usage("Fargate-ARM-GB-Hours", 0.004),
    usage("Fargate-EphemeralStorage-GB-Hours", 0.0001),
]
OMICS = [
    product(0.24, "Instance-hrs", resourceType="omics.c.xlarge"),
    product(0.28, "Instance-hrs", resourceType="omics.m.xlarge"),
    product(0.36, "Instance-hrs", resourceType="omics.r.xlarge"),
    product(0.0002, "GB-Hours", resourceType="Run Storage"),
    product(0.0005, "GB-Hours", resourceType="Dynamic Run Storage"),
]
EBS = [product(0.0952, "GB-Mo", volumeApiName="gp3"), product(0.006, "IOPS-Mo", volumeApiName="gp3")]
INSTANCE = {family: [product(0.2, "Hrs", vcpu="4", memory="16 GiB"), product(0, "Hrs")] for family in FAMILIES}


class Aws:
    """Stubbed clients, which check requests and answers against botocore's models."""

    def __init__(self) -> None:
        self.pricing: Any = boto3.client("pricing", region_name="us-east-1", **_keys())  # type: ignore[call-overload]
        self.ec2: Any = boto3.client("ec2", region_name=REGION, **_keys())  # type: ignore[call-overload]
        self.stubs = {"pricing": Stubber(self.pricing), "ec2": Stubber(self.ec2)}

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - as boto3's
        assert (service, region) in (("pricing", "us-east-1"), ("ec2", REGION))
        return {"pricing": self.pricing, "ec2": self.ec2}[service]

    def sells(self, service: str, *pages: list[str], **filters: str) -> None:
        """Expect a question for a service's products, and answer it page by page."""
        wanted = {"regionCode": REGION, **filters}
        asked = {
            "ServiceCode": service,
            "FormatVersion": "aws_v1",
            "Filters": [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()],
        }
        for number, page in enumerate(pages, 1):
            more = {"NextToken": f"page-{number}"} if number < len(pages) else {}
            answer = {"FormatVersion": "aws_v1", "PriceList": page, **more}
            self.stubs["pricing"].add_response("get_products", answer, asked)
            asked = {**asked, **({"NextToken": f"page-{number}"} if more else {})}

    def sells_everything(self, **instead: list[str]) -> None:
        for family, products in (INSTANCE | instead).items():
            linux = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}
            self.sells("AmazonEC2", products, **linux, instanceType=f"{family}.xlarge")
        self.sells("AmazonECS", FARGATE, FARGATE_2)
        self.sells("AmazonEC2", EBS, productFamily="Storage", volumeApiName="gp3")
        self.sells("AmazonOmics", OMICS)

    def sells_spot(self, *prices: str) -> None:
        zones = [{"SpotPrice": price, "AvailabilityZone": f"{REGION}{zone}"} for price, zone in zip(prices, "abc")]  # noqa: B905 - as many as there are
        for family in FAMILIES:
            asked = {"InstanceTypes": [f"{family}.xlarge"], "ProductDescriptions": ["Linux/UNIX"], "StartTime": ANY}
            self.stubs["ec2"].add_response("describe_spot_price_history", {"SpotPriceHistory": zones}, asked)


def _keys() -> dict[str, str]:
    return {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws = Aws()
    monkeypatch.setattr(price_list, "_clients", lambda: aws.client)
    with aws.stubs["pricing"], aws.stubs["ec2"]:
        yield aws


@contextmanager
def all_asked(aws: Aws) -> Iterator[None]:
    yield
    for stub in aws.stubs.values():
        stub.assert_no_pending_responses()


def test_every_price_is_that_of_the_region_with_its_source_and_date(aws: Aws) -> None:
    aws.sells_everything()
    aws.sells_spot("0.05", "0.07")
    with all_asked(aws):
        refreshed = price_list.refresh(price_book(), REGION, TODAY)
    book = refreshed.book
    assert refreshed.kept == []
    assert (book.version, book.region) == ("2026-11-25", REGION)
    assert (book.rates["m6i"].vcpu_hour, book.rates["m6i"].gib_per_vcpu) == (0.05, 4)
    assert (book.rates["fargate"].vcpu_hour, book.rates["fargate"].gib_hour) == (0.05, 0.005)
    assert (book.rates["fargate-arm"].vcpu_hour, book.rates["fargate-arm"].gib_hour) == (0.04, 0.004)
    assert book.rates["fargate"].minimum_seconds == 60
    assert book.spot.share_of_on_demand == pytest.approx(0.3)
    assert book.ebs.gp3_gib_month == 0.0952
    assert book.healthomics.vcpu_hour == {"c": 0.06, "m": 0.07, "r": 0.09}
    assert (book.healthomics.static_storage_gib_hour, book.healthomics.dynamic_storage_gib_hour) == (0.0002, 0.0005)
    entries = [*book.rates.values(), book.spot, book.ebs, book.healthomics]
    assert all(each.as_of == "2026-11-25" and REGION in each.source for each in entries)
    assert PriceBook.model_validate_json(book.model_dump_json(exclude_none=True)) == book


def test_what_aws_does_not_tell_stays_as_it_was(aws: Aws) -> None:
    aws.sells_everything(c7g=[])
    aws.stubs["ec2"].add_client_error("describe_spot_price_history", "UnauthorizedOperation")
    refreshed = price_list.refresh(price_book(), REGION, TODAY)
    assert refreshed.kept == ["c7g", "spot"]
    assert refreshed.book.rates["c7g"] == price_book().rates["c7g"]
    assert refreshed.book.spot == price_book().spot


def test_a_region_that_sells_nothing_is_none(aws: Aws) -> None:
    for family in FAMILIES:
        linux = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}
        aws.sells("AmazonEC2", [], **linux, instanceType=f"{family}.xlarge")
    aws.sells("AmazonECS", [])
    with pytest.raises(PriceError, match="sells nothing of the price book in eu-central-1"):
        price_list.refresh(price_book(), REGION, TODAY)


def test_two_prices_for_one_thing_are_not_guessed_between(aws: Aws) -> None:
    aws.sells_everything(**{FAMILIES[0]: [product(0.2, "Hrs"), product(0.3, "Hrs")]})
    with pytest.raises(PriceError, match="several prices"):
        price_list.refresh(price_book(), REGION, TODAY)


def test_the_command_writes_a_new_file_and_says_what_changed(runquote: Command, nowhere: Path, aws: Aws) -> None:
    aws.sells_everything()
    aws.sells_spot("0.08")
    result = runquote("prices", "refresh", "--region", REGION, "--format", "csv")
    assert result.exit_code == 0, result.output
    rows = {(row["name"], row["unit"]): row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert rows["fargate", "vCPU hour"]["usd_before"] == "0.04048"
    assert rows["fargate", "vCPU hour"]["usd"] == "0.05"
    assert rows["spot", "share of on-demand"]["usd"] == rows["spot", "share of on-demand"]["usd_before"] == "0.4"
    file = nowhere / f"prices-{REGION}-{datetime.now(UTC).date()}.json"
    assert f"Wrote {file.name}: " in result.stderr
    assert json.loads(runquote("prices", "fargate", "--prices", file, "--format", "json").stdout)["region"] == REGION
    content = file.read_text()
    again = runquote("prices", "refresh", "--region", REGION)
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    assert file.read_text() == content


def test_without_access_one_line_says_so_and_nothing_is_written(runquote: Command, nowhere: Path, aws: Aws) -> None:
    aws.stubs["pricing"].add_client_error("get_products", "AccessDeniedException", "not\nallowed")
    result = runquote("prices", "refresh")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "pricing:GetProducts" in result.stderr
    assert list(nowhere.iterdir()) == []


def test_prices_come_with_their_source_and_date(runquote: Command, nowhere: Path) -> None:
    shown = json.loads(runquote("prices", "fargate-arm", "--format", "json").stdout)
    assert [row["unit"] for row in shown["prices"]] == ["vCPU hour", "GiB hour"]
    assert all(row["usd"] > 0 and row["source"].startswith("https://") and row["as_of"] for row in shown["prices"])
    names = {row["name"] for row in csv.DictReader(io.StringIO(runquote("prices", "--format", "csv").stdout))}
    assert {"fargate", "m6i", "spot", "ebs gp3", "healthomics omics.r", "healthomics dynamic storage"} <= names
    assert "2 GiB" in runquote("prices", "C7G").stdout
    assert runquote("prices", "show", "C7G").stdout == runquote("prices", "C7G").stdout
    unknown = runquote("prices", "z9")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    (nowhere / "mine.json").write_text("{}")
    assert "mine.json" in runquote("prices", "--prices", "mine.json").stderr


def test_a_volume_is_paid_by_the_second_of_a_month_of_30_days() -> None:
    # The example at https://aws.amazon.com/ebs/pricing/: 2,000 GB for 12 hours at $0.08 cost $2.67.
    assert price_book().ebs.volume_usd(2000, 43_200) == pytest.approx(2.67, abs=0.005)
