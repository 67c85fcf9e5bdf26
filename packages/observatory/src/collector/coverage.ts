import type { Ledger } from './ledger.ts';
import type { Source } from './source.ts';

/** Accounts for the time in which each relay was connected, and in which it was not and should have been. */
export interface Coverage {
  /** The relay is to be collected from; since that time it was not. */
  begin(source: Source, sinceMs: number): void;
  /** Its connection comes or goes now: what was before is accounted for as it was. */
  settle(source: Source): void;
  end(source: Source): void;
  /** Puts whole seconds of all relays into the ledger. */
  write(): void;
}

/** What coverage works with. */
export interface CoverageOptions {
  readonly now: () => number;
  readonly ledger: Pick<Ledger, 'coverage'>;
  /** More than this between two looks is a clock that jumped. */
  readonly stepMsMax: number;
}

const hourMs = 3_600_000;
/** Longer outages of the collector itself are not gaps but another beginning. */
const outageMsMax = 30 * 24 * hourMs;

interface Account {
  atMs: number;
  connectedMs: number;
  gapMs: number;
}

/** Creates it for no relay. */
export function createCoverage({ now, ledger, stepMsMax }: CoverageOptions): Coverage {
  const accounts = new Map<Source, Account>();
  const settle = (source: Source): void => {
    const account = accounts.get(source);
    if (account === undefined) return;
    const nowMs = now();
    const elapsed = Math.min(stepMsMax, Math.max(0, nowMs - account.atMs));
    account.atMs = nowMs;
    if (source.isConnected) account.connectedMs += elapsed;
    else account.gapMs += elapsed;
  };
  const post = (source: Source, account: Account): void => {
    const connected = Math.floor(account.connectedMs / 1000);
    const gap = Math.floor(account.gapMs / 1000);
    if (connected + gap === 0) return;
    account.connectedMs -= connected * 1000;
    account.gapMs -= gap * 1000;
    ledger.coverage({ relay: source.relay, hour: Math.floor(account.atMs / hourMs), connected, gap });
  };
  return {
    begin(source, sinceMs) {
      const nowMs = now();
      accounts.set(source, { atMs: nowMs, connectedMs: 0, gapMs: 0 });
      for (let fromMs = Math.max(sinceMs, nowMs - outageMsMax); fromMs < nowMs; ) {
        const hour = Math.floor(fromMs / hourMs);
        const untilMs = Math.min(nowMs, (hour + 1) * hourMs);
        ledger.coverage({ relay: source.relay, hour, connected: 0, gap: Math.round((untilMs - fromMs) / 1000) });
        fromMs = untilMs;
      }
    },
    settle,
    end(source) {
      settle(source);
      const account = accounts.get(source);
      if (account) post(source, account);
      accounts.delete(source);
    },
    write() {
      for (const [source, account] of accounts) {
        settle(source);
        post(source, account);
      }
    },
  };
}
