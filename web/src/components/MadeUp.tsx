import { useWorkflows } from "@/api/queries";

interface MadeUpProps {
  /** The workflow whose figures are beside this. */
  name: string;
  /** Whether there is room for a sentence. */
  sentence?: boolean;
}

/** Says of a workflow that its runs are made up, wherever it or its figures are shown. Nothing for all others. */
export function MadeUp({ name, sentence = false }: MadeUpProps) {
  const workflows = useWorkflows();
  if (!workflows.data?.find(({ workflow_name }) => workflow_name === name)?.made_up) return null;
  if (!sentence) return <span className="note made-up">made up</span>;
  return <p className="hint made-up">The runs of {name} are made up, to show what Runquote does: nobody ran them or paid for them.</p>;
}
