"""CloudWatch alarms: read back everything that was written."""

import json
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

from cloud.ministack_adapter.patching import Untyped, existing, wrap

_TIMES = ("StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp", "StateTransitionedTimestamp")


def install() -> None:
    """Make the change."""
    wrap(cloudwatch, "_describe_alarms", _complete)


def _complete(describe: Callable[..., Any]) -> Callable[..., Any]:
    """DescribeAlarms by the Query protocol, which Terraform speaks.

    AWS answers every member of the alarm. ministack's XML has ten of them, without actions, dimensions, period or
    statistic, so that every plan wants to set those again; its JSON has all, so the XML is made from that.
    """

    def describe_alarms(params: Untyped, decoded: Untyped, is_cbor: bool, is_json: bool = False) -> Untyped:
        if is_cbor or is_json:
            return describe(params, decoded, is_cbor, is_json)
        member = existing(cloudwatch, "_p")
        request = {
            "AlarmNames": _members(member, params, "AlarmNames", 100),
            "AlarmTypes": _members(member, params, "AlarmTypes", 10),
            "AlarmNamePrefix": member(params, "AlarmNamePrefix"),
            "StateValue": member(params, "StateValue"),
            "MaxRecords": member(params, "MaxRecords"),
            "NextToken": member(params, "NextToken"),
        }
        status, _, body = describe(params, {k: v for k, v in request.items() if v}, False, True)
        if status >= 400:
            return describe(params, decoded, is_cbor, is_json)
        found = json.loads(body)
        for alarm in found["MetricAlarms"]:
            if alarm.get("ExtendedStatistic"):  # An alarm has the one or the other; ministack adds its default.
                alarm.pop("Statistic", None)
        result = f"<DescribeAlarmsResult>{_xml(found)}</DescribeAlarmsResult>"
        return existing(cloudwatch, "_xml")(200, "DescribeAlarmsResponse", result)

    return describe_alarms


def _members(member: Callable[[Any, str], str], params: Untyped, name: str, limit: int) -> list[str]:
    found = (member(params, f"{name}.member.{index}") for index in range(1, limit + 1))
    return [value for value in found if value]


def _xml(value: Untyped) -> str:
    if isinstance(value, list):
        return "".join(f"<member>{_xml(item)}</member>" for item in value)
    if isinstance(value, dict):
        shown = {name: item for name, item in value.items() if item not in (None, "") and name not in _TIMES}
        return "".join(f"<{name}>{_xml(item)}</{name}>" for name, item in shown.items())
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))
