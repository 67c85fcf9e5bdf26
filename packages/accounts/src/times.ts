/** Milliseconds since 1970 as ISO 8601 in UTC; what came from a database may still be text. */
export function toIso(milliseconds: number): string {
  return new Date(Number(milliseconds)).toISOString();
}

/** The same of a time that may not be there, or lies beyond every calendar. */
export function toIsoOrNull(milliseconds: number | null | undefined): string | null {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(Number(milliseconds))) return null;
  return toIso(milliseconds);
}
