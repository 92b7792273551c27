import type { ReactNode } from "react";
import { Link } from "wouter";
import { readOn } from "./hooks";

interface WorkflowLinkProps {
  page: "/models" | "/accuracy" | "/runs";
  name: string;
  /** What the link says, if not the name. */
  children?: ReactNode;
}

/** The way to what a page says of one workflow. */
export function WorkflowLink({ page, name, children = name }: WorkflowLinkProps) {
  return (
    <Link href={`${page}?workflow=${encodeURIComponent(name)}`} onClick={readOn}>
      {children}
    </Link>
  );
}
