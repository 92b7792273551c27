import { Link } from "wouter";
import type { WorkflowSummary } from "@/api/client";
import { useNextTraining, useWorkflow, useWorkflows } from "@/api/queries";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Export } from "@/components/Export";
import { Loading } from "@/components/Loading";
import { MadeUp } from "@/components/MadeUp";
import { NoRuns } from "@/components/NoRuns";
import { readOn, useTitle } from "@/components/hooks";
import { useQueryState } from "@/components/useQueryState";
import { WorkflowPicker } from "@/components/WorkflowPicker";
import { toCsv } from "./export";
import { InService } from "./InService";
import { Overview } from "./Overview";
import { VersionsTable } from "./VersionsTable";
import "./models.css";

/** Which models answer, how good they are, and how they came to be: of all workflows, or of one. */
export default function ModelsPage() {
  const workflows = useWorkflows();
  const nextTraining = useNextTraining();
  const [query, write] = useQueryState();
  const name = query.get("workflow");
  useTitle(name === null ? "Models" : `Models of ${name}`);
  return (
    <div className="page">
      <h1>Models</h1>
      {workflows.isPending && <Loading label="Loading workflows" problem={workflows.failureReason} />}
      {workflows.error && <ErrorNotice problem={workflows.error} onRetry={() => void workflows.refetch()} />}
      {workflows.data?.length === 0 && <NoRuns />}
      {workflows.data && workflows.data.length > 0 && name === null && <Overview workflows={workflows.data} nextTraining={nextTraining} />}
      {workflows.data && name !== null && (
        <>
          <div className="page-bar">
            <WorkflowPicker workflows={workflows.data} value={name} onChange={(next) => write({ workflow: next, retraining: null })} />
            <Link href="/models" onClick={readOn}>All workflows</Link>
          </div>
          <MadeUp name={name} sentence />
          <OneWorkflow key={name} name={name} retraining={query.get("retraining")} nextTraining={nextTraining} />
        </>
      )}
    </div>
  );
}

interface OneWorkflowProps {
  name: string;
  retraining: string | null;
  nextTraining: string | null;
}

function OneWorkflow({ name, retraining, nextTraining }: OneWorkflowProps) {
  const detail = useWorkflow(name);
  if (detail.isPending) return <Loading label="Loading the model" problem={detail.failureReason} />;
  if (detail.error) return <ErrorNotice problem={detail.error} onRetry={() => void detail.refetch()} />;
  const versions = detail.data.model_versions;
  const oldest = Math.min(...versions.map(({ version }) => version));
  return (
    <>
      <InService workflow={detail.data as WorkflowSummary} nextTraining={nextTraining} retrainingId={retraining ?? detail.data.running_retraining_id} />
      <section className="card stack" aria-labelledby="versions-title">
        <h2 id="versions-title">Versions</h2>
        {versions.length === 0 ? (
          <p>No model was trained yet.</p>
        ) : (
          <>
            <VersionsTable versions={versions} />
            {oldest > 1 && <p className="hint">These are the newest. The model registry lists those before version {oldest}.</p>}
            <Export name={`${name}-models`} csv={() => toCsv(name, versions)} json={() => JSON.stringify(versions, null, 2)} />
          </>
        )}
      </section>
    </>
  );
}
