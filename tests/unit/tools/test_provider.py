"""Where Terraform's provider comes from: whose word counts, which folders are searched, and what is no mirror."""

import os
import zipfile
from pathlib import Path

import pytest

from tools import provider
from tools.apply import TerraformError, apply
from tools.provider import PROVIDER, ProviderError, source

PLATFORM = "linux_amd64"
NO_NETWORK = "registry.terraform.io: Name or service not known"
MIRROR_SAYS = 'provider_installation {\n  filesystem_mirror {\n    path = "/srv/mirror"\n  }\n}\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a person on a closed network, on a machine with one shared folder and nothing in it."""
    monkeypatch.setattr(provider, "SHARED_FOLDERS", (tmp_path / "opt",))
    monkeypatch.setattr(provider, "unreachable", lambda *_: NO_NETWORK)
    (tmp_path / "opt").mkdir()
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def unpacked(mirror: Path, version: str = "5.100.0", platform: str = PLATFORM) -> Path:
    folder = mirror / PROVIDER / version / platform
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_v{version}_x5").touch()
    return mirror


def packed(mirror: Path, version: str = "5.100.0", platform: str = PLATFORM) -> Path:
    (mirror / PROVIDER).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(mirror / PROVIDER / f"terraform-provider-aws_{version}_{platform}.zip", "w") as package:
        package.writestr(f"terraform-provider-aws_v{version}_x5", "")
    return mirror


def found(home: Path, **variables: str) -> provider.Source:
    data = {"XDG_DATA_DIRS": str(home.parent / "share")}
    return source(PLATFORM, {"HOME": str(home), **data, **variables}, home.parent / "cache")


@pytest.mark.parametrize("make", [packed, unpacked])
@pytest.mark.parametrize(
    "place",
    [
        "opt/tf-plugins",
        "opt/mirrors/terraform",
        "home/mirror",
        "home/Downloads/terraform-mirror",
        "home/.terraform.d/plugins",
        "home/.local/share/terraform/plugins",
        "share/terraform/plugins",
    ],
)
def test_a_mirror_is_found_by_itself(home: Path, place: str, make: object) -> None:
    assert callable(make)
    mirror = make(home.parent / place)
    taken = found(home)
    assert taken.options == [f"-plugin-dir={mirror}"]
    assert (
        taken.description
        == f"the AWS provider comes from the mirror {mirror} (the registry cannot be reached: {NO_NETWORK})"
    )
    assert not taken.problem


def test_data_folders_of_the_person_come_before_shared_ones(home: Path, tmp_path: Path) -> None:
    unpacked(tmp_path / "opt" / "a")
    own = unpacked(tmp_path / "data" / "terraform" / "plugins")
    assert found(home, XDG_DATA_HOME=str(tmp_path / "data")).mirror == own


def test_deeper_than_two_levels_is_not_searched(home: Path, tmp_path: Path) -> None:
    unpacked(tmp_path / "opt" / "a" / "b" / "c")
    assert found(home).mirror is None


def test_where_the_registry_answers_no_mirror_is_taken(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked(tmp_path / "opt" / "mirror")
    monkeypatch.setattr(provider, "unreachable", lambda *_: None)
    taken = found(home)
    assert (taken.mirror, taken.problem) == (None, "")


@pytest.mark.parametrize(
    ("version", "platform", "why"),
    [
        ("5.99.0", PLATFORM, "it holds 5.99.0 for linux_amd64, and ~> 5.100 for linux_amd64 is needed"),
        ("6.0.0", PLATFORM, "it holds 6.0.0 for linux_amd64"),
        ("5.101.0-beta1", PLATFORM, "it holds 5.101.0-beta1"),
        ("5.100.0", "darwin_arm64", "it holds 5.100.0 for darwin_arm64"),
        ("5.100.0", "linux_arm64", "it holds 5.100.0 for linux_arm64"),
    ],
)
@pytest.mark.parametrize("make", [packed, unpacked])
def test_a_mirror_of_something_else_is_said_and_not_taken(
    home: Path, tmp_path: Path, make: object, version: str, platform: str, why: str
) -> None:
    assert callable(make)
    make(tmp_path / "opt" / "a", version, platform)
    missing = found(home)
    assert missing.mirror is None
    assert f"{tmp_path / 'opt' / 'a'} was not taken: {why}" in missing.problem
    fitting = unpacked(tmp_path / "opt" / "b", "5.104.2")
    assert found(home).mirror == fitting


def test_half_a_package_is_none(home: Path, tmp_path: Path) -> None:
    (tmp_path / "opt" / "a" / PROVIDER / "5.100.0" / PLATFORM).mkdir(parents=True)
    torn = tmp_path / "opt" / "b" / PROVIDER
    torn.mkdir(parents=True)
    (torn / f"terraform-provider-aws_5.100.0_{PLATFORM}.zip").write_bytes(b"PK\3\4 the beginning")
    assert found(home).problem.count("no whole package") == 2


def test_what_everyone_can_replace_is_only_taken_by_name(home: Path, tmp_path: Path) -> None:
    mirror = unpacked(tmp_path / "opt" / "mirror")
    (mirror / PROVIDER / "5.100.0").chmod(0o777)
    assert "everyone can write to" in found(home).problem
    assert found(home, RUNQUOTE_TERRAFORM_MIRROR=str(mirror)).mirror == mirror


def test_without_a_mirror_it_says_how_to_make_one(home: Path) -> None:
    missing = found(home)
    assert missing.options == []
    assert NO_NETWORK in missing.problem
    assert "terraform -chdir=terraform providers mirror -platform=linux_amd64 /tmp/terraform-mirror" in missing.problem
    assert "/opt/terraform-mirror here, or anywhere with RUNQUOTE_TERRAFORM_MIRROR set to it" in missing.problem


def test_the_variable_names_a_mirror_even_where_the_registry_answers(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked(tmp_path / "opt" / "other")
    monkeypatch.setattr(provider, "unreachable", lambda *_: pytest.fail("asked"))
    mirror = unpacked(tmp_path / "mine")
    taken = found(home, RUNQUOTE_TERRAFORM_MIRROR=str(mirror))
    assert taken.description == f"the AWS provider comes from the mirror {mirror} (RUNQUOTE_TERRAFORM_MIRROR)"


def test_a_variable_that_names_no_mirror_is_an_error(home: Path, tmp_path: Path) -> None:
    unpacked(tmp_path / "opt" / "other")
    with pytest.raises(
        ProviderError, match="RUNQUOTE_TERRAFORM_MIRROR=/nowhere is no mirror for this: there is no folder"
    ):
        found(home, RUNQUOTE_TERRAFORM_MIRROR="/nowhere")
    old = unpacked(tmp_path / "old", "5.1.0")
    with pytest.raises(ProviderError, match=r"it holds 5\.1\.0 for linux_amd64, and ~> 5\.100"):
        found(home, RUNQUOTE_TERRAFORM_MIRROR=str(old))


@pytest.mark.parametrize("place", [".terraformrc", ".terraform.d/mirrors.tfrc", "elsewhere.tfrc"])
def test_a_persons_own_configuration_wins_and_stays_as_it_is(home: Path, tmp_path: Path, place: str) -> None:
    mirror = unpacked(tmp_path / "opt" / "mirror")
    file = home / place
    file.parent.mkdir(exist_ok=True)
    file.write_text(MIRROR_SAYS)
    variables = {"TF_CLI_CONFIG_FILE": str(file)} if place == "elsewhere.tfrc" else {}
    taken = found(home, RUNQUOTE_TERRAFORM_MIRROR=str(mirror), **variables)
    assert taken.options == []
    assert dict(taken.environment) == {}
    assert taken.description.startswith(f"the AWS provider comes from where {file} says")
    assert "RUNQUOTE_TERRAFORM_MIRROR is not used" in taken.description
    assert file.read_text() == MIRROR_SAYS


@pytest.mark.parametrize(
    "text",
    [
        'plugin_cache_dir = "/tmp"\n',
        'credentials "app.terraform.io" {\n  token = "x"\n}\n',
        "# provider_installation { direct {} }\n",
        "/* provider_installation\n{ direct {} } */\n",
    ],
)
def test_a_configuration_that_says_nothing_of_providers_leaves_the_search(
    home: Path, tmp_path: Path, text: str
) -> None:
    mirror = unpacked(tmp_path / "opt" / "mirror")
    (home / ".terraformrc").write_text(text)
    assert found(home).mirror == mirror


@pytest.mark.parametrize(
    "text", ['{"provider_installation": [{"direct": {}}]}', 'host "registry.terraform.io" {\n  services = {}\n}\n']
)
def test_every_way_to_say_where_providers_are_counts(home: Path, text: str) -> None:
    (home / ".terraform.d").mkdir()
    (home / ".terraform.d" / "own.tfrc.json").write_text(text)
    assert "own.tfrc.json" in found(home).description


def test_a_named_configuration_replaces_that_of_the_home(home: Path, tmp_path: Path) -> None:
    """As in Terraform, which reads the home's files only where the variable is not set, and warns of one not there."""
    mirror = unpacked(tmp_path / "opt" / "mirror")
    (home / ".terraformrc").write_text(MIRROR_SAYS)
    assert found(home, TF_CLI_CONFIG_FILE=str(home / "not-there.tfrc")).mirror == mirror


def test_arguments_of_the_person_win(home: Path, tmp_path: Path) -> None:
    unpacked(tmp_path / "opt" / "mirror")
    assert found(home, TF_CLI_ARGS_init="-plugin-dir=/srv/mirror").options == []


def test_a_mirror_that_is_the_plugin_cache_gets_another_cache(home: Path, tmp_path: Path) -> None:
    """Terraform would install it into itself, and says that it cannot."""
    cache = unpacked(home / ".terraform.d" / "plugin-cache")
    taken = found(home, TF_PLUGIN_CACHE_DIR=str(cache))
    assert taken.mirror == cache
    assert dict(taken.environment) == {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache")}
    assert (tmp_path / "cache").is_dir()


def test_a_folder_that_cannot_be_read_is_passed_over(home: Path, tmp_path: Path) -> None:
    closed = tmp_path / "opt" / "closed"
    closed.mkdir(mode=0)
    mirror = unpacked(tmp_path / "opt" / "open")
    assert found(home).mirror == mirror
    closed.chmod(0o700)


def test_the_version_asked_for_is_that_of_the_root() -> None:
    assert provider.wanted() == "~> 5.100"


TERRAFORM = """#!/bin/sh
case "$*" in
  "version "*) echo '{{"terraform_version": "1.11.4", "platform": "linux_amd64"}}' ;;
  *" init "*) echo "$* $TF_PLUGIN_CACHE_DIR" >>{log}; echo "Error: it broke"; exit {status} ;;
  *) echo '{{}}' ;;
esac
"""


class Terraform:
    """A stand-in on the PATH that notes what init was given, and a state directory where apply works with it."""

    def __init__(self, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, status: int = 0) -> None:
        self.directory = folder / "state"
        self._log = folder / "init.log"
        self._environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "HOME": str(home), "PATH": os.environ["PATH"]}
        program = folder / "programs" / "terraform"
        program.parent.mkdir()
        program.write_text(TERRAFORM.format(log=self._log, status=status))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    def apply(self, **variables: str) -> None:
        apply(self._environment | variables, self.directory, {})

    @property
    def inits(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


def test_apply_gives_the_mirror_to_init_and_says_so_once(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terraform = Terraform(tmp_path, home, monkeypatch)
    mirror = unpacked(tmp_path / "opt" / "mirror")
    lock = terraform.directory / "terraform" / "root" / ".terraform.lock.hcl"
    lock.parent.mkdir(parents=True)
    lock.write_text("of another source")
    terraform.apply()
    terraform.apply()
    (init,) = terraform.inits
    assert f" -plugin-dir={mirror} " in init
    assert init.endswith(str(terraform.directory / "terraform" / "plugin-cache"))
    assert not lock.exists()
    assert capsys.readouterr().err.count(f"Terraform: the AWS provider comes from the mirror {mirror}") == 1


def test_apply_asks_anew_when_the_mirror_is_gone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terraform = Terraform(tmp_path, home, monkeypatch)
    unpacked(tmp_path / "opt" / "mirror")
    terraform.apply()
    package = terraform.directory / "terraform" / "data" / "providers" / PROVIDER / "5.100.0" / PLATFORM
    package.parent.mkdir(parents=True)
    package.symlink_to(tmp_path / "gone")
    terraform.apply()
    assert len(terraform.inits) == 2


def test_apply_does_not_try_what_cannot_succeed(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terraform = Terraform(tmp_path, home, monkeypatch)
    with pytest.raises(TerraformError, match=r"no mirror of it is on this machine(.|\n)*providers mirror"):
        terraform.apply()
    with pytest.raises(TerraformError, match="RUNQUOTE_TERRAFORM_MIRROR=/nowhere is no mirror"):
        terraform.apply(RUNQUOTE_TERRAFORM_MIRROR="/nowhere")
    assert terraform.inits == []


def test_apply_names_the_configuration_that_decided(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terraform = Terraform(tmp_path, home, monkeypatch, status=1)
    (home / ".terraformrc").write_text(MIRROR_SAYS)
    with pytest.raises(TerraformError, match=r"it broke(.|\n)*comes from where .*\.terraformrc says"):
        terraform.apply()
    assert "-plugin-dir" not in terraform.inits[0]
