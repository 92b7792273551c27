"""What parliament and cloudsplaining find in IAM policies: a program for their own environment.

Reads a JSON object of policies by name from standard input, writes the findings by name: `tool: finding detail`.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any

warnings.simplefilter("ignore")  # parliament's own, about how it reads its files

import parliament  # noqa: E402 - after the filter
from cloudsplaining.command.scan_policy_file import scan_policy  # noqa: E402


def findings(policy: dict[str, Any]) -> Iterator[str]:
    """Yield what the two find."""
    analysed = parliament.analyze_policy_string(json.dumps(policy), include_community_auditors=True)
    for finding in analysed.findings:
        yield f"parliament: {finding.issue} {_first_action(finding.detail)}".rstrip()
    for kind, found in scan_policy(policy, {}).items():
        items = found["findings"] if isinstance(found, dict) else found
        if kind != "ServicesAffected":
            yield from (f"cloudsplaining: {kind} {_name(item)}" for item in items)


def _first_action(detail: object) -> str:
    """Return the action of a detail that lists several resources for one."""
    item = detail[0] if isinstance(detail, list) and detail else detail
    return str(item["action"] if isinstance(item, dict) and "action" in item else item or "")


def _name(item: object) -> str:
    return str(item["type"] if isinstance(item, dict) else item)


if __name__ == "__main__":
    json.dump({name: sorted(findings(policy)) for name, policy in json.load(sys.stdin).items()}, sys.stdout)
