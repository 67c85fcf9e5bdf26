/**
 * Says whether a value of JSON holds the character NUL in one of its texts or names: PostgreSQL stores none, and programs
 * that take it for the end of a text see another text than the one that was checked. Depth costs no stack.
 */
export function hasNul(value: unknown): boolean {
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); ; next = waiting.pop()) {
    if (typeof next === 'string' && next.includes('\0')) return true;
    if (typeof next === 'object' && next !== null) {
      if (!Array.isArray(next)) for (const name of Object.keys(next)) waiting.push(name);
      for (const part of Object.values(next)) waiting.push(part);
    }
    if (waiting.length === 0) return false;
  }
}
