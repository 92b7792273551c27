import { useRef, useState, type FormEvent } from "react";
import { useTitle } from "./hooks";

/** Ask once for the key that this deployment does not hand out. */
export function ApiKeyForm({ onEnter }: { onEnter: (key: string) => void }) {
  useTitle("Enter your API key");
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const key = field.current?.value.trim() ?? "";
    setMissing(key === "");
    if (key === "") field.current?.focus();
    else onEnter(key);
  };
  return (
    <form className="card narrow" onSubmit={submit} noValidate>
      <h1>Enter your API key</h1>
      <p>Runquote's service answers those who have a key. Whoever runs it for your group can give you one.</p>
      <div className="field">
        <label htmlFor="api-key">API key</label>
        <p className="hint" id="api-key-hint">
          Kept until you close this tab, and sent to the service alone.
        </p>
        {missing && (
          <p className="field-error" id="api-key-error">
            Enter your API key
          </p>
        )}
        <input
          ref={field}
          id="api-key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          aria-invalid={missing}
          aria-describedby={missing ? "api-key-error api-key-hint" : "api-key-hint"}
        />
      </div>
      <button type="submit">Continue</button>
    </form>
  );
}
