import { useEffect, useState, type DragEvent, type ReactNode } from "react";

interface FileDropProps {
  id: string;
  label: string;
  onChoose: (file: File) => void;
  children?: ReactNode;
}

/** A file to choose, or to drop anywhere on the frame. */
export function FileDrop({ id, label, onChoose, children }: FileDropProps) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // A file that misses the frame would replace the page.
    const keep = (event: globalThis.DragEvent) => event.preventDefault();
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
    return () => {
      removeEventListener("dragover", keep);
      removeEventListener("drop", keep);
    };
  }, []);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onChoose(file);
  };
  return (
    <div className={over ? "drop over" : "drop"} onDragOver={() => setOver(true)} onDragLeave={() => setOver(false)} onDrop={drop}>
      <input
        id={id}
        className="visually-hidden"
        type="file"
        accept=".csv,.tsv,text/csv,text/tab-separated-values"
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file) onChoose(file);
          // So that the same file, corrected, can be chosen again.
          target.value = "";
        }}
      />
      <label className="button" htmlFor={id}>
        {label}
      </label>
      <p className="wide-only">or drop it here</p>
      {children}
    </div>
  );
}
