import type { ReactNode } from "react";
import { Link, useSearch } from "wouter";
import { addressProblems } from "@/address";
import { useTitle } from "./hooks";
import { Alert } from "./Alert";

interface CheckedAddressProps {
  path: string;
  name: string;
  children: ReactNode;
}

/** A page, or what in its address it does not understand: no part of a link is quietly left out. */
export function CheckedAddress({ path, name, children }: CheckedAddressProps) {
  const problems = addressProblems(path, useSearch());
  return problems.length === 0 ? children : <Misunderstood path={path} name={name} problems={problems} />;
}

function Misunderstood({ path, name, problems }: Omit<CheckedAddressProps, "children"> & { problems: string[] }) {
  useTitle("This link cannot be read");
  return (
    <div className="page">
      <h1>{name}</h1>
      <Alert title="This link cannot be read">
        {problems.length === 1 ? (
          <p>{problems[0]}</p>
        ) : (
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        )}
        <p>
          Nothing was asked. Correct the link, or <Link href={path}>open the page without it</Link>.
        </p>
      </Alert>
    </div>
  );
}
