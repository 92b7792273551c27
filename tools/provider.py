"""Where Terraform takes the AWS provider from: the registry or, where that cannot be reached, a mirror on disk.

A person's own CLI configuration wins (https://developer.hashicorp.com/terraform/cli/config/config-file). No such file
is written: a mirror is given to `terraform init` as `-plugin-dir`, so what a configuration says of other things holds.
"""

import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cloud.settings import REPOSITORY
from tools.network import unreachable

VARIABLE = "RUNQUOTE_TERRAFORM_MIRROR"
PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")
DOWNLOADS = (
    "https://registry.terraform.io/.well-known/terraform.json",
    "https://releases.hashicorp.com/terraform-provider-aws/",
)
"""What `terraform init` asks without a mirror: the registry, and who keeps the files."""
ROOT = REPOSITORY / "terraform"
SHARED_FOLDERS = (Path("/opt"), Path("/usr/local/share"), Path("/usr/share"))
"""Mirrors are looked for one and two levels below these and the home."""


class ProviderError(Exception):
    """No provider can be had. The message says in words for a person how to get one."""


@dataclass(frozen=True)
class Source:
    """Where `terraform init` takes the provider from, and what it must be given for that."""

    description: str
    mirror: Path | None = None
    problem: str = ""
    """Why init is going to fail, and the way out; else empty."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def options(self) -> list[str]:
        """Of `terraform init`."""
        return [f"-plugin-dir={self.mirror}"] if self.mirror else []


def source(platform: str, environment: Mapping[str, str], cache: Path) -> Source:
    """Return where the provider for a platform (linux_amd64) comes from.

    A mirror may itself be the plugin cache of the person, which Terraform would fill from itself: it gets the folder
    `cache` for one. Raises ProviderError where the variable names no usable mirror.
    """
    named = environment.get(VARIABLE)
    if decided := _decided_by_the_person(environment):
        ignored = f" ({VARIABLE} is not used: that wins)" if named else ""
        return Source(f"the AWS provider comes from where {decided} says{ignored}")
    if named:
        mirror = Path(named).expanduser().absolute()
        if problem := _lacks(mirror, platform):
            raise ProviderError(f"{VARIABLE}={named} is no mirror for this: {problem}.\n{_way_out(platform)}")
        return _from(mirror, VARIABLE, cache)
    if not (problem := unreachable(*DOWNLOADS)):
        return Source("the AWS provider comes from Terraform's registry")
    rejected = []
    for mirror in mirrors(environment):
        if lack := _lacks(mirror, platform) or _open_to_everyone(mirror):
            rejected.append(f"{mirror} was not taken: {lack}.")
        else:
            return _from(mirror, f"the registry cannot be reached: {problem}", cache)
    message = [
        f"Terraform's registry cannot be reached ({problem}), and no mirror of it is on this machine.",
        *rejected,
    ]
    return Source("", problem="\n".join([*message, _way_out(platform)]))


def _from(mirror: Path, why: str, cache: Path) -> Source:
    cache.mkdir(parents=True, exist_ok=True)
    return Source(
        f"the AWS provider comes from the mirror {mirror} ({why})",
        mirror,
        environment={"TF_PLUGIN_CACHE_DIR": str(cache)},
    )


def say(found: Source) -> None:
    """Say in one line what was taken, unless it is the registry. Over what a terminal's line says of progress."""
    if found.mirror or VARIABLE in found.description:
        print(f"{'\r' if sys.stderr.isatty() else ''}  Terraform: {found.description}", file=sys.stderr, flush=True)


def version_of(command: Sequence[str]) -> dict[str, str]:
    """Return what a Terraform says of itself, without asking HashiCorp for newer ones."""
    quiet = os.environ | {"CHECKPOINT_DISABLE": "1"}
    answer = subprocess.run([*command, "version", "-json"], capture_output=True, timeout=60, check=True, env=quiet)
    told: dict[str, str] = json.loads(answer.stdout)
    return told


def platform_of(command: Sequence[str]) -> str:
    """Return the platform that a Terraform asks providers for, as linux_amd64."""
    return version_of(command)["platform"]


def mirrors(environment: Mapping[str, str]) -> Iterator[Path]:
    """Folders that hold the provider in any version, best first: Terraform's own places, then the shared folders."""
    found: dict[Path, None] = {}
    for folder in _implied(environment):
        found |= {folder: None} if (folder / PROVIDER).is_dir() else {}
    for base in (*SHARED_FOLDERS, _home(environment)):
        for level in ("*", "*/*"):
            found |= {folder.parents[2]: None for folder in sorted(base.glob(f"{level}/{PROVIDER}"))}
    yield from found


def _implied(environment: Mapping[str, str]) -> Iterator[Path]:
    """Terraform's implied local mirror directories (same page, "Implied Local Mirror Directories")."""
    home = _home(environment)
    yield from (ROOT / "terraform.d" / "plugins", REPOSITORY / "terraform.d" / "plugins")
    yield home / ".terraform.d" / "plugins"
    if sys.platform == "darwin":
        for library in (home / "Library", Path("/Library")):
            yield library / "Application Support" / "io.terraform" / "plugins"
        return
    own = environment.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    for data in (own, *(environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")):
        if data:
            yield Path(data) / "terraform" / "plugins"


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or "~").expanduser()


def _decided_by_the_person(environment: Mapping[str, str]) -> str | None:
    """The file or variable by which a person decided where providers come from."""
    for variable in ("TF_CLI_ARGS_init", "TF_CLI_ARGS"):
        if "-plugin-dir" in environment.get(variable, ""):
            return variable
    return next((str(file) for file in _configuration(environment) if _says_where(file)), None)


def _configuration(environment: Mapping[str, str]) -> list[Path]:
    """The files that Terraform reads; one named by a variable stands for all of them."""
    if named := environment.get("TF_CLI_CONFIG_FILE") or environment.get("TERRAFORM_CONFIG"):
        return [Path(named)]
    home = _home(environment)
    folder = home / ".terraform.d"
    return [home / ".terraformrc", *sorted([*folder.glob("*.tfrc"), *folder.glob("*.tfrc.json")])]


def _says_where(file: Path) -> bool:
    """Whether a configuration tells of providers. Many hold a cache or credentials alone, and some are not there."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return False
    without_comments = re.sub(r"/\*.*?\*/|(^|\s)(#|//)[^\n]*", "", text, flags=re.DOTALL)
    return (
        re.search(r'\bprovider_installation\b|\bhost"?\s*[:{]?\s*"registry\.terraform\.io"', without_comments)
        is not None
    )


def _lacks(mirror: Path, platform: str) -> str | None:
    """Why a mirror does not serve, or None."""
    if not (mirror / PROVIDER).is_dir():
        return f"there is no folder {mirror / PROVIDER}"
    packages = dict(_packages(mirror))
    if any(_meets(version) and of == platform for version, of in packages):
        return None
    has = ", ".join(sorted(f"{version} for {of}" for version, of in packages)) or "no whole package"
    return f"it holds {has}, and {wanted()} for {platform} is needed"


def _packages(mirror: Path) -> Iterator[tuple[tuple[str, str], Path]]:
    """Version and platform of every package, packed or unpacked, that is whole as far as a look at it tells."""
    for file in (mirror / PROVIDER).glob("terraform-provider-aws_*.zip"):
        if (name := re.fullmatch(r"terraform-provider-aws_(.+?)_(.+)\.zip", file.name)) and zipfile.is_zipfile(file):
            yield (name[1], name[2]), file
    for folder in (mirror / PROVIDER).glob("*/*_*"):
        if any(folder.glob("terraform-provider-aws*")):
            yield (folder.parent.name, folder.name), folder


def wanted() -> str:
    """The versions that the root asks for, as Terraform writes them: ~> 5.100."""
    found = re.search(r'source\s+= "hashicorp/aws"\s+version\s+= "(.+)"', (ROOT / "versions.tf").read_text())
    if not found:
        raise ProviderError(f"{ROOT / 'versions.tf'} names no version of hashicorp/aws")
    return found[1]


def _meets(version: str) -> bool:
    """Whether a version is one of `~> MAJOR.MINOR`: that minor release or a later one of the same major, no preview."""
    wanted_parts = [int(part) for part in wanted().removeprefix("~> ").split(".")]
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return False
    parts = [int(part) for part in version.split(".")]
    return parts[: len(wanted_parts) - 1] == wanted_parts[:-1] and parts >= wanted_parts


def _open_to_everyone(mirror: Path) -> str | None:
    """A package that anybody on the machine may replace runs nobody else's Terraform unless it is named."""
    for path in (mirror, *(mirror / PROVIDER).rglob("*")):
        if path.exists() and path.stat().st_mode & stat.S_IWOTH:
            return f"everyone can write to {path}; set {VARIABLE} to it if you trust it"
    return None


def _way_out(platform: str) -> str:
    return (
        "On a machine that reaches the registry, make a mirror:\n"
        f"  terraform -chdir=terraform get\n"
        f"  terraform -chdir=terraform providers mirror -platform={platform} /tmp/terraform-mirror\n"
        f"and copy that folder to /opt/terraform-mirror here, or anywhere with {VARIABLE} set to it."
    )


def check(command: Sequence[str], environment: Mapping[str, str] = os.environ) -> tuple[bool, str]:
    """For `make doctor`: whether a provider can be had, and where from or how."""
    try:
        found = source(platform_of(command), environment, REPOSITORY / "build" / "local" / "plugin-cache")
    except ProviderError as error:
        return False, str(error)
    return not found.problem, found.problem or found.description[0].upper() + found.description[1:]
