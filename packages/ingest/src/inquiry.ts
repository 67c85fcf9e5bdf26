import { type NostrEvent, serializeEvent, type VerifiedEvent, verifyEvent } from '@nostrata/protocol';
import { byteLength } from '#platform';
import type { Candidate } from './candidate.ts';
import type { IngestMetrics } from './contract.ts';
import type { Gauge } from './gauge.ts';
import { hasRightId } from './identity.ts';
import { Verdict } from './verifier/packed.ts';

/** An event that stays outside, of which somebody only wants to know whether its signature is good. */
export interface Inquiry {
  readonly event: NostrEvent;
  readonly answer: (verdict: number) => void;
}

/** What the verifier works on. */
export type Job = Candidate | Inquiry;

/** What inquiries are made with. */
export interface InquireOptions {
  readonly gauge: Gauge;
  readonly verifier: { push(job: Job): void; flush(): void };
  readonly metrics: IngestMetrics;
}

/** Creates the function that checks id and signature of an event that stays outside; null where one of them is wrong. */
export function createInquire({ gauge, verifier, metrics }: InquireOptions) {
  return (event: NostrEvent): Promise<VerifiedEvent | null> => {
    const json = serializeEvent(event);
    if (!hasRightId(event, json)) return Promise.resolve(null);
    const bytes = byteLength(json);
    // Where the workers take no more, one check on this thread is better than no answer.
    if (!gauge.enter(bytes)) return Promise.resolve(verifyEvent(event));
    return new Promise((resolve) => {
      const answer = (verdict: number): void => {
        gauge.leave(bytes);
        if (gauge.events === 0) metrics.queueDepth?.(0);
        if (verdict === Verdict.unable) resolve(verifyEvent(event));
        else resolve(verdict === Verdict.good ? (event as VerifiedEvent) : null);
      };
      verifier.push({ event, answer });
      verifier.flush();
    });
  };
}

/** Answers the inquiries of a batch; what is left are the candidates, each with its verdict. */
export function answerInquiries(
  jobs: readonly Job[],
  verdicts: Uint8Array,
): { readonly candidates: readonly Candidate[]; readonly verdicts: Uint8Array } {
  if (!jobs.some(isInquiry)) return { candidates: jobs as readonly Candidate[], verdicts };
  const candidates: Candidate[] = [];
  const left: number[] = [];
  for (const [place, job] of jobs.entries()) {
    const verdict = verdicts[place] ?? 0;
    if (isInquiry(job)) {
      job.answer(verdict);
      continue;
    }
    candidates.push(job);
    left.push(verdict);
  }
  return { candidates, verdicts: Uint8Array.from(left) };
}

function isInquiry(job: Job): job is Inquiry {
  return 'answer' in job;
}
