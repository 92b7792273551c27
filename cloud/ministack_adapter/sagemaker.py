"""Our SageMaker as one more service on ministack's port."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack import app
from ministack.core import router

from cloud.ministack_adapter.patching import existing, wrap
from cloud.sagemaker.core import HttpAnswer, SageMaker

_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")
_INVOCATION_THREADS = 64
_Response = tuple[int, dict[str, str], bytes]


def install(sagemaker: SageMaker) -> None:
    """Register the control plane (JSON 1.1, by X-Amz-Target) and the runtime (by path).

    Both sign as "sagemaker". They are two services here, since ministack corrects the content type of answers by
    service, and what an endpoint answers must not be touched.
    """
    # A pool of its own: a Lambda that waits for an invocation holds a thread of ministack's.
    threads = ThreadPoolExecutor(_INVOCATION_THREADS, thread_name_prefix="sagemaker")

    async def control_plane(
        _method: str, _path: str, headers: dict[str, str], body: bytes | str, _query: dict[str, Any]
    ) -> _Response:
        target = headers.get("x-amz-target", "")
        content = body.encode() if isinstance(body, str) else body
        return _response(await _on(threads, lambda: sagemaker.control_plane(target, content)))

    async def runtime(
        _method: str, path: str, headers: dict[str, str], body: bytes, _query: dict[str, Any]
    ) -> _Response:
        endpoint = _INVOCATION.fullmatch(path)
        if endpoint is None:
            return 404, {"Content-Type": "application/json"}, b'{"message": "Not found"}'
        name = endpoint[1]
        return _response(await _on(threads, lambda: sagemaker.data_plane(name, headers, body)))

    handlers = existing(app, "SERVICE_HANDLERS")
    handlers["sagemaker"] = control_plane
    handlers["sagemaker-runtime"] = runtime
    existing(router, "SERVICE_PATTERNS")["sagemaker"] = {
        "target_prefixes": ["SageMaker."],
        "host_patterns": [r"sagemaker\."],
    }
    wrap(app, "detect_service", _tell_runtime_apart)


def _tell_runtime_apart(detect: Callable[..., str]) -> Callable[..., str]:
    def detect_service(method: str, path: str, headers: dict[str, str], query: dict[str, Any]) -> str:
        service = detect(method, path, headers, query)
        return "sagemaker-runtime" if service == "sagemaker" and _INVOCATION.fullmatch(path) else service

    return detect_service


async def _on(threads: ThreadPoolExecutor, call: Callable[[], HttpAnswer]) -> HttpAnswer:
    return await asyncio.get_running_loop().run_in_executor(threads, call)


def _response(answer: HttpAnswer) -> _Response:
    return answer.status, dict(answer.headers), answer.body
