/** Stands for node:assert/strict in the page: the few assertions that the laws use. */
class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

function fail(message: unknown, otherwise: string): never {
  if (message instanceof Error) throw message;
  throw new AssertionError(message === undefined ? otherwise : `${String(message)}: ${otherwise}`);
}

function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? 'undefined';
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}

function ok(value: unknown, message?: unknown): void {
  if (!value) fail(message, `${show(value)} is not true`);
}

function equal(actual: unknown, expected: unknown, message?: unknown): void {
  if (!Object.is(actual, expected)) fail(message, `${show(actual)} is not ${show(expected)}`);
}

function isDeepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && isDeepEqual(left[key], right[key]));
}

function deepEqual(actual: unknown, expected: unknown, message?: unknown): void {
  if (!isDeepEqual(actual, expected)) fail(message, `${show(actual)} is not like ${show(expected)}`);
}

async function rejects(work: (() => Promise<unknown>) | Promise<unknown>, expected?: unknown): Promise<void> {
  let thrown: unknown;
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) fail(undefined, 'nothing was thrown');
  if (expected === undefined) return;
  if (typeof expected === 'function') {
    ok(thrown instanceof (expected as new () => Error), `another error was thrown: ${String(thrown)}`);
    return;
  }
  if (expected instanceof RegExp)
    return ok(expected.test(String(thrown)), `another error was thrown: ${String(thrown)}`);
  for (const [key, value] of Object.entries(expected as object)) {
    deepEqual((thrown as Record<string, unknown>)[key], value, `${key} of what was thrown (${String(thrown)})`);
  }
  if (expected instanceof Error) equal((thrown as Error).message, expected.message);
}

export default Object.assign(ok, { ok, equal, deepEqual, rejects });
