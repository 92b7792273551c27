import { useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { PAGES } from "@/pages";

/** The way to every page. */
export function Navigation() {
  const [path] = useLocation();
  const shown = useRef(path);
  useEffect(() => {
    // Another page starts at its top, and is where reading by keyboard or screen reader goes on.
    if (shown.current === path) return;
    shown.current = path;
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
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
