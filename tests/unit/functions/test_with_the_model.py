"""The steps of `retrain` around the real training code: what one writes, the other reads."""

import json
import math
import random
from datetime import timedelta
from pathlib import Path

from contract.container import EVALUATION_FILE, Invocation, InvocationRow
from contract.states import CompareModelsRequest, PromoteRequest, VerifyArtifactRequest
from functions.compare_models.logic import compare
from functions.compare_models.rules import Rules
from functions.promote.logic import Promoter
from functions.shared import evaluations
from functions.verify_artifact.logic import ArtifactVerifier
from model import train
from model.container import answers, artifact
from tests.fakes import shapes
from tests.fakes.ports import FakeClock, FakeEndpoints, FakeRuns
from tests.fakes.shapes import GB, NOW, WORKFLOW
from tests.unit.functions.test_retraining import ARN, JOB, MODEL_URL, OUTPUT_URL, Bench, tar


def history(count: int) -> FakeRuns:
    generator = random.Random(1)
    runs = []
    for number in range(count):
        size = int(10 ** generator.uniform(9, 11.5))
        cost = 0.5 + 0.1 * (size / GB) ** 0.9 * math.exp(generator.gauss(0, 0.1))
        ended = NOW - timedelta(hours=count - number)
        times = {"started_at": ended - timedelta(hours=1), "completed_at": ended}
        runs.append(shapes.run(run_id=f"run-{number:03d}", input_bytes=size, cost_usd=cost, **times))
    return FakeRuns(runs)


def test_a_history_becomes_a_model_in_service(tmp_path: Path) -> None:
    bench = Bench()
    bench.runs = history(60)
    plan = bench.prepare()
    for channel in plan.input_data_config:
        folder = tmp_path / "input" / "data" / channel["ChannelName"]
        folder.mkdir(parents=True)
        prefix = channel["DataSource"]["S3DataSource"]["S3Uri"]
        for uri, content in bench.artifacts.objects.items():
            if uri.startswith(prefix):
                (folder / uri.removeprefix(prefix)).write_bytes(content)
    (tmp_path / "input" / "config").mkdir(parents=True)
    (tmp_path / "input" / "config" / "hyperparameters.json").write_text(json.dumps(plan.hyper_parameters))
    train.train(tmp_path)

    # SageMaker packs what the job left.
    model = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()}
    evaluation = (tmp_path / "output" / "data" / EVALUATION_FILE).read_bytes()
    bench.artifacts.objects[MODEL_URL] = tar(model)
    bench.artifacts.objects[OUTPUT_URL] = tar({EVALUATION_FILE: evaluation})

    request = VerifyArtifactRequest(workflow_name=WORKFLOW, model_data_url=MODEL_URL, manifest_uri=plan.manifest_uri)
    verified = ArtifactVerifier(bench.artifacts, bench.registry).verify(request)
    assert verified.evaluation_uri == f"{JOB}/evaluation.json"

    asked = CompareModelsRequest(workflow_name=WORKFLOW, evaluation_uri=verified.evaluation_uri, champion=plan.champion)
    read = evaluations.load(bench.artifacts, asked.evaluation_uri, asked.workflow_name)
    verdict = compare(read, asked.champion, Rules())
    assert verdict.is_better, verdict.reason

    endpoints = FakeEndpoints()
    promoter = Promoter(artifacts=bench.artifacts, endpoints=endpoints, clock=FakeClock())
    promoter.promote(
        PromoteRequest(
            workflow_name=WORKFLOW,
            endpoint_name=plan.endpoint_name,
            model_package_arn=shapes.PACKAGE.format(1),
            evaluation_uri=asked.evaluation_uri,
        )
    )
    record = endpoints.records[WORKFLOW]
    assert record.model_version == 1
    assert record.runs + read.set_aside_runs == 60

    served = artifact.read_folder(tmp_path / "model").served
    invocation = Invocation(rows=[InvocationRow(input_bytes=50 * GB)])
    (row,) = answers.predict(served, invocation.rows, explain=True, similar_runs=5)
    assert 2 < row.cost_usd < 5
    assert ARN not in row.model_dump_json()
