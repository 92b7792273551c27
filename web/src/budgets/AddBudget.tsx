import { useRef, useState } from "react";
import { MAX_TEAM_LENGTH } from "@/api/bounds";
import { describedBy, Field } from "@/components/Field";
import { toBudget } from "@/estimate/question";
import { budgetProblem } from "@/estimate/validation";
import { useBudgetChange } from "./useBudgetChange";

/** A budget for a team that has no line yet, or another amount for one that has. */
export function AddBudget({ teams }: { teams: readonly string[] }) {
  const [team, setTeam] = useState("");
  const [amount, setAmount] = useState("");
  const [tried, setTried] = useState(false);
  const [saved, setSaved] = useState<string | null>(null);
  const teamField = useRef<HTMLInputElement>(null);
  const amountField = useRef<HTMLInputElement>(null);
  const change = useBudgetChange(() => {
    setSaved(team.trim());
    setTeam("");
    setAmount("");
    setTried(false);
  });
  const teamError = tried && team.trim() === "" ? "Enter the team's name" : undefined;
  const amountError = tried ? ((amount.trim() === "" ? "Enter an amount in dollars, like 50" : budgetProblem(amount)) ?? undefined) : undefined;
  const submit = () => {
    setTried(true);
    setSaved(null);
    if (team.trim() === "") return teamField.current?.focus();
    if (amount.trim() === "" || budgetProblem(amount) !== null) return amountField.current?.focus();
    change.mutate({ team: team.trim(), limit: toBudget(amount) });
  };
  return (
    <form
      className="add-budget"
      aria-label="Set a budget"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field id="budget-team" label="Team" error={teamError}>
        <input
          ref={teamField}
          id="budget-team"
          list="budget-teams"
          autoComplete="off"
          spellCheck={false}
          maxLength={MAX_TEAM_LENGTH}
          value={team}
          aria-invalid={teamError !== undefined}
          aria-describedby={describedBy("budget-team", false, teamError)}
          onChange={({ target }) => setTeam(target.value)}
        />
        <datalist id="budget-teams">
          {teams.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </Field>
      <Field id="budget-amount" label="Monthly budget (USD)" error={amountError}>
        <input
          ref={amountField}
          id="budget-amount"
          inputMode="decimal"
          autoComplete="off"
          value={amount}
          aria-invalid={amountError !== undefined}
          aria-describedby={describedBy("budget-amount", false, amountError)}
          onChange={({ target }) => setAmount(target.value)}
        />
      </Field>
      <button type="submit" aria-disabled={change.isPending}>
        Set budget
      </button>
      <p role="status" className={change.error ? "field-error" : "quiet"}>
        {change.error ? change.error.message : saved !== null && `The budget of ${saved} is set.`}
      </p>
    </form>
  );
}
