import type { ObservatoryHealth } from '@nostrata/observatory';
import type { TrustHealth } from '../trust-health.ts';

/** What `GET /health` answers. */
export interface Health {
  /** `degraded`: clients are served, and something of the observatory or of the web of trust is not as it should be. */
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly store: { readonly engine: string; readonly reachable: boolean; readonly lastSeq: number };
  /** Milliseconds since 1970 of the last commit of this process; null before the first. */
  readonly lastCommitMs: number | null;
  readonly queue: { readonly events: number; readonly full: boolean };
  readonly observatory: Omit<ObservatoryHealth, 'problems'>;
  /** Null where it is off. */
  readonly trust: Omit<TrustHealth, 'problems'> | null;
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[];
}

/** The pieces that health is judged by. */
export interface HealthOptions {
  readonly engine: string;
  /** A small read; rejects where the store is not reachable. */
  probe(): Promise<unknown>;
  lastSeq(): number;
  lastCommitMs(): number | null;
  queueEvents(): number;
  isQueueFull(): boolean;
  /** Free bytes where the store lives, where it is on this machine. */
  freeBytes(): Promise<number | undefined>;
  observatory(): Promise<ObservatoryHealth>;
  trust(): Promise<TrustHealth | null>;
  readonly freeBytesMin: number;
  readonly probeMsMax: number;
}

/** Judges the health of the running program now. Never rejects. */
export async function loadHealth(options: HealthOptions): Promise<Health> {
  const problems: string[] = [];
  const reachable = await isReachable(options, problems);
  const freeBytes = await options.freeBytes();
  if (freeBytes !== undefined && freeBytes < options.freeBytesMin) {
    problems.push(`the disk is nearly full: ${Math.floor(freeBytes / 2 ** 20)} MiB left`);
  }
  const full = options.isQueueFull();
  const { problems: observed, ...observatory } = await options.observatory();
  const { problems: untrusted = [], ...trust } = (await options.trust()) ?? {};
  const others = [...observed, ...untrusted];
  return {
    status: problems.length > 0 ? 'failing' : others.length > 0 ? 'degraded' : 'ok',
    store: { engine: options.engine, reachable, lastSeq: options.lastSeq() },
    lastCommitMs: options.lastCommitMs(),
    queue: { events: options.queueEvents(), full },
    observatory,
    trust: 'state' in trust ? trust : null,
    problems: [...problems, ...others],
  };
}

async function isReachable(options: HealthOptions, problems: string[]): Promise<boolean> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${options.probeMsMax} ms`)),
    options.probeMsMax,
  );
  try {
    await Promise.race([options.probe(), late.promise]);
    return true;
  } catch (error) {
    problems.push(`the store is not reachable: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}
