import { Component, type ReactNode } from "react";
import { Alert } from "./Alert";

/** A page that cannot be loaded or shown says so; the navigation stays, and leads away from it. */
export class PageBoundary extends Component<{ children: ReactNode }, { problem: Error | null }> {
  override state = { problem: null as Error | null };

  static getDerivedStateFromError(problem: Error) {
    return { problem };
  }

  override render() {
    const { problem } = this.state;
    if (!problem) return this.props.children;
    // The files of a page have new names after each deployment, and the old ones are gone.
    const missing = /import|fetch|load/i.test(problem.message);
    return (
      <Alert title={missing ? "This page could not be loaded" : "Something went wrong on this page"} onRetry={() => location.reload()}>
        <p>{missing ? "You may be offline, or a new version of Runquote is there. Retry loads the page anew." : problem.message}</p>
      </Alert>
    );
  }
}
