"""Lambda functions: errors by their own name, no idle waiting, and no more workers than help."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from cloud.ministack_adapter.patching import MovedNameError, Untyped, existing, wrap

_ERROR_KEY = "__handler_error__"
_HANDLER_CALL = 'except Exception as e:\n            _real_stdout.write(json.dumps({"status": "error", "error": str(e)'
_REST_OF_LINE = ', "trace": traceback.format_exc()}) + "\\n")'
_ANSWER_WITH_ERROR = f"""except Exception as e:
            traceback.print_exc()
            _real_stdout.write(json.dumps({{"status": "ok", "result": {{"{_ERROR_KEY}": {{
                "errorMessage": str(e), "errorType": type(e).__name__, "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(e.__traceback__)}}}}}}) + "\\n")"""

# Bounded, since a handler that waits for its own function would wait in vain for a worker.
_WAIT_FOR_WORKER_SECONDS = 5.0


def install() -> None:
    """Make the changes."""
    _name_errors()
    _do_not_wait_for_logs()
    _share_workers(limit=2 * (os.cpu_count() or 1))


def _name_errors() -> None:
    """Report the exception's class name, and keep the worker.

    On AWS `errorType` is the class of the exception (https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html),
    which Retry and Catch match, and the execution environment goes on. ministack calls every exception
    Runtime.HandlerError and kills the worker.
    """
    script = existing(lambda_runtime, "_PYTHON_WORKER_SCRIPT")
    line = _HANDLER_CALL + _REST_OF_LINE
    if line not in script and _ERROR_KEY not in script:
        raise MovedNameError("ministack's Python worker reports errors in another way than it did.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(line, _ANSWER_WITH_ERROR)

    def warm(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def execute_function_warm(*arguments: object) -> dict[str, Any]:
            outcome = execute(*arguments)
            body = outcome.get("body")
            if isinstance(body, dict) and _ERROR_KEY in body:
                error = body[_ERROR_KEY]
                return {"body": error, "error": True, "log": outcome.get("log", "")}
            return outcome

        return execute_function_warm

    wrap(lambda_svc, "_execute_function_warm", warm)


def _do_not_wait_for_logs() -> None:
    """Wait 3 ms, not 50, for log lines of a handler that wrote none: AWS delivers logs apart from the answer."""
    drain = existing(existing(lambda_runtime, "Worker"), "_drain_stderr_bounded")
    if len(drain.__defaults__ or ()) != 3:
        raise MovedNameError("Worker._drain_stderr_bounded has other parameters than it had.")
    drain.__defaults__ = (0.003, 0.003, 0.250)


def _share_workers(limit: int) -> None:
    """Let a request wait shortly for one of `limit` busy workers before another worker is started.

    AWS starts an execution environment for every concurrent request on machines of its own. ministack starts a
    process for each, and on a small machine those starts hold up everything: 8 clients waited for up to 20 s.
    """
    released = threading.Condition()

    def acquiring(acquire: Callable[..., Any]) -> Callable[..., Any]:
        def acquire_worker(name: str, config: dict[str, Any], code: bytes, qualifier: str = "$LATEST") -> Untyped:
            key = existing(lambda_runtime, "_worker_key")(name, config, qualifier)
            workers = existing(lambda_runtime, "_workers")

            def all_busy() -> bool:
                entries = list(workers.get(key, ()))
                return len(entries) >= limit and all(worker.in_use for worker in entries)

            deadline = time.monotonic() + _WAIT_FOR_WORKER_SECONDS
            with released:
                while all_busy() and (remaining := deadline - time.monotonic()) > 0:
                    released.wait(remaining)
                return acquire(name, config, code, qualifier=qualifier)

        return acquire_worker

    def releasing(release: Callable[[Any], None]) -> Callable[[Any], None]:
        def release_worker(worker: Untyped) -> None:
            release(worker)
            with released:
                released.notify()

        return release_worker

    wrap(lambda_svc, "acquire_worker", acquiring)
    wrap(lambda_svc, "release_worker", releasing)
