import { useState } from "react";

interface CopyLinkProps {
  /** What the button says. */
  name?: string;
  /** The path and query to copy; without it, the address of the page, which holds the question. */
  path?: string;
}

/** An address holds the question, so whoever gets it sees the answer. */
export function CopyLink({ name = "Copy link", path }: CopyLinkProps) {
  const [told, setTold] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(path === undefined ? location.href : location.origin + path);
      setTold("Link copied");
    } catch {
      // A browser can forbid it, and offers no clipboard at all to a page that came without TLS.
      setTold(path === undefined ? "Copy it from the address bar" : "Open it and copy its address");
    }
  };
  return (
    <>
      <button type="button" className="secondary" onClick={() => void copy()}>
        {told || name}
      </button>
      <span className="visually-hidden" role="status">
        {told}
      </span>
    </>
  );
}
