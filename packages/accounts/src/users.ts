import type { Queryable } from '@nostrata/database';
import { type Caller, Problem } from '@nostrata/http';

/** Who is written into the audit log for what a caller does. */
export function actorOf({ by, credential, userId }: Pick<Caller, 'by' | 'credential' | 'userId'>): string {
  return by === 'api-key' ? `key:${credential}` : `user:${userId}`;
}

/**
 * Locks a user's row until the transaction ends, so that what is counted against the user's plan is counted by one
 * request after the other, and tells the role.
 * @throws Problem 403 where the account is suspended
 */
export async function lockUser(transaction: Queryable, userId: string): Promise<string> {
  const [user] = await transaction.query<{ role: string }>(
    `UPDATE account_user SET state = state WHERE id = $1 AND state = 'active' RETURNING role`,
    [userId],
  );
  if (user === undefined) throw new Problem(403, 'suspended', 'this account is suspended');
  return user.role;
}
