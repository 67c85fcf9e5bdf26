import type { FixtureAnswer, FixtureRequest } from './test-scenes.ts';

/** What administrators are answered. */
export function answerAdmin(_request: FixtureRequest, _path: string): FixtureAnswer | undefined {
  return undefined;
}
