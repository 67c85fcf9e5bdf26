import { randomInt } from 'node:crypto';
import { deleteLaws } from './delete.ts';
import { type ConformanceOptions, registerLaws } from './harness.ts';
import { putLaws } from './put.ts';
import { replaceLaws } from './replace.ts';
import { vanishLaws } from './vanish.ts';

/**
 * Registers with `node:test` every numbered rule of RULES.md as tests of one engine: as written, after a rebuild of
 * the indexes, and, where the engine can be reopened, after a restart.
 */
export function runConformance(options: ConformanceOptions): void {
  const seed = options.seed ?? randomInt(2 ** 31);
  registerLaws([...putLaws, ...replaceLaws, ...deleteLaws, ...vanishLaws], options, seed);
}
