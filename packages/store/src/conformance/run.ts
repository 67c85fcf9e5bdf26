import { testSeed } from '@nostrata/testing';
import { countLaws } from './count.ts';
import { deleteLaws } from './delete.ts';
import { createFuzzLaws } from './fuzz.ts';
import { type ConformanceOptions, registerLaws } from './harness.ts';
import { logLaws } from './log.ts';
import { pageLaws } from './pages.ts';
import { putLaws } from './put.ts';
import { queryLaws } from './query.ts';
import { replaceLaws } from './replace.ts';
import { retainLaws } from './retain.ts';
import { searchLaws } from './search.ts';
import { vanishLaws } from './vanish.ts';
import { withdrawLaws } from './withdraw.ts';

/**
 * Registers with `node:test` every numbered rule of RULES.md as tests of one engine: as written, after a rebuild of
 * the indexes, and, where the engine can be reopened, after a restart.
 */
export function runConformance(options: ConformanceOptions): void {
  const seed = options.seed ?? testSeed();
  const writing = [...putLaws, ...replaceLaws, ...deleteLaws, ...vanishLaws, ...withdrawLaws];
  const reading = [...queryLaws, ...pageLaws, ...countLaws, ...searchLaws];
  const keeping = [...logLaws, ...retainLaws, ...createFuzzLaws(seed, options.histories)];
  registerLaws([...writing, ...reading, ...keeping], options, seed);
}
