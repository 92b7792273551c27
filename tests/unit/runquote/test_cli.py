import csv
import io
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runquote import Client, SettingsError, plots
from runquote.cli import app
from runquote.settings import profiles_file
from tests.fakes.api import API_KEY
from tests.unit.runquote.conftest import Command, checkout
from tests.unit.runquote.fake_api import TOKEN, FakeApi, detail

REPOSITORY = Path(__file__).parents[3]
PREDICT = ("predict", "rnaseq", "--input")


def test_a_prediction_reads_like_a_sentence(runquote: Command) -> None:
    result = runquote(*PREDICT, "120GB", "--output", "1.5 GB", "--param", "paired=true")
    assert result.exit_code == 0
    assert result.stdout.startswith("About $12\n8 in 10 runs like this cost between $9.60 and $14.\n")
    assert "80 % intervals that held for 79% of runs it had not seen" in " ".join(result.stdout.split())
    assert "[smaller] than a typical run" in result.stdout
    assert result.stderr == ""


def test_json_holds_version_currency_and_the_whole_prediction(runquote: Command) -> None:
    result = runquote(*PREDICT, "120GB", "--format", "json", "--budget", "13")
    answer = json.loads(result.stdout)
    assert (answer["version"], answer["currency"], answer["cost_usd"]) == (1, "USD", 12)
    assert (answer["budget_usd"], answer["within_budget"]) == (13, True)
    assert len(answer["outcomes_usd"]) == 20


def test_csv_has_one_row_with_the_interval_asked_for(runquote: Command) -> None:
    result = runquote(*PREDICT, "120GB", "--format", "csv", "--interval", "90")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert float(row["high_usd"]) == pytest.approx(16.8)
    assert row["coverage"] == "0.9"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("120GB", "--budget", "50"), 0),
        (("120GB", "--budget", "11.99"), 3),
        (("120GB", "--budget", "13", "--risk", "0.1"), 3),
        (("120GB", "--strict"), 0),
        (("900GB", "--strict"), 4),
        (("900GB", "--strict", "--budget", "1"), 4),
        (("900GB", "--budget", "1"), 3),
        (("120GB", "--budget", "12.5", "--risk", "0.5"), 0),
        (("120GB", "--budget", "11", "--risk", "1"), 0),
        (("900TB",), 0),
        (("900TB", "--strict"), 4),
        (("900TB", "--budget", "1000000000"), 4),
        (("900GB",), 0),
        (("1,5GB",), 2),
        (("0GB",), 2),
        (("120GB", "--interval", "70"), 2),
        (("120GB", "--budget", "-5"), 2),
        (("120GB", "--risk", "0.1"), 2),
        (("120GB", "--budget", "nan"), 2),
        (("120GB", "--param", "paired"), 2),
        (("120GB", "--unheard"), 2),
    ],
)
def test_exit_codes(runquote: Command, arguments: tuple[str, ...], code: int) -> None:
    assert runquote(*PREDICT, *arguments).exit_code == code


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ("16", "Within budget: None of 20 outcomes exceeds $16.00\n"),
        ("15.5", "Within budget: 1 of 20 outcomes exceeds $15.50\n"),
        ("15", "May exceed the budget: 2 of 20 outcomes exceed $15.00\n"),
        ("11", "Likely exceeds the budget: 13 of 20 outcomes exceed $11.00\n"),
    ],
)
def test_a_budget_is_judged_in_the_words_of_the_web_app(runquote: Command, budget: str, words: str) -> None:
    assert runquote(*PREDICT, "120GB", "--budget", budget).stderr == words


def test_what_is_above_the_risk_is_said_with_it(runquote: Command) -> None:
    result = runquote(*PREDICT, "120GB", "--budget", "15", "--risk", "0.05")
    assert result.stderr.endswith("2 of 20 outcomes exceed $15.00, more than --risk 0.05 accepts\n")


def test_where_past_runs_cannot_tell_there_is_no_headline(runquote: Command) -> None:
    result = runquote(*PREDICT, "900TB", "--budget", "5")
    shown = " ".join(result.stdout.split())
    assert shown.startswith("Past runs cannot tell what this run will cost. At 500 GB, as far as they reach, it costs")
    assert "it costs about $50, 8 times in 10 between $40 and $60. Run one at 5 TB first." in shown
    assert "$90" not in shown
    assert "rough guide" not in shown
    assert result.stderr == "Nobody can tell whether $5.00 will do\n"
    assert "Not to be relied on: about $90,000" in runquote(*PREDICT, "900TB", "--anyway").stdout
    answer = json.loads(runquote(*PREDICT, "900TB", "--budget", "5", "--format", "json").stdout)
    assert (answer["cost_usd"], answer["within_budget"], answer["beyond_evidence"]["edge"]["cost_usd"]) == (
        90_000, None, 50,
    )  # fmt: skip


def test_a_batch_leaves_out_what_past_runs_cannot_tell_and_says_so(runquote: Command, nowhere: Path) -> None:
    (nowhere / "runs.csv").write_text("label,workflow,input_size\nlost,rnaseq,900 TB\nsmall,rnaseq,10 GB\n")
    result = runquote("batch", "runs.csv", "--sort", "cost", "--budget", "2")
    shown = " ".join(result.stdout.split())
    assert shown.index("small") < shown.index("lost")
    assert "$90" not in shown
    assert "1 row is not in the total: past runs cannot tell the cost Total of 1 of 2 rows about $1.00" in shown
    assert result.stderr == (
        "Past runs cannot tell: None of 20 likely totals exceeds $2.00, not counting 1 that past runs cannot tell of\n"
    )
    assert result.exit_code == 4
    assert runquote("batch", "runs.csv", "--budget", "1.1", "--risk", "0.1").exit_code == 3
    assert runquote("batch", "runs.csv").exit_code == 0


def test_a_budget_is_judged_where_rows_were_not_answered(runquote: Command, nowhere: Path) -> None:
    (nowhere / "runs.csv").write_text("workflow,input_size\nrnaseq,10 GB\nrnaseq,ten\n")
    result = runquote("batch", "runs.csv", "--budget", "2")
    assert "Total of 1 of 2 rows about $1.00" in result.stdout
    assert result.stderr.endswith(
        "Past runs cannot tell: None of 20 likely totals exceeds $2.00, not counting 1 that was not answered\n"
    )
    assert result.exit_code == 1
    assert "Likely exceeds the budget" in runquote("batch", "runs.csv", "--budget", "0.5").stderr


def test_a_failure_is_one_line_on_stderr(runquote: Command) -> None:
    result = runquote("predict", "unheard", "--input", "1GB")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: We have no past runs of unheard\n"


def test_parameters_have_the_type_that_they_look_like(runquote: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    monkeypatch.setattr("runquote.client.Client.predict", lambda *arguments: seen.update(arguments[4]) or 1 / 0)
    pairs = {"a": "1", "b": "1.5", "c": "TRUE", "d": '"7"', "e": "1_000", "f": "nan", "g": "007", "h": "x=y"}
    runquote(*PREDICT, "1GB", *(word for name, value in pairs.items() for word in ("--param", f"{name}={value}")))
    assert seen == {"a": 1, "b": 1.5, "c": True, "d": "7", "e": "1_000", "f": "nan", "g": "007", "h": "x=y"}


def test_no_colour_where_nobody_looks(runquote: Command) -> None:
    assert "\x1b" not in runquote(*PREDICT, "900GB").output


def test_a_batch_answers_good_rows_and_names_bad_ones(runquote: Command, nowhere: Path) -> None:
    (nowhere / "runs.csv").write_text(
        'label,workflow,input_size,output_size\nsmall,rnaseq,10 GB,\nbad,rnaseq,"1,5 GB",\nnone,unheard,1 GB,\n'
        "large,rnaseq,200 GB,3 GB\n"
    )
    result = runquote("batch", "runs.csv", "--sort", "cost", "--format", "csv", "--out", "out.json")
    assert result.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["label"] for row in rows] == ["large", "small", "bad", "none"]
    assert "runs.csv: line 3: column “input_size”: “1,5 GB” is not a size" in result.stderr
    assert "runs.csv: line 4: We have no past runs of unheard" in result.stderr
    assert json.loads((nowhere / "out.json").read_text())["total"]["cost_usd"] == 21


def test_a_file_that_is_not_there_is_named_in_one_line(runquote: Command, nowhere: Path) -> None:
    assert runquote("batch", "gone.csv").stderr == "Error: gone.csv: No such file or directory\n"


def test_text_in_csv_stays_text_in_a_spreadsheet(runquote: Command, nowhere: Path) -> None:
    (nowhere / "runs.csv").write_text("label,workflow,input_size\n=cmd(),rnaseq,120 GB\n-1,@nobody,120 GB\n")
    runquote("batch", "runs.csv", "--format", "csv", "--out", "out.csv")
    first, second = csv.DictReader((nowhere / "out.csv").read_text().splitlines())
    assert first["label"] == "'=cmd()"
    assert float(first["cost_usd"]) == 12
    assert (second["label"], second["workflow"]) == ("'-1", "'@nobody")


def test_a_batch_of_more_than_500_is_simulated_together(runquote: Command, nowhere: Path) -> None:
    (nowhere / "runs.csv").write_text("workflow,input_size\n" + "rnaseq,10 GB\n" * 501)
    result = runquote("batch", "runs.csv", "--format", "json", "--budget", "500")
    total = json.loads(result.stdout)["total"]
    assert result.exit_code == 3
    assert total["cost_usd"] == pytest.approx(501, rel=0.01)
    low, high = total["intervals"][0]["low_usd"], total["intervals"][0]["high_usd"]
    assert 490 < low < 501 < high < 512  # independent runs: far narrower than the sum of the bounds


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("label,workflow\nx,rnaseq\n", "no column says the input size; the columns are label and workflow."),
        ("workflow,input_size,budget\n", "there is no row below the header"),
        (b"\xff\xfe\x00", "not a CSV file"),
    ],
)
def test_a_file_that_is_no_batch_is_refused_in_one_line(
    runquote: Command, nowhere: Path, content: str | bytes, message: str
) -> None:
    (nowhere / "runs.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    result = runquote("batch", "runs.csv")
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_curve_is_drawn_in_the_terminal_and_as_svg(runquote: Command, nowhere: Path) -> None:
    drawn = runquote("curve", "rnaseq").stdout
    assert max(map(len, drawn.splitlines())) <= 80
    frame = max(len(line.partition("+")[2]) for line in drawn.splitlines())
    plot = [line.partition("|")[2].ljust(frame) for line in drawn.splitlines() if "|" in line]
    assert all("*" in column for column in zip(*(line for line in plot), strict=True))  # a line without gaps
    assert "o" in drawn
    assert runquote("curve", "rnaseq", "--plot", "curve.svg").exit_code == 0
    root = ElementTree.fromstring((nowhere / "curve.svg").read_text())
    assert len(root.findall("{http://www.w3.org/2000/svg}circle")) == 1
    assert runquote("curve", "rnaseq", "--plot", "curve.pdf").exit_code == 2


def test_a_curve_fits_a_narrow_terminal(runquote: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runquote.cli.output._WIDTH_WITHOUT_TERMINAL", 50)
    drawn = runquote("curve", "rnaseq").stdout.splitlines()
    assert max(map(len, drawn)) == 50
    assert len(drawn) == 20 + 3  # nothing is folded: as many lines as in a wide one, axis and legend among them


def test_a_curve_is_dashed_where_no_run_has_been(nowhere: Path) -> None:
    workflow = detail("rnaseq")
    points = [
        point.model_copy(update={"extrapolated": number not in (3, 4, 5)})
        for number, point in enumerate(workflow.curve)
    ]
    drawn = plots.svg(plots.curve_of(workflow.model_copy(update={"curve": points}), 80), 80)
    lines = [path for path in drawn.split("<path") if 'stroke="#1f6feb"' in path]
    assert [("dasharray" in path, path.count("L") + 1) for path in lines] == [(True, 4), (False, 3), (True, 6)]


def test_a_curve_as_png_has_its_labels_on_a_machine_without_fonts(
    runquote: Command, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runquote("curve", "rnaseq", "--plot", "curve.png").exit_code == 0
    image = (nowhere / "curve.png").read_bytes()
    assert image.startswith(b"\x89PNG")
    assert struct.unpack(">II", image[16:24]) == (1440, 880)
    monkeypatch.setattr("runquote.plots.escape", lambda text: "")  # the title is gone, and so is a part of the picture
    assert runquote("curve", "rnaseq", "--plot", "untitled.png").exit_code == 0
    assert len((nowhere / "untitled.png").read_bytes()) < len(image) - 1000


def test_a_png_without_the_packages_for_it_says_what_to_install(
    runquote: Command, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    result = runquote("curve", "rnaseq", "--plot", "curve.png")
    assert (result.exit_code, "'.[plot]'" in result.stderr) == (1, True)
    assert not (nowhere / "curve.png").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("models", "list"),
        ("models", "show", "rnaseq"),
        ("accuracy",),
        ("accuracy", "rnaseq"),
        ("budgets", "list"),
        ("doctor",),
    ],
)
def test_what_is_known_comes_in_three_formats(runquote: Command, arguments: tuple[str, ...]) -> None:
    for format_, starts in (("table", ""), ("json", '{\n  "version": 1,\n  "currency": "USD"'), ("csv", "")):
        result = runquote(*arguments, "--format", format_)
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(starts)
        assert result.stdout.count("\n") >= 2


def test_the_accuracy_of_one_workflow_is_told_by_size_and_month_with_its_worst_miss(runquote: Command) -> None:
    shown = runquote("accuracy", "rnaseq").stdout
    assert shown.startswith("Median error 8%, against 74% of always answering the median cost\n")
    assert "Version 3, on 3 runs that were kept from training" in shown
    assert "67% of them lay in the 80% interval" in shown
    assert "The 12 runs since 2026-03-05, from those before: median error 13%" in shown
    assert "10 GB to 400 GB     3            9%" in shown
    assert "2026-03     3            9%" in shown
    assert "r-400  400 GB        $40   $90  2026-03-05" in shown
    rows = list(csv.DictReader(io.StringIO(runquote("accuracy", "rnaseq", "--format", "csv").stdout)))
    assert [float(row["cost_usd"]) for row in rows] == [1.1, 19, 90]
    assert float(rows[2]["high_usd_90"]) == pytest.approx(56)
    assert len(json.loads(runquote("accuracy", "rnaseq", "--format", "json").stdout)["points"]) == 3


def test_budgets_are_listed_set_and_removed(runquote: Command, api: FakeApi) -> None:
    shown = runquote("budgets", "list").stdout
    assert "genomics   $12.00  $10.00     -$2.00     3  rnaseq (over budget)" in shown
    assert "(no team)   $1.00" in shown
    rows = list(csv.DictReader(io.StringIO(runquote("budgets", "list", "--format", "csv").stdout)))
    assert [(row["team"], row["remaining_usd"]) for row in rows] == [("genomics", "-2.0"), ("", "")]
    assert "lab/a may spend $50.00 a month" in runquote("budgets", "set", "lab/a", "50").stderr
    assert api.requests[-1] == ("PUT", "budgets/lab%2Fa")
    assert "was $10.00 a month" in runquote("budgets", "remove", "genomics").stderr
    assert runquote("budgets", "remove", "unheard").exit_code == 1
    for month in ("November", "2026-13"):
        wrong = runquote("budgets", "list", "--month", month)
        said = "Error: The month must be a month from 01 to 12 of a year, like 2026-11."
        assert (wrong.exit_code, wrong.stderr.strip()) == (1, said)
    below = runquote("budgets", "set", "lab/a", "-5")
    told = " ".join(below.stderr.replace("│", " ").split())
    assert (below.exit_code, "is no amount of dollars: write it like 50 or 1200.50" in told) == (2, True)


def test_a_workflow_is_retired_after_asking(runquote: Command, api: FakeApi) -> None:
    assert runquote("models", "retire", "rnaseq", stdin="n\n").exit_code == 1
    assert not any(method == "DELETE" for method, _ in api.requests)
    for answer in (
        runquote("models", "retire", "rnaseq", stdin="y\n"),
        runquote("models", "retire", "rnaseq", "--yes"),
    ):
        assert (answer.exit_code, "rnaseq is retired; its history stays (84 runs)" in answer.stderr) == (0, True)
    assert api.requests[-1] == ("DELETE", "workflows/rnaseq")
    assert runquote("models", "retire", "unheard", "--yes").exit_code == 1
    assert runquote("models", "list", "--retired").exit_code == 0
    assert api.requests[-1] == ("GET", "workflows?retired=true")


def test_login_saves_a_profile_that_only_its_owner_reads(command: Command, nowhere: Path, api: FakeApi) -> None:
    result = command("--api-url", api.url, "--profile", "team", "login", stdin=API_KEY + "\n")
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(profiles_file().stat().st_mode) == 0o600
    assert API_KEY not in result.output
    assert command("--profile", "team", *PREDICT, "120GB").exit_code == 0
    missing = command("--profile", "other", *PREDICT, "120GB")
    assert (missing.exit_code, "has no profile 'other'" in missing.stderr) == (1, True)
    assert "`runquote --profile other login`" in missing.stderr


def test_login_takes_the_connection_after_the_command_and_others_say_where_it_goes(
    command: Command, nowhere: Path, api: FakeApi
) -> None:
    result = command("login", "--api-url", api.url, "--api-key", API_KEY, "--profile", "team")
    assert result.exit_code == 0, result.output
    assert command("--profile", "team", *PREDICT, "120GB").exit_code == 0
    for arguments, last in (((*PREDICT, "1GB"), "predict"), (("models", "list"), "models")):
        result = command(*arguments, "--profile", "team")
        words = " ".join(result.stderr.replace("│", " ").split())
        assert result.exit_code == 2
        assert f"--profile stands before the command: runquote --profile VALUE {last}" in words


def test_login_with_a_wrong_key_saves_nothing(command: Command, nowhere: Path, api: FakeApi) -> None:
    assert command("--api-url", api.url, "login", stdin="wrong\n").exit_code == 1
    assert not profiles_file().exists()


def test_flags_come_before_environment_before_profile_before_a_local_system(
    command: Command, nowhere: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout(nowhere, api.url)
    local = command(*PREDICT, "120GB")
    assert local.exit_code == 0
    assert local.stderr == f"Using the local system in build/local/outputs.json: {api.url}\n"
    elsewhere = "http://127.0.0.1:9/v1"
    assert command("--api-url", elsewhere, "--api-key", "k", "login", "--no-check").exit_code == 0
    assert elsewhere in command(*PREDICT, "120GB").stderr
    monkeypatch.setenv("RUNQUOTE_API_URL", api.url)
    monkeypatch.setenv("RUNQUOTE_API_KEY", API_KEY)
    assert command(*PREDICT, "120GB").exit_code == 0
    assert command("--api-key", "wrong", *PREDICT, "120GB").exit_code == 1


def test_where_people_sign_in_a_token_from_the_environment_goes_before_a_key(
    command: Command, nowhere: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNQUOTE_API_URL", api.url)
    monkeypatch.setenv("RUNQUOTE_API_KEY", "of another deployment")
    monkeypatch.setenv("RUNQUOTE_TOKEN", TOKEN)
    assert command(*PREDICT, "120GB").exit_code == 0
    assert "accepts the token" in command("doctor").stdout
    assert command("--api-key", API_KEY, *PREDICT, "120GB").exit_code == 0
    monkeypatch.setenv("RUNQUOTE_TOKEN", "old")
    ended = command(*PREDICT, "120GB")
    assert (ended.exit_code, "The access token has ended" in ended.stderr) == (1, True)


def test_login_with_a_token_saves_the_address_alone(
    command: Command, nowhere: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNQUOTE_TOKEN", TOKEN)
    assert command("login", "--api-url", api.url).exit_code == 0
    assert json.loads(profiles_file().read_text()) == {"default": {"api_url": api.url}}
    assert command(*PREDICT, "120GB").exit_code == 0
    with Client.connect() as client:
        assert client.workflows()
    monkeypatch.delenv("RUNQUOTE_TOKEN")
    assert "RUNQUOTE_TOKEN" in command(*PREDICT, "120GB").stderr


def test_a_stored_key_is_never_sent_to_another_address(command: Command, nowhere: Path, api: FakeApi) -> None:
    command("--api-url", api.url, "login", stdin=API_KEY + "\n")
    api.requests.clear()
    result = command("--api-url", api.url.replace("127.0.0.1", "localhost"), *PREDICT, "120GB")
    assert (result.exit_code, "No key for" in result.stderr, api.requests) == (1, True, [])


def test_nothing_configured_says_what_to_do(command: Command, nowhere: Path) -> None:
    assert "run `runquote login`" in command(*PREDICT, "120GB").stderr
    assert command("doctor").exit_code == 1


def test_a_shell_can_complete_the_commands(nowhere: Path) -> None:
    environment = {"_RUNQUOTE_COMPLETE": "complete_bash", "COMP_WORDS": "runquote pre", "COMP_CWORD": "1"}
    assert "predict" in CliRunner().invoke(app, [], prog_name="runquote", env=environment).output


@pytest.mark.parametrize(("words", "found"), [("runquote predict rn", True), ("runquote train x", False)])
def test_a_shell_can_complete_names_of_workflows(runquote: Command, words: str, found: bool) -> None:
    environment = {"_RUNQUOTE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "2"}
    assert ("rnaseq" in CliRunner().invoke(app, [], prog_name="runquote", env=environment).output) == found


def test_completion_says_nothing_where_no_api_answers(nowhere: Path) -> None:
    environment = {"_RUNQUOTE_COMPLETE": "complete_bash", "COMP_WORDS": "runquote predict rn", "COMP_CWORD": "2"}
    assert CliRunner().invoke(app, [], prog_name="runquote", env=environment).output.strip() == ""


def test_a_notebook_connects_as_the_command_does(command: Command, nowhere: Path, api: FakeApi) -> None:
    with pytest.raises(SettingsError, match="runquote login"):
        Client.connect()
    command("--api-url", api.url, "--profile", "team", "login", stdin=API_KEY + "\n")
    with Client.connect("team") as client:
        assert client.predict("rnaseq", "120 GB").cost_usd == 12


def module(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m runquote` in this checkout, as one does without having installed the package."""
    command = [sys.executable, "-m", "runquote", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_version_is_told_without_an_installed_package() -> None:
    told = module("--version")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert (told.returncode, told.stdout, told.stderr) == (0, f"{project['version']}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_valid_shell_code_however_the_command_is_started(shell: str, tmp_path: Path) -> None:
    shown = module(_RUNQUOTE_COMPLETE=f"source_{shell}")
    assert shown.returncode == 0, shown.stderr
    assert " runquote" in shown.stdout
    assert "python" not in shown.stdout.lower()
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here to check it with")
    script = tmp_path / "completion"
    script.write_text(shown.stdout)
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False, timeout=60)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_completion_of_a_checkout_completes() -> None:
    completed = module(_RUNQUOTE_COMPLETE="complete_bash", COMP_WORDS="runquote bud", COMP_CWORD="1")
    assert completed.stdout.split() == ["budgets"]
