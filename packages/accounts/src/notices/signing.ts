import { createHmac } from 'node:crypto';
import type { Secrets } from '../secrets.ts';
import { rotationMs } from './limits.ts';

/** What decides with which secrets a hook's deliveries are signed. */
export interface HookSecretParts {
  readonly id: string;
  readonly generation: number;
  readonly rotatedMs: number | null;
}

/** What is signed. */
export interface SignedMessage {
  readonly id: string;
  readonly seconds: number;
  readonly body: string;
}

/** The secret of a hook as its owner gets it, in the form of Standard Webhooks: `whsec_` and 32 bytes in base64. */
export function showSecret(secrets: Secrets, { id, generation }: Omit<HookSecretParts, 'rotatedMs'>): string {
  return `whsec_${deriveSecret(secrets, id, generation).toString('base64')}`;
}

/**
 * The value of `webhook-signature`: `v1,` and HMAC-SHA256 of `id.timestamp.body` in base64, of the current secret and,
 * for a day after a rotation, of the one before (https://www.standardwebhooks.com).
 */
export function signMessage(
  secrets: Secrets,
  hook: HookSecretParts & { readonly nowMs: number },
  { id, seconds, body }: SignedMessage,
): string {
  const isRotating = hook.rotatedMs !== null && hook.nowMs < hook.rotatedMs + rotationMs;
  const generations = isRotating ? [hook.generation, hook.generation - 1] : [hook.generation];
  return generations
    .map((generation) => {
      const hmac = createHmac('sha256', deriveSecret(secrets, hook.id, generation));
      return `v1,${hmac.update(`${id}.${seconds}.${body}`).digest('base64')}`;
    })
    .join(' ');
}

function deriveSecret(secrets: Secrets, id: string, generation: number): Buffer {
  return secrets.derive(`hook:${id}:${generation}`);
}
