/** When a day starts in UTC, or the one `later` days after it; null for what is no day. */
export function startOf(day: string, later: number): string | null {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(time) ? null : new Date(time + later * 86_400_000).toISOString();
}
