import type { Database, Queryable } from '@nostrata/database';
import { type Caller, Problem } from '@nostrata/http';
import type { AuditLog, Clock } from '../contract.ts';
import { isTaken } from '../errors.ts';
import type { SignedChallenge } from './challenges.ts';
import { admit, type User, type Users } from './users.ts';

/** What it is made of. */
export interface LinksParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly audit: AuditLog;
  readonly users: Users;
}

/** Joins a Lightning wallet and a pubkey into one user. */
export interface Links {
  /**
   * Links what the event names to who signed it. Both sides agreed: the pubkey by the event; the wallet because the caller
   * is signed in with it, or because it signed a code for `link` that the caller asked for.
   *
   * @returns the user that both belong to from now on
   * @throws Problem 403 where the caller is neither of them or the wallet did not agree; 409 where both own something
   */
  link(caller: Caller, signed: SignedChallenge): Promise<User>;
}

/** Times that a link is tried where somebody signs in for the first time, or links, in the very same moment. */
const attemptsMax = 3;

/** Creates it. */
export function createLinks(parts: LinksParts): Links {
  return {
    async link(caller, { pubkey, linkingKey }) {
      if (linkingKey === undefined) throw new Problem(400, 'bad-event', 'the event names no wallet');
      for (let attempt = 1; ; attempt++) {
        try {
          return await parts.database.transaction((transaction) =>
            link(parts, transaction, { caller, pubkey, linkingKey }),
          );
        } catch (error) {
          const isBusy = isTaken(error) || (error instanceof Problem && error.code === 'busy');
          if (!isBusy || attempt === attemptsMax) throw error;
        }
      }
    },
  };
}

interface Asked {
  readonly caller: Caller;
  readonly pubkey: string;
  readonly linkingKey: string;
}

async function link(parts: LinksParts, transaction: Queryable, asked: Asked): Promise<User> {
  const found = await findBoth(parts, transaction, asked);
  const { ofPubkey, ofWallet } = found;
  if (ofWallet !== undefined && ofWallet.id === ofPubkey?.id) return ofWallet;
  await agree(parts, transaction, { ...asked, ...found });
  for (const user of [ofPubkey, ofWallet]) if (user !== undefined) admit(user);
  if (ofWallet !== undefined && ofWallet.pubkey !== null) {
    throw new Problem(409, 'linked', 'this wallet is linked to another key already: sign in with that one');
  }
  const user = await join(parts, transaction, { ...asked, ...found });
  await parts.audit.append(transaction, {
    actor: `user:${asked.caller.userId}`,
    action: 'user.linked',
    entity: `user:${user.id}`,
    details: { pubkey: ofPubkey?.id ?? null, wallet: ofWallet?.id ?? null },
  });
  return user;
}

/** The users of both as they are, and stay until the transaction ends: two links at once come one after the other. */
async function findBoth({ users }: LinksParts, transaction: Queryable, { pubkey, linkingKey }: Asked): Promise<Found> {
  const find = async (): Promise<Found> => ({
    ofPubkey: await users.findByPubkey(transaction, pubkey),
    ofWallet: await users.findByLinkingKey(transaction, linkingKey),
  });
  const before = await find();
  const ids = [before.ofPubkey?.id, before.ofWallet?.id].filter((id) => id !== undefined).sort();
  for (const id of ids) await transaction.query('UPDATE account_user SET state = state WHERE id = $1', [id]);
  const found = await find();
  if (found.ofPubkey?.id !== before.ofPubkey?.id || found.ofWallet?.id !== before.ofWallet?.id) throw busy();
  return found;
}

function busy(): Problem {
  return new Problem(409, 'busy', 'somebody signs in or links this very moment: try again');
}

interface Found {
  readonly ofPubkey: User | undefined;
  readonly ofWallet: User | undefined;
}

/** Makes sure that the wallet agreed; for a caller who signed in by the pubkey this uses the signed code up. */
async function agree(
  { clock }: LinksParts,
  transaction: Queryable,
  { caller, linkingKey, ofPubkey, ofWallet }: Asked & Found,
): Promise<void> {
  if (ofWallet !== undefined && caller.userId === ofWallet.id) return;
  if (caller.userId !== ofPubkey?.id) {
    throw new Problem(
      403,
      'not-yours',
      'sign in with the wallet or with the key that signed the event: they are to be linked',
    );
  }
  const agreed = await transaction.query(
    `UPDATE lnurl_session SET state = 'consumed' WHERE user_id = $1 AND linking_key = $2 AND action = 'link'
      AND state = 'verified' AND expires_ms > $3 RETURNING k1`,
    [caller.userId, linkingKey, clock.now()],
  );
  if (agreed.length === 0) {
    throw new Problem(403, 'wallet-not-asked', 'scan a code for linking with the wallet first, within five minutes');
  }
}

async function join(
  parts: LinksParts,
  transaction: Queryable,
  { ofPubkey, ofWallet, pubkey, linkingKey }: Found & Omit<Asked, 'caller'>,
): Promise<User> {
  if (ofWallet === undefined) {
    if (ofPubkey === undefined) throw new Problem(403, 'not-yours', 'sign in first');
    const added = await transaction.query(
      'INSERT INTO linking_key (linking_key, user_id, created_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING user_id',
      [linkingKey, ofPubkey.id, parts.clock.now()],
    );
    if (added.length === 0) throw busy();
    return ofPubkey;
  }
  if (ofPubkey === undefined) return await setPubkey(transaction, ofWallet, pubkey);
  const [kept, folded] = await choose(transaction, ofPubkey, ofWallet);
  await fold(transaction, kept, folded);
  const withRole =
    kept.role === 'user' && folded.role !== 'user' ? await setRole(transaction, kept, folded.role) : kept;
  return kept === ofPubkey ? withRole : await setPubkey(transaction, withRole, pubkey);
}

/** What belongs to people; a user that nothing of it refers to is empty. */
const possessions = [
  'name',
  'domain',
  'payment',
  'subscription',
  'api_key',
  'hook',
  'entitlement',
  'receipt',
  'refund_owed',
];

/** Which of two users stays: the one that owns something; the one of the pubkey where neither does. */
async function choose(transaction: Queryable, ofPubkey: User, ofWallet: User): Promise<[kept: User, folded: User]> {
  if (!(await ownsAnything(transaction, ofWallet.id))) return [ofPubkey, ofWallet];
  if (!(await ownsAnything(transaction, ofPubkey.id))) return [ofWallet, ofPubkey];
  throw new Problem(
    409,
    'both-own',
    'the wallet and the key have an account each, and both own names, payments, keys or the like: ask the operator which to keep',
  );
}

async function ownsAnything(transaction: Queryable, userId: string): Promise<boolean> {
  const parts = possessions.map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE user_id = $1)`);
  const [row] = await transaction.query<{ owns: number }>(
    `SELECT CASE WHEN ${parts.join(' OR ')} THEN 1 ELSE 0 END AS owns`,
    [userId],
  );
  return Number(row?.owns) === 1;
}

/** Moves wallets and sessions to the user that stays, and removes the other. */
async function fold(transaction: Queryable, kept: User, folded: User): Promise<void> {
  for (const table of ['linking_key', 'session', 'lnurl_session', 'notice']) {
    await transaction.query(`UPDATE ${table} SET user_id = $1 WHERE user_id = $2`, [kept.id, folded.id]);
  }
  await transaction.query('DELETE FROM account_user WHERE id = $1', [folded.id]);
}

async function setPubkey(transaction: Queryable, user: User, pubkey: string): Promise<User> {
  await transaction.query('UPDATE account_user SET pubkey = $1 WHERE id = $2', [pubkey, user.id]);
  return { ...user, pubkey };
}

/** Somebody who has a role as one of the two has it as both. */
async function setRole(transaction: Queryable, user: User, role: string): Promise<User> {
  await transaction.query('UPDATE account_user SET role = $1 WHERE id = $2', [role, user.id]);
  return { ...user, role };
}
