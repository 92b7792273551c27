"""Where the API is and what opens it: flags before environment before profile file before a local system.

A secret goes only to the address that it belongs to: the one given beside it, or stored beside it.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pydantic_settings import BaseSettings, SettingsConfigDict

from runquote import local_system

DEFAULT_PROFILE = "default"


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
    is_local: bool = False
    """Whether the address was found in the working folder rather than configured."""


@dataclass(frozen=True)
class _Stored:
    """An address, and the key that belongs to it, if it has one."""

    source: str
    url: str | None = None
    api_key: str | None = None
    is_local: bool = False

    def with_key(self, api_key: str | None) -> Connection | None:
        """Return the connection with this key, or with its own."""
        key = api_key or self.api_key
        return Connection(self.url, key, None, self.source, self.is_local) if self.url and key else None


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

    What the environment holds goes to the address that it names, or to one that a flag or a profile without a key gives
    while it names none; never to what was found in the working folder. Raises SettingsError if something is missing.
    """
    given = Given()
    address = url or (None if profile else given.api_url)
    named = profile or given.profile
    stored = _from_profile(named)
    secrets = _from_environment(api_key, given)
    if address:
        if secrets and (api_key or not given.api_url or _same(given.api_url, address)):
            return Connection(address, *secrets, "flags and environment" if url or api_key else "environment")
        for each in (stored, *_local_system(named)):
            if each.url and _same(each.url, address) and (found := each.with_key(None)):
                return found
    else:
        if found := stored.with_key(api_key):
            return found
        if stored.url and secrets:
            return Connection(stored.url, *secrets, f"{stored.source} and environment")
        for local in _local_system(named):
            if found := local.with_key(api_key):
                return found
    raise SettingsError(_missing(address))


def _from_environment(api_key: str | None, given: Given) -> tuple[str | None, str | None] | None:
    """Return a key and a token, of which one is None: a key that a flag gives goes before a token."""
    if api_key:
        return api_key, None
    if given.token:
        return None, given.token
    return (given.api_key, None) if given.api_key else None


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _missing(address: str | None) -> str:
    what = f"key for {address}" if address else "API to ask"
    access = "RUNQUOTE_API_KEY (where people sign in: RUNQUOTE_TOKEN)"
    problem = _distrust()
    hint = f" ({local_system.OUTPUTS} is left aside: {problem})" if problem and not address else ""
    return f"No {what}{hint}: run `runquote login`, or set RUNQUOTE_API_URL and {access}"


def _from_profile(name: str | None) -> _Stored:
    path = profiles_file()
    profiles = _profiles(path)
    if name is not None and name not in profiles:
        raise SettingsError(f"{path} has no profile {name!r}: run `runquote --profile {name} login`")
    profile = profiles.get(name or DEFAULT_PROFILE, {})
    return _Stored(f"profile {name or DEFAULT_PROFILE} in {path}", profile.get("api_url"), profile.get("api_key"))


def _local_system(profile: str | None) -> list[_Stored]:
    """Return the system that `make up` started in this checkout, unless a profile is asked for."""
    if profile or _distrust():
        return []
    outputs = _read(local_system.OUTPUTS)
    source = f"the local system in {local_system.OUTPUTS}"
    return [_Stored(source, outputs.get("api_url"), outputs.get("api_key"), is_local=True)]


def _distrust() -> str | None:
    """Say why what the working folder says of a local system is left aside."""
    if problem := local_system.distrust():
        return problem
    address = _read(local_system.OUTPUTS).get("api_url")
    if address is None or (isinstance(address, str) and local_system.is_loopback(address)):
        return None
    return f"{address!r} is no address of this machine"


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
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} cannot be read: it must hold an object")
    return content
