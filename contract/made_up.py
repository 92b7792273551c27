"""The one workflow whose runs are made up, to show Runquote at the scale of real work, and how that is told.

Its name is reserved: every run under it carries `MADE_UP_TAGS`, so that nothing made up passes for a real cost and no
real cost for made up. Everything that shows such runs says so by this rule.
"""

from collections.abc import Mapping

MADE_UP_WORKFLOW = "wgs-germline-demo"
MADE_UP_TAGS = {"origin": "made-up"}
MADE_UP_WORDS = "These past runs are made up, to show what Runquote does: nobody ran them or paid for them."


def is_made_up(workflow_name: str) -> bool:
    """Say whether the runs of a workflow are made up."""
    return workflow_name == MADE_UP_WORKFLOW


def tags_fit(workflow_name: str, tags: Mapping[str, str] | None) -> bool:
    """Say whether a run is marked as made up exactly if it is."""
    marked = MADE_UP_TAGS.items() <= (tags or {}).items()
    return marked or not is_made_up(workflow_name)
