import { useEffect, useRef, useState } from "react";
import { toBudget } from "@/estimate/question";
import { budgetProblem } from "@/estimate/validation";
import { useBudgetChange } from "./useBudgetChange";

/** Change one team's budget in place. */
export function LimitForm({ team, limit, onClose }: { team: string; limit: number | null; onClose: () => void }) {
  const change = useBudgetChange(onClose);
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(limit === null ? "" : String(limit));
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => field.current?.select(), []);
  const save = () => {
    const found = text.trim() === "" ? "Enter an amount in dollars, like 50" : budgetProblem(text);
    setProblem(found);
    if (found === null) change.mutate({ team, limit: toBudget(text) });
    else field.current?.focus();
  };
  const said = problem ?? change.error?.message ?? null;
  return (
    <form
      className="limit-form"
      aria-label={`Budget of ${team}`}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <input
        ref={field}
        aria-label={`Monthly budget of ${team} in US dollars`}
        inputMode="decimal"
        autoComplete="off"
        value={text}
        aria-invalid={said !== null}
        {...(said !== null && { "aria-describedby": "limit-error" })}
        onChange={({ target }) => setText(target.value)}
      />
      <button type="submit" aria-disabled={change.isPending}>
        Save
      </button>
      {limit !== null && (
        <button type="button" className="secondary" aria-disabled={change.isPending} onClick={() => change.mutate({ team, limit: null })}>
          Remove
        </button>
      )}
      <button type="button" className="secondary" onClick={onClose}>
        Cancel
      </button>
      {said !== null && (
        <p className="field-error" id="limit-error" role="alert">
          {said}
        </p>
      )}
    </form>
  );
}
