import type { Plan, RelayAnswer } from '../contract.ts';
import { createPool } from '../pool/pool.ts';

/** What a page of an application does: its clock is the browser's, its sockets are the browser's. */
async function loadInPage(urls: readonly string[], allowLocal: boolean): Promise<PageResult> {
  const delivered: unknown[] = [];
  const pool = createPool({
    deliver: async (event) => {
      delivered.push(event);
      return 'kept';
    },
    clock: {
      now: () => Date.now(),
      after(milliseconds, callback) {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    allowLocal,
  });
  const plan: Plan = new Map(urls.map((url) => [url, [{ kinds: [1] }]]));
  const answers = await pool.load(plan, { settle: 'all', deadlineMs: 3_000 });
  const [first] = delivered as { sig: string }[];
  const sent = first && (await pool.send(first as never, urls[0] ?? ''));
  await pool.stop();
  return { answers, delivered: delivered.length, sent };
}

/** What the page found. */
export interface PageResult {
  readonly answers: readonly RelayAnswer[];
  readonly delivered: number;
  readonly sent: unknown;
}

Object.assign(globalThis, { loadInPage });
