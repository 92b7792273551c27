import type { ReactNode } from "react";
import { Link } from "wouter";
import { readOn } from "./hooks";
import { MadeUp } from "./MadeUp";

interface WorkflowLinkProps {
  page: "/models" | "/accuracy" | "/runs";
  name: string;
  /** What the link says, if not the name. */
  children?: ReactNode;
}

/** The way to what a page says of one workflow. */
export function WorkflowLink({ page, name, children }: WorkflowLinkProps) {
  return (
    <>
      <Link href={`${page}?workflow=${encodeURIComponent(name)}`} onClick={readOn}>
        {children ?? name}
      </Link>
      {children === undefined && <MadeUp name={name} />}
    </>
  );
}
