const PATHS = {
  check: "M4 12.5l5 5L20 6.5",
  warning: "M12 3.5L22 20.5H2L12 3.5M12 10v5M12 17.6v.4",
  stop: "M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8L8 2.5M8.5 8.5l7 7M15.5 8.5l-7 7",
} as const;

/** A decoration beside words that say the same. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
