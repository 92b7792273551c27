/** What was assumed of a table, and what of it is not read. */
export function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="hint table-notes" aria-label="Notes">
      {notes.map((note) => (
        <li key={note}>
          {note.slice(0, 1).toUpperCase()}
          {note.slice(1)}.
        </li>
      ))}
    </ul>
  );
}
