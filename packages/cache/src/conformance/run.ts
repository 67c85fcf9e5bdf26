import { boundLaws } from './bounds.ts';
import { type ConformanceOptions, registerLaws } from './harness.ts';
import { sharingLaws } from './sharing.ts';
import { valueLaws } from './values.ts';

/** Registers every rule of the README as tests of one engine. */
export function runConformance(options: ConformanceOptions): void {
  registerLaws([...valueLaws, ...sharingLaws, ...boundLaws], options);
}
