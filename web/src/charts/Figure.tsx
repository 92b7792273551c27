import { useId, useState, type ReactNode } from "react";
import { useWidth } from "@/components/hooks";

interface FigureProps {
  className?: string;
  title: string;
  /** The drawing at a width in pixels. */
  chart: (width: number) => ReactNode;
  legend?: ReactNode;
  table: ReactNode;
}

/** A chart with its title, that can be read as a table instead. */
export function Figure({ className = "", title, chart, legend, table }: FigureProps) {
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  return (
    <section className={`figure ${className}`} aria-labelledby={`${id}-title`}>
      <div className="section-head">
        <h3 id={`${id}-title`}>{title}</h3>
        <button type="button" className="link" aria-expanded={asTable} aria-controls={id} onClick={() => setAsTable(!asTable)}>
          {asTable ? "View as chart" : "View as table"}
        </button>
      </div>
      <div id={id}>
        {asTable ? table : (
          <>
            <Canvas draw={chart} />
            {legend}
          </>
        )}
      </div>
    </section>
  );
}

/** Draws at the width that there is, so that text keeps its size. */
export function Canvas({ draw }: { draw: (width: number) => ReactNode }) {
  const [frame, width] = useWidth<HTMLDivElement>();
  return (
    <div ref={frame} className="chart">
      {width > 0 && draw(width)}
    </div>
  );
}
