import assert from 'node:assert/strict';
import type { ServerFault, TestDelivery } from '@nostrata/testing';
import type { Clock } from '../contract.ts';
import { type Delivery, type InvoiceRequest, ProviderError, type ProviderFault } from '../payments/provider.ts';

/** A clock of the test that runs by real time, or `speed` times faster where it waits. */
export function createTestClock(speed = 1): Clock & { nowMs: number | undefined } {
  const clock = {
    nowMs: undefined as number | undefined,
    now: () => clock.nowMs ?? Date.now(),
    after(milliseconds: number, callback: () => void) {
      const timer = setTimeout(callback, milliseconds / speed);
      return () => clearTimeout(timer);
    },
  };
  return clock;
}

/** An invoice over 21,000 satoshi, for a quarter of an hour, unless told. */
export function asked(parts: Partial<InvoiceRequest> = {}): InvoiceRequest {
  return {
    ...{ paymentId: 'pay_1', amount: 21_000_000, currency: 'msat', description: 'Pro, one month' },
    expiresMs: Date.now() + 900_000,
    ...{ returnUrl: 'https://example.com/payments/pay_1', webhookUrl: 'https://example.com/api/v1/webhooks/x' },
    ...parts,
  };
}

/** A delivery as a route hands it over. */
export function toDelivery({ headers, body }: TestDelivery, pathSecret?: string): Delivery {
  return { header: (name) => headers[name], rawBody: Buffer.from(body), pathSecret };
}

/** Checks that it fails with that fault, in one line, without any of the secrets. */
export async function assertFault(
  run: Promise<unknown>,
  fault: ProviderFault,
  secrets: readonly string[],
): Promise<void> {
  const error = await run.then(
    () => assert.fail(`it did not fail, but was to be ${fault}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ProviderError, String(error));
  assert.equal(error.fault, fault, error.message);
  assert.doesNotMatch(error.message, /\n/);
  assert.ok(error.message.length < 300, error.message);
  for (const secret of secrets) assert.ok(!error.message.includes(secret), error.message);
}

/** What can go wrong with any server that speaks HTTP, and what it means. */
export const httpFaults: readonly (readonly [ServerFault, ProviderFault])[] = [
  ['hang', 'away'],
  ['cut', 'away'],
  ['cut-body', 'away'],
  ['html', 'away'],
  ['redirect', 'malformed'],
  ['huge', 'malformed'],
  ['garbage', 'malformed'],
  [{ status: 200, body: 'null' }, 'malformed'],
  [{ status: 200, body: '[]' }, 'malformed'],
  [{ status: 200, body: '{}' }, 'malformed'],
  [{ status: 200, body: '"text"' }, 'malformed'],
  [{ status: 200, body: '' }, 'malformed'],
  [{ status: 200, body: '<html>welcome</html>', type: 'text/html' }, 'malformed'],
  [{ status: 400, body: '{}' }, 'refused'],
  [{ status: 401, body: '<html>', type: 'text/html' }, 'refused'],
  [{ status: 403, body: '' }, 'refused'],
  [{ status: 404, body: '<html>not found</html>', type: 'text/html' }, 'refused'],
  [{ status: 408, body: '' }, 'away'],
  [{ status: 409, body: '{}' }, 'away'],
  [{ status: 422, body: '[{"path":"amount","message":"wrong"}]' }, 'refused'],
  [{ status: 429, body: '' }, 'away'],
  [{ status: 500, body: '{"detail":"Unexpected error! ID: 1"}' }, 'away'],
  [{ status: 503, body: 'busy', type: 'text/plain' }, 'away'],
];
