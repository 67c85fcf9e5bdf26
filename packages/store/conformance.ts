export type { ConformanceOptions } from './src/conformance/harness.ts';
export { runConformance } from './src/conformance/run.ts';
