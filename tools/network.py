"""Whether an address can be reached from here, said within seconds. Proxies of the environment are honoured."""

import threading
import time
import urllib.error
import urllib.request

SECONDS = 5


def unreachable(*urls: str, seconds: float = SECONDS) -> str | None:
    """Return why one of these addresses cannot be reached, in one line, or None. All are asked at once.

    A name service that hangs outlasts every timeout of a connection, so nobody waits for the threads that ask.
    """
    problems: dict[str, str | None] = dict.fromkeys(urls, "no answer")

    def ask(url: str) -> None:
        problems[url] = _problem(url, seconds)

    threads = [threading.Thread(target=ask, args=(url,), daemon=True) for url in urls]
    deadline = time.monotonic() + seconds + 0.5
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    return next((f"{url.split('/')[2]}: {problem}" for url, problem in problems.items() if problem), None)


def _problem(url: str, seconds: float) -> str | None:
    request = urllib.request.Request(url, method="HEAD", headers={"User-Agent": "runquote"})  # noqa: S310 - https
    try:
        urllib.request.build_opener().open(request, timeout=seconds).close()  # with the proxies of this moment
    except urllib.error.HTTPError as error:
        # A registry of images asks who is there; a filter that answers in place of the host refuses.
        return None if error.code in (401, 404, 405) else f"HTTP {error.code} {error.reason}"
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return str(getattr(reason, "strerror", None) or reason) or type(error).__name__
    return None
