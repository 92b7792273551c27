import { useLocation, useSearch } from "wouter";

/** The address as state of the page: read a parameter, write some (null takes one away) without a step in the history. */
export function useQueryState(): [URLSearchParams, (changes: Record<string, string | null>) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const write = (changes: Record<string, string | null>) => {
    const query = new URLSearchParams(search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(key);
      else query.set(key, value);
    }
    const text = query.toString();
    navigate(text ? `${path}?${text}` : path, { replace: true });
  };
  return [new URLSearchParams(search), write];
}
