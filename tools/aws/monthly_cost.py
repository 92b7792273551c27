"""What a deployment on AWS costs in a month, by list price: `python -m tools.aws.monthly_cost`.

Prints a Markdown table for each way of serving models. Nobody has measured this on AWS: prices are AWS's for us-east-1,
without free tiers and without tax, and how much is used follows from the assumptions, each of which is an option.
"""

import argparse
from dataclasses import dataclass, fields
from typing import Literal, get_args

type Mode = Literal["serverless", "instance"]

HOURS = 730
"""In a month, as AWS's calculators have it."""
SERVERLESS_QUOTA = 50
"""Serverless endpoints in a region: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html."""
ALARMS, METRICS = 10, 10
"""terraform/alarms.tf; metrics of the functions, each of which has its own."""
TRANSITIONS = {"not promoted": 11, "promoted": 34}
"""States that an execution of `retrain` enters (statemachine/retrain.asl.json): of a promotion, 20 are looks at an
endpoint that comes into service within three minutes, and the waits between them."""
CALLS = {"not promoted": 4, "promoted": 12}
"""Calls of functions by those states."""

PRICES = {
    "request to the API": (3.50 / 1e6, "https://aws.amazon.com/api-gateway/pricing/ (REST)"),
    "Lambda request": (0.20 / 1e6, "https://aws.amazon.com/lambda/pricing/"),
    "Lambda GB-second": (0.0000166667, "https://aws.amazon.com/lambda/pricing/ (x86)"),
    "state transition": (0.025 / 1e3, "https://aws.amazon.com/step-functions/pricing/ (standard)"),
    "write unit": (0.625 / 1e6, "https://aws.amazon.com/dynamodb/pricing/on-demand/"),
    "read unit": (0.125 / 1e6, "https://aws.amazon.com/dynamodb/pricing/on-demand/"),
    "table GB-month": (0.25 + 0.20, "https://aws.amazon.com/dynamodb/pricing/on-demand/ (data, and its recovery)"),
    "object GB-month": (0.023, "https://aws.amazon.com/s3/pricing/ (standard)"),
    "log GB": (0.50, "https://aws.amazon.com/cloudwatch/pricing/ (ingestion)"),
    "alarm": (0.10, "https://aws.amazon.com/cloudwatch/pricing/ (standard resolution)"),
    "metric": (0.30, "https://aws.amazon.com/cloudwatch/pricing/ (custom)"),
    "trace": (5.00 / 1e6, "https://aws.amazon.com/xray/pricing/"),
    "key": (1.00, "https://aws.amazon.com/kms/pricing/"),
    "training hour": (0.115, "https://aws.amazon.com/sagemaker/pricing/ (ml.m5.large, training)"),
    "instance hour": (0.115, "https://aws.amazon.com/sagemaker/pricing/ (ml.m5.large, real-time inference)"),
    "serverless GB-second": (0.00002, "https://aws.amazon.com/sagemaker/pricing/ (serverless inference)"),
}
"""USD in us-east-1, entered by hand in November 2026 from what AWS and others published, and the page that has it."""


@dataclass(frozen=True)
class Use:
    """How much is used, for each workflow in a month. The defaults are assumptions, not measurements."""

    predictions: float = 1_000
    new_runs: float = 100
    past_runs: float = 2_000
    """Runs in the history, in all."""
    retrainings: float = 15
    promoted_share: float = 0.25
    training_seconds: float = 180
    """For which SageMaker bills a job: from the download of the image on."""
    model_seconds: float = 0.1
    """For which a serverless endpoint bills a prediction."""
    serverless_gb: float = 2
    retention_months: float = 13
    """For which predictions are kept."""


def lines(use: Use, workflows: int, mode: Mode) -> dict[str, float]:
    """Return what each part costs, in USD a month; the names are those of the table's rows."""
    price = {name: usd for name, (usd, _) in PRICES.items()}
    predictions, retrainings = use.predictions * workflows, use.retrainings * workflows
    requests = predictions + use.new_runs * workflows
    rounds = 30
    shares = {"promoted": use.promoted_share, "not promoted": 1 - use.promoted_share}
    transitions = retrainings * sum(TRANSITIONS[end] * share for end, share in shares.items())
    calls = retrainings * sum(CALLS[end] * share for end, share in shares.items())
    # GB times seconds of a request, and of the steps of a retraining: mostly waits for other services.
    lambda_gb_seconds = requests * 1 * 0.15 + retrainings * (1.77 * 5 + 1 * 3) + (calls - 2 * retrainings) * 0.5
    # A kept prediction is an item of 1.7 KB, and of half a KB in each of four indexes.
    kept_gb = predictions * use.retention_months * 4 * 1e-6
    history_gb = use.past_runs * workflows * 2 * 1e-6  # 1 KB a run, and once more in the index
    return {
        "API": requests * price["request to the API"],
        "Functions": (
            (requests + calls + 2 * rounds) * price["Lambda request"] + lambda_gb_seconds * price["Lambda GB-second"]
        ),
        "State machines": (transitions + 2 * retrainings + 5 * rounds) * price["state transition"],
        "Tables": (
            # A transaction writes twice: the run (1 KB) and its index entry, the workflow's counts, the spend.
            (use.new_runs * workflows * 8 + predictions * 6) * price["write unit"]
            + (predictions * 2 + retrainings * use.past_runs / 4) * price["read unit"]
            + (history_gb + kept_gb) * price["table GB-month"]
        ),
        "Objects": (retrainings * 3 * (use.past_runs * 1e-7 + 5e-4)) * price["object GB-month"],
        "Logs, metrics, alarms, traces": (
            (requests * 2e-6 + retrainings * 1e-4) * price["log GB"]
            + ALARMS * price["alarm"]
            + METRICS * price["metric"]
            + requests * price["trace"]
        ),
        "Key of the topics": price["key"],
        "Training": retrainings * use.training_seconds / 3600 * price["training hour"],
        "Endpoints": (
            workflows * HOURS * price["instance hour"]
            if mode == "instance"
            else predictions * use.model_seconds * use.serverless_gb * price["serverless GB-second"]
        ),
    }


def table(use: Use, sizes: list[int], mode: Mode) -> str:
    """Return a Markdown table, a column for each number of workflows."""
    possible = [size for size in sizes if mode == "instance" or size <= SERVERLESS_QUOTA]
    columns = [lines(use, size, mode) for size in possible]
    rows = [(name, [column[name] for column in columns]) for name in lines(use, 1, mode)]
    rows.append(("**All**", [sum(column.values()) for column in columns]))
    header = ["`" + mode + "`", *(f"{size:,} workflows" for size in possible)]
    text = [header, ["---", *["---:"] * len(possible)]]
    text += [[name, *(f"{amount:,.2f}" for amount in amounts)] for name, amounts in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in text)


def main(arguments: list[str] | None = None) -> None:
    """Print the tables, or with `--prices` the prices."""
    parser = argparse.ArgumentParser(prog="python -m tools.aws.monthly_cost", description=__doc__.splitlines()[0])
    parser.add_argument("--workflows", type=int, nargs="+", default=[10, 50, 100, 1000], help="numbers of workflows")
    parser.add_argument("--prices", action="store_true", help="show each price and where it is from")
    for field in fields(Use):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=field.default, metavar="N")
    options = parser.parse_args(arguments)
    if options.prices:
        for name, (usd, source) in PRICES.items():
            print(f"{usd:.10f} USD  {name:22}{source}")
        return
    use = Use(**{field.name: getattr(options, field.name) for field in fields(Use)})
    print("\n\n".join(table(use, options.workflows, mode) for mode in get_args(Mode.__value__)))


if __name__ == "__main__":
    main()
