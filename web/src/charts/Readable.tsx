import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

/** A place of a chart, in pixels, and what it says in words. */
export interface Mark {
  x: number;
  y: number;
  words: string;
}

interface ReadableProps {
  /** From left to right. */
  marks: readonly Mark[];
  /** What is read, as in "past runs". */
  of: string;
  children: ReactNode;
}

/** A chart whose marks are read out, one at a time: under the pointer or finger, and by the arrow keys. */
export function Readable({ marks, of, children }: ReadableProps) {
  const [at, setAt] = useState<number | null>(null);
  const mark = at === null ? undefined : marks[Math.min(at, marks.length - 1)];
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(nearest(marks, event.clientX - box.left, event.clientY - box.top));
  };
  const move = (event: KeyboardEvent) => {
    const next = steps(at ?? -1, marks.length)[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setAt(next);
  };
  return (
    <>
      <div
        className="readable"
        role="group"
        tabIndex={0}
        aria-label={`Read the ${of} one by one with the arrow keys`}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={({ pointerType }) => pointerType === "mouse" && setAt(null)}
        onKeyDown={move}
        onBlur={() => setAt(null)}
      >
        {children}
        {mark && (
          <svg className="reading" aria-hidden="true">
            <line x1={mark.x} x2={mark.x} y1="0" y2="100%" />
            <circle cx={mark.x} cy={mark.y} r={8} />
          </svg>
        )}
      </div>
      <div className="readout">
        <p role="status">{mark?.words}</p>
        {!mark && <p className="quiet">Point at the chart, touch it or use the arrow keys to read its values.</p>}
      </div>
    </>
  );
}

function nearest(marks: readonly Mark[], x: number, y: number): number {
  const distances = marks.map((mark) => Math.hypot(mark.x - x, (mark.y - y) / 2));
  return distances.indexOf(Math.min(...distances));
}

const steps = (at: number, marks: number): Record<string, number> => ({
  ArrowRight: Math.min(at + 1, marks - 1),
  ArrowLeft: Math.max(at - 1, 0),
  Home: 0,
  End: marks - 1,
});
