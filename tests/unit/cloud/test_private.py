"""What holds secrets is for nobody else, also where an earlier version left it open."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cloud.private import drawn_once, make_private, new_secret, open_private, write_private


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def test_an_open_folder_is_closed_and_links_are_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "program").touch(mode=0o755)
    (theirs / "program").chmod(0o755)
    state = tmp_path / "state"
    (state / "terraform" / "data").mkdir(parents=True)
    for name in ("outputs.json", "terraform/terraform.tfstate", "terraform/data/run"):
        (state / name).touch()
        (state / name).chmod(0o755 if name.endswith("run") else 0o644)
    for folder in (state, state / "terraform", state / "terraform" / "data"):
        folder.chmod(0o755)
    (state / "terraform" / "root").symlink_to(theirs)
    (state / "terraform" / "gone").symlink_to(tmp_path / "nowhere")
    make_private(state)
    assert {mode(path) for path in (state, *state.rglob("*")) if path.is_dir() and not path.is_symlink()} == {0o700}
    assert mode(state / "outputs.json") == mode(state / "terraform" / "terraform.tfstate") == 0o600
    assert mode(state / "terraform" / "data" / "run") == 0o700
    assert mode(theirs / "program") == 0o755


def test_a_file_written_anew_is_private_whatever_it_was(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text("old")
    file.chmod(0o666)
    write_private(file, "new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)
    with open_private(tmp_path / "log", "ab") as log:
        log.write(b"a line")
    assert mode(tmp_path / "log") == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "outputs.json"]


def test_many_that_draw_at_once_have_the_same(tmp_path: Path) -> None:
    file = tmp_path / "state" / "credentials"
    with ThreadPoolExecutor(8) as threads:
        drawn = set(threads.map(lambda _: drawn_once(file, new_secret()), range(40)))
    assert drawn == {file.read_text()}
    assert mode(file) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["credentials"]
