"""Archives that cannot harm, keys that stay in their folder, and state that survives."""

import io
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from cloud.sagemaker import artefacts
from cloud.sagemaker.artefacts import ArtefactError, extract, pack, relative_key
from cloud.sagemaker.runner import Order, ProcessContainer, ProcessRunner
from cloud.sagemaker.store import AlreadyExistsError, Store


def archive(tmp_path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def file(name: str, **changes: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for key, value in changes.items():
        setattr(member, key, value)
    return member


@pytest.mark.parametrize(
    "member",
    [
        file("../outside"),
        file("/absolute"),
        file("a/../../outside"),
        file("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        file("hard", type=tarfile.LNKTYPE, linkname="model.json"),
        file("device", type=tarfile.CHRTYPE),
        file("pipe", type=tarfile.FIFOTYPE),
    ],
    ids=lambda member: member.name,
)
def test_dangerous_members_are_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    path = archive(tmp_path, (file("model.json"), b"{}"), (member, b""))
    with pytest.raises((ArtefactError, tarfile.TarError)):
        extract(path, tmp_path / "inside")
    assert not (tmp_path / "outside").exists()


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefacts, "MAX_EXTRACTED_BYTES", 10)
    with pytest.raises(ArtefactError, match="too much"):
        extract(archive(tmp_path, (file("a"), b"x" * 6), (file("b"), b"x" * 6)), tmp_path / "inside")
    assert not (tmp_path / "inside/b").exists()


def test_archives_depend_on_content_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "folder").mkdir(parents=True)
        for path in ("folder/b", "a") if name == "one" else ("a", "folder/b"):
            (tmp_path / name / path).write_text(path)
        (tmp_path / name / "a").chmod(0o600 if name == "one" else 0o755)
        pack(tmp_path / name, tmp_path / f"{name}.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        assert tar.getnames() == ["a", "folder/b"]


@pytest.mark.parametrize(
    ("key", "prefix", "expected"),
    [
        ("data/train/a.csv", "data/train/", "a.csv"),
        ("data/train/a.csv", "data/train", "a.csv"),
        ("data/train/x/a.csv", "data/train", "x/a.csv"),
        ("data/train2/a.csv", "data/train", "train2/a.csv"),
        ("data/a.csv", "data/a.csv", "a.csv"),
        ("a.csv", "", "a.csv"),
    ],
)
def test_relative_keys(key: str, prefix: str, expected: str) -> None:
    assert relative_key(key, prefix) == expected


def test_one_of_two_creations_wins(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    outcomes = []

    def create(value: int) -> None:
        try:
            store.insert("job", "name", {"by": value})
            outcomes.append(value)
        except AlreadyExistsError:
            pass

    threads = [threading.Thread(target=create, args=(value,)) for value in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert store.get("job", "name") == {"by": outcomes[0]}


def test_committed_state_survives_kill_9(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from cloud.sagemaker.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for n in range(100): store.put('job', str(n), {'n': n}); store.update('job', str(n), {'m': n, 'gone': None})\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path / "state.db")], check=False)
    assert ended.returncode == -9
    store = Store(tmp_path / "state.db")
    assert len(store.all("job")) == 100
    assert store.get("job", "99") == {"n": 99, "m": 99}


def run(tmp_path: Path, code: str, **environment: str) -> ProcessContainer:
    runner = ProcessRunner(
        tmp_path, train=[sys.executable, "-c", code], serve=[sys.executable, "-c", code], marker={"MARK": "m"}
    )
    return runner.start(Order("train", "image", tmp_path / "ml", tmp_path / "log.txt", environment))


def test_process_gets_its_environment_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_MACHINE", "x")
    code = "import os; print(sorted(n + '=' + v for n, v in os.environ.items() if n not in ('PATH', 'HOME')))"
    assert run(tmp_path, code, COLOUR="red").wait(10) == 0
    log = (tmp_path / "log.txt").read_text()
    assert "COLOUR=red" in log
    assert "MARK=m" in log
    assert f"SAGEMAKER_BASE_DIR={tmp_path / 'ml'}" in log
    assert "SECRET_OF_THE_MACHINE" not in log


def test_a_program_that_nobody_named_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No command was given for `train`"):
        ProcessRunner(tmp_path).start(Order("train", "image", tmp_path / "ml", tmp_path / "log.txt"))


def test_exit_codes(tmp_path: Path) -> None:
    assert run(tmp_path, "raise SystemExit(3)").wait(10) == 3
    assert run(tmp_path, "import os; os.kill(os.getpid(), 9)").wait(10) == 137


def test_stop_ends_children_too(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True); child.wait()"
    )
    container = run(tmp_path, code)
    pause = threading.Event()
    while not (tmp_path / "log.txt").read_text().strip():
        pause.wait(0.01)
    child = int((tmp_path / "log.txt").read_text())
    container.stop(0.1)
    assert container.wait(10) == 137
    for _ in range(1000):  # The kernel hands the orphan to init, which may take a moment to bury it.
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True, check=False)
        if not state.stdout.strip() or state.stdout.startswith("Z"):
            return
        pause.wait(0.01)
    pytest.fail("The child goes on.")
