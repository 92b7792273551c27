import type { ReactNode } from "react";

interface FieldProps {
  id: string;
  label: string;
  optional?: boolean;
  hint?: ReactNode;
  /** What helps to fill the field in. */
  help?: ReactNode;
  error?: string | undefined;
  children: ReactNode;
}

/** What a control refers to, so that its hint and its error are read with it. */
export function describedBy(id: string, hint: unknown, error: string | undefined): string | undefined {
  return [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
}

/** A label, the control, the error if there is one (below, so that fields side by side stay in line), then its hint and what helps to fill it in. */
export function Field({ id, label, optional = false, hint, help, error, children }: FieldProps) {
  return (
    <div className={error ? "field invalid" : "field"}>
      <label htmlFor={id}>
        {label}
        {optional && <span className="optional"> (optional)</span>}
      </label>
      {children}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {help}
    </div>
  );
}
