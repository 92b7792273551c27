"""`docs/routes.md`: every route with the right that it is for."""

from contract.errors import ErrorCode
from contract.routes import (
    ERRORS_EVERYWHERE,
    ERRORS_OF_A_BODY,
    ERRORS_OF_A_KEY,
    ERRORS_OF_A_PLACE,
    RIGHTS,
    ROUTES,
    Route,
)

_PAGE = """\
# Routes and rights

<!-- Written by `make generate` from contract/routes.py, which is the place to change a route. -->

Every route of the API. [The OpenAPI document](../contract/generated/openapi.json) has every shape and bound;
[architecture.md](architecture.md) says what each function reads and writes.

**Rights are stated, and not enforced yet.** Today whoever may call the API at all, by the key or by signing in, may
call every route: give the key, or an account, only to people who may do all of this.

| Right | What it is for |
|---|---|
{rights}

| Route | What it does | Right | Function | Bytes of a body | Errors of its own |
|---|---|---|---|---|---|
{routes}

Beside its own, a route may answer {everywhere}; all
but the description {keyed}; those with a name in their path {placed};
those with a body {bodied}.
"""


def page() -> str:
    """Return the page."""
    return _PAGE.format(
        rights="\n".join(f"| `{right}` | {what} |" for right, what in RIGHTS.items()),
        routes="\n".join(map(_row, ROUTES)),
        everywhere=_codes(ERRORS_EVERYWHERE),
        keyed=_codes(ERRORS_OF_A_KEY),
        placed=_codes(ERRORS_OF_A_PLACE),
        bodied=_codes(ERRORS_OF_A_BODY),
    )


def _row(route: Route) -> str:
    cells = (
        f"`{route.method} {route.path}`",
        route.summary,
        f"`{route.right}`" if route.right else "anybody",
        f"`{route.function}`",
        f"{route.max_body_bytes:,}" if route.bodies else "",
        _codes(route.errors),
    )
    return f"| {' | '.join(cells)} |"


def _codes(codes: tuple[ErrorCode, ...]) -> str:
    return ", ".join(f"`{code}`" for code in codes)
