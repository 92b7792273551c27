import { useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { readOn } from "@/components/hooks";
import { PAGES } from "@/pages";

/** The way to every page. */
export function Navigation() {
  const [path] = useLocation();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    readOn();
  }, [path]);
  return (
    <nav className="site-nav" aria-label="Pages">
      <ul>
        {PAGES.map((page) => (
          <li key={page.path}>
            <Link href={page.path} {...(page.path === path && { "aria-current": "page" })}>
              {page.name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
