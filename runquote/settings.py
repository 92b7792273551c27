"""Where the API is and what opens it: flags before environment before profile file before a local system."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_PROFILE = "default"
LOCAL_OUTPUTS = Path("build/local/outputs.json")
"""What `make up` leaves in a checkout of Runquote."""


class SettingsError(Exception):
    """There is no complete configuration; the message says what to do."""


class Given(BaseSettings):
    """What flags say, and where they are silent RUNQUOTE_API_URL, …_API_KEY, …_TOKEN and …_PROFILE."""

    model_config = SettingsConfigDict(env_prefix="RUNQUOTE_", env_ignore_empty=True, frozen=True)

    api_url: str | None = None
    api_key: str | None = None
    token: str | None = None
    """An access token, where people sign in. It ends soon, so no file has one."""
    profile: str | None = None


@dataclass(frozen=True)
class Connection:
    """An API's address, its key or an access token, and in words where they came from."""

    url: str
    api_key: str | None
    token: str | None
    source: str


def profiles_file() -> Path:
    """Return the path of the profile file, in the user's configuration directory."""
    return Path(typer.get_app_dir("runquote")) / "profiles.json"


def save_profile(name: str, url: str, api_key: str | None) -> Path:
    """Add a profile, or replace it, in the profile file, which only the user can read. Return its path.

    Without a key the profile holds the address alone, for those who have tokens.
    """
    path = profiles_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    profiles = {**_profiles(path), name: {"api_url": url} | ({"api_key": api_key} if api_key else {})}
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(profiles, file, indent=2)
    partial.replace(path)
    return path


def connection(url: str | None = None, api_key: str | None = None, profile: str | None = None) -> Connection:
    """Return the connection that flags, environment, profile file and local system make, in this order.

    A stored key is only ever sent to the address stored beside it, and a key that a flag gives goes before a token.
    Raises SettingsError if something is missing.
    """
    flags: dict[str, Any] = {
        name: value for name, value in (("api_url", url), ("api_key", api_key), ("profile", profile)) if value
    }
    given = Given(**flags)
    address = given.api_url
    token = None if api_key else given.token
    key = None if token else given.api_key
    if address and (key or token):
        return Connection(address, key, token, "flags and environment" if url or api_key else "environment")
    stored = [_from_profile(given.profile), *([] if given.profile else [_from_local_outputs()])]
    for source, its_url, its_key in stored:
        if its_url and (token or key or its_key) and address in (None, its_url):
            return Connection(its_url, None if token else key or its_key, token, source)
    missing = f"key for {address}" if address else "API to ask"
    access = "RUNQUOTE_API_KEY (where people sign in: RUNQUOTE_TOKEN)"
    raise SettingsError(f"No {missing}: run `runquote login`, or set RUNQUOTE_API_URL and {access}")


def _from_profile(name: str | None) -> tuple[str, str | None, str | None]:
    path = profiles_file()
    profiles = _profiles(path)
    if name is not None and name not in profiles:
        raise SettingsError(f"{path} has no profile {name!r}: run `runquote --profile {name} login`")
    profile = profiles.get(name or DEFAULT_PROFILE, {})
    return f"profile {name or DEFAULT_PROFILE} in {path}", profile.get("api_url"), profile.get("api_key")


def _from_local_outputs() -> tuple[str, str | None, str | None]:
    outputs = _read(LOCAL_OUTPUTS)
    return f"the local system in {LOCAL_OUTPUTS}", outputs.get("api_url"), outputs.get("api_key")


def _profiles(path: Path) -> dict[str, dict[str, str]]:
    profiles = _read(path)
    if not all(isinstance(profile, dict) for profile in profiles.values()):
        raise SettingsError(f"{path} is not a profile file: remove it and run `runquote login`")
    return profiles


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} cannot be read: it must hold an object")
    return content
