import type { ReactNode } from "react";
import { Icon } from "./Icon";

interface AlertProps {
  title: string;
  children?: ReactNode;
  onRetry?: (() => void) | undefined;
}

/** Something went wrong that no field can mend. What was typed stays as it is. */
export function Alert({ title, children, onRetry }: AlertProps) {
  return (
    <div className="alert" role="alert">
      <Icon name="warning" />
      <div>
        <h2>{title}</h2>
        {children}
        {onRetry && (
          <button type="button" className="secondary" onClick={onRetry}>
            Retry
          </button>
        )}
      </div>
    </div>
  );
}
