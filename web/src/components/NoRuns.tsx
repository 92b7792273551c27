import { Link } from "wouter";

/** Nothing to show as long as there is no history. */
export function NoRuns() {
  return (
    <section className="card empty">
      <h2>No past runs yet</h2>
      <p>
        Everything here is learned from what past runs cost. <Link href="/runs">Record some runs</Link> first.
      </p>
    </section>
  );
}
