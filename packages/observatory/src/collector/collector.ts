import type { CollectedStatus, Collector, CollectorOptions } from './contract.ts';
import { type Engine, startEngine } from './engine.ts';
import { createFigures } from './figures.ts';
import { defaultCollectorLimits } from './limits.ts';

/** Creates a collector that does nothing before `start`. */
export function createCollector(options: CollectorOptions): Collector {
  return new PoolCollector(options);
}

class PoolCollector implements Collector {
  readonly #options: CollectorOptions;
  readonly #figures: ReturnType<typeof createFigures>;
  #engine: Engine | undefined;
  #starting: Promise<Engine> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: CollectorOptions) {
    const { clock, logger, limits } = options;
    this.#options = options;
    this.#figures = createFigures({
      clock,
      kept: limits?.figuresKept ?? defaultCollectorLimits.figuresKept,
      connected: () => this.figures().connected,
      failed: (error) => logger.warn({ err: error }, 'a listener to live figures threw'),
    });
  }

  async start(): Promise<void> {
    this.#starting ??= startEngine(this.#options, this.#figures);
    this.#engine = await this.#starting;
  }

  statuses(): readonly CollectedStatus[] {
    return this.#engine?.statuses() ?? [];
  }

  figures(): ReturnType<Collector['figures']> {
    const idle = { relays: 0, connected: 0, buffered: 0, flushes: 0, lastFlush: undefined, fault: undefined };
    return this.#engine?.figures() ?? idle;
  }

  async flush(): Promise<boolean> {
    return (await this.#engine?.flush()) ?? true;
  }

  recent(): ReturnType<Collector['recent']> {
    return this.#figures.recent();
  }

  onFigures(listener: Parameters<Collector['onFigures']>[0]): () => void {
    return this.#figures.onFigures(listener);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    const engine = await this.#starting?.catch(() => undefined);
    await engine?.stop();
  }
}
