"""`tools/bootstrap.sh` on machines with Python 3.13 in places that the PATH does not name, and with none."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.programs import REPOSITORY

NEEDED = ("awk", "cat", "chmod", "cmp", "cp", "dirname", "head", "mkdir", "sed", "sh", "tail", "tr")
PYTHON = """#!/bin/sh
case "$2" in *"'{version}'"*) echo "$0" ;; *) exit 1 ;; esac
"""
BROKEN_SHIM = """#!/bin/sh
echo "pyenv: python3.13: command not found" >&2
exit 127
"""
UV = """#!/bin/sh
echo "$*" >>"{log}"
case "$*" in
  *--managed-python*) printf 'error: Failed to install\\n  cause: failed to lookup address\\n' >&2; exit 2 ;;
  venv*) mkdir -p .venv/bin; printf '#!/bin/sh\\nexit {packages}\\n' >.venv/bin/python; chmod +x .venv/bin/python ;;
esac
"""


class Machine:
    """A checkout on a machine with only these programs on its PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.bin = folder / "bin"
        for made in (self.home, self.bin, folder / "checkout" / "tools", folder / "checkout" / "requirements"):
            made.mkdir(parents=True)
        shutil.copy(REPOSITORY / "tools" / "bootstrap.sh", folder / "checkout" / "tools")
        (folder / "checkout" / "requirements" / "dev.txt").write_text("pydantic==2.12.0\n")
        for name in NEEDED:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        self.path = [self.bin]
        self.program(self.bin / "id", "#!/bin/sh\necho nobody-of-this-name\n")  # whose home nobody knows
        self.uv()

    def uv(self, packages: int = 0) -> None:
        self.program(self.bin / "uv", UV.format(log=self.folder / "uv.log", packages=packages))

    def program(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def python(self, path: Path, version: str = "3.13") -> Path:
        return self.program(path, PYTHON.format(version=version))

    def bootstrap(self, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": ":".join(map(str, self.path)), "HOME": str(self.home), **variables}
        script = self.folder / "checkout" / "tools" / "bootstrap.sh"
        return subprocess.run(
            [self.bin / "sh", script], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def chosen(self) -> str:
        """The Python that uv was given."""
        (line,) = (line for line in (self.folder / "uv.log").read_text().splitlines() if line.startswith("venv"))
        return line.split("--python ")[1].removesuffix(" .venv")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    "place",
    [
        ".pyenv/versions/3.13.2/bin/python3.13",
        ".asdf/installs/python/3.13.0/bin/python3.13",
        ".local/share/mise/installs/python/3.13/bin/python3",
        ".local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13",
        ".local/bin/python3.13",
        "miniforge3/bin/python3.13",
        "miniconda3/envs/py313/bin/python",
    ],
)
def test_a_python_in_the_home_is_found(machine: Machine, place: str) -> None:
    python = machine.python(machine.home / place)
    ended = machine.bootstrap()
    assert ended.returncode == 0, ended.stderr
    assert machine.chosen == str(python)
    assert "Getting Python" not in ended.stderr


@pytest.mark.parametrize("inside", ["versions/3.13.0/bin/python3.13", "installs/python/3.13.0/bin/python3.13"])
def test_shims_on_the_path_tell_where_the_version_manager_is(machine: Machine, tmp_path: Path, inside: str) -> None:
    """With an empty home too, and a shim that does not work in this folder."""
    python = machine.python(tmp_path / "manager" / inside)
    machine.path.insert(0, machine.program(tmp_path / "manager/shims/python3.13", BROKEN_SHIM).parent)
    assert machine.bootstrap().returncode == 0
    assert machine.chosen == str(python)


@pytest.mark.parametrize(
    ("variable", "inside"),
    [
        ("PYENV_ROOT", "versions/3.13.0/bin/python3.13"),
        ("CONDA_PREFIX", "bin/python"),
        ("UV_PYTHON_INSTALL_DIR", "cpython-3.13.4-linux-x86_64-gnu/bin/python3.13"),
    ],
)
def test_variables_tell_where_pythons_are(machine: Machine, tmp_path: Path, variable: str, inside: str) -> None:
    python = machine.python(tmp_path / "there" / inside)
    assert machine.bootstrap(**{variable: str(tmp_path / "there")}).returncode == 0
    assert machine.chosen == str(python)


def test_another_name_on_the_path_is_enough_and_another_version_is_not(machine: Machine, tmp_path: Path) -> None:
    machine.python(machine.bin / "python3.13", "3.12")
    python = machine.python(tmp_path / "more" / "python")
    machine.path.append(python.parent)
    assert machine.bootstrap().returncode == 0
    assert machine.chosen == str(python)


def test_a_python_that_cannot_be_fetched_ends_with_the_way_out(machine: Machine) -> None:
    ended = machine.bootstrap()
    if "--managed-python" not in (machine.folder / "uv.log").read_text():
        pytest.skip("This machine has a Python 3.13 where every machine is searched")
    assert ended.returncode == 1
    what, how = ended.stderr.splitlines()[-2:]
    assert what.startswith("Python 3.13 is not on this machine")
    assert what.endswith("uv could not fetch it: failed to lookup address")
    assert "UV_PYTHON_INSTALL_MIRROR" in how


def test_doctor_has_a_python_even_where_uv_cannot_be_had(machine: Machine) -> None:
    (machine.bin / "uv").unlink()
    python = machine.bin / "python3.13"
    machine.program(
        python,
        '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; "-m venv --without-pip .venv") mkdir -p .venv/bin ;;'
        ' *"\'3.13\'"*) echo "$0" ;; *) exit 1 ;; esac\n',
    )
    for name in ("python3", "python3.11", "python3.12", "python3.14"):
        machine.program(machine.bin / name, BROKEN_SHIM)
    machine.bootstrap(PIP_INDEX_URL="http://127.0.0.1:9/simple", HTTPS_PROXY="http://127.0.0.1:9")
    assert (machine.folder / "checkout" / ".venv" / "bin").is_dir()


def test_packages_that_cannot_be_had_leave_no_stamp(machine: Machine) -> None:
    machine.python(machine.bin / "python3.13")
    machine.uv(packages=1)
    assert machine.bootstrap().returncode == 1
    assert not (machine.folder / "checkout" / ".venv" / ".installed").exists()
    machine.uv()
    assert machine.bootstrap().returncode == 0
    assert (machine.folder / "checkout" / ".venv" / ".installed").read_text() == "pydantic==2.12.0\n"
