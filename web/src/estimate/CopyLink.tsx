import { useState } from "react";

/** The address holds the question, so whoever gets it sees the answer. */
export function CopyLink() {
  const [told, setTold] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      setTold("Link copied");
    } catch {
      // A browser can forbid it, and offers no clipboard at all to a page that came without TLS.
      setTold("Copy it from the address bar");
    }
  };
  return (
    <>
      <button type="button" className="secondary" onClick={() => void copy()}>
        {told || "Copy link"}
      </button>
      <span className="visually-hidden" role="status">
        {told}
      </span>
    </>
  );
}
