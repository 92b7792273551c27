import { useState } from "react";

/** The address holds the question, so whoever gets it sees the answer. */
export function CopyLink() {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(location.href).then(() => setCopied(true), () => setCopied(false));
  return (
    <>
      <button type="button" className="secondary" onClick={() => void copy()}>
        {copied ? "Link copied" : "Copy link"}
      </button>
      <span className="visually-hidden" role="status">
        {copied && "Link copied"}
      </span>
    </>
  );
}
