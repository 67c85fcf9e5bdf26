// The graph and its algorithms, apart from the service: what the thread of the web of trust consists of.
export { createEngine, type Engine } from './src/thread/engine.ts';
export type { NetworkFigures } from './src/thread/messages.ts';
