"""Start retrainings and follow them to their ends."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from contract.retrainings import Retraining

if TYPE_CHECKING:
    from runquote.client import Client

AT_ONCE = 4
"""As many as the schedule retrains at a time."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


def follow(
    client: "Client",
    workflow_names: Iterable[str],
    *,
    at_once: int = AT_ONCE,
    restore_version: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Retraining]:
    """Retrain workflows, a few at a time; yield each retraining whenever it is further, and at last as it ended.

    One that is under way already is followed. Retrainings go on whether somebody follows them or not. With
    `restore_version` nothing is trained: the model of that version is put in service.
    """
    waiting = deque(workflow_names)
    going: list[Retraining] = []
    pause = _SHORTEST_PAUSE
    while waiting or going:
        while waiting and len(going) < at_once:
            going.append(client.retrain(waiting.popleft(), restore_version))
            yield going[-1]
        going = [each for each in going if each.status == "running"]
        sleep(pause if going else 0)
        pause = min(pause * 1.2, _LONGEST_PAUSE)
        for place, before in enumerate(going):
            going[place] = client.retraining(before.workflow_name, before.retraining_id)
            if going[place] != before:
                yield going[place]
