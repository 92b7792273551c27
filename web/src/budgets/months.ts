/** The month `later` months after one like "2026-11"; earlier for a negative number. */
export function monthAfter(month: string, later: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + later, 1)).toISOString().slice(0, 7);
}

/** A month of an address; null for what is none. */
export const readMonth = (text: string | null) => (text !== null && /^20\d\d-(0[1-9]|1[0-2])$/.test(text) ? text : null);
