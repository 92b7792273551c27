/** Coverages to choose from: narrower intervals invite more trust than they deserve. */
export const OFFERED: readonly number[] = [0.8, 0.9];

interface CoverageChoiceProps {
  chosen: number;
  choices?: readonly number[];
  onChoose: (coverage: number) => void;
}

/** How sure the intervals on the page are to be. */
export function CoverageChoice({ chosen, choices = OFFERED, onChoose }: CoverageChoiceProps) {
  if (choices.length < 2) return null;
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">How sure the interval is</legend>
      {choices.map((choice) => (
        <label key={choice}>
          <input type="radio" name="coverage" checked={choice === chosen} onChange={() => onChoose(choice)} />
          <span>{Math.round(choice * 100)} %</span>
        </label>
      ))}
    </fieldset>
  );
}
