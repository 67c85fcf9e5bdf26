import type { Queryable } from '@nostrata/database';
import type { Price } from '../contract.ts';
import type { RuleKind } from './contract.ts';
import { skeletonOf } from './grammar.ts';
import { reservedWords } from './reserved-words.ts';
import { type NameSettings, priceOfLength } from './settings.ts';

/** What the rules say of a name on a host where names are sold. */
export interface NameRule {
  readonly kind: RuleKind;
  /** What a year costs; undefined where it is not for sale. */
  readonly price: Price | undefined;
}

/** Finds the rule of a name. */
export type RuleOf = (host: string, local: string) => Promise<NameRule>;

/** The host of rules that hold on every host where names are sold. */
export const everyHost = '*';

/**
 * Creates the look-up of rules: a rule that an admin wrote for the host, one for every host, the lists of the operator,
 * the built-in words (and what looks like one of them); else the price follows from the length.
 */
export function createRules(database: Queryable, settings: NameSettings): RuleOf {
  const looks = new Set([...reservedWords, ...settings.reserved].map(skeletonOf));
  const blocked = new Set(settings.blocked);
  const premium = new Map(settings.premium.map(({ local, price }) => [local, price]));
  return async (host, local) => {
    const standard = priceOfLength(settings.prices, local.length);
    const [row] = await database.query<{ rule: string; price_msat: number | null }>(
      'SELECT rule, price_msat FROM name_rule WHERE local = $1 AND host IN ($2, $3) ORDER BY (host = $3) LIMIT 1',
      [local, host, everyHost],
    );
    if (row) return ruleOfRow(row, standard);
    if (blocked.has(local)) return { kind: 'blocked', price: undefined };
    const price = premium.get(local);
    if (price) return { kind: 'premium', price };
    if (looks.has(skeletonOf(local))) return { kind: 'reserved', price: undefined };
    return { kind: 'standard', price: standard };
  };
}

function ruleOfRow(
  { rule, price_msat }: { readonly rule: string; readonly price_msat: number | null },
  standard: Price | undefined,
): NameRule {
  const price = price_msat === null ? standard : { msat: Number(price_msat) };
  if (rule === 'reserved' || rule === 'blocked') return { kind: rule, price: undefined };
  return { kind: rule === 'premium' ? 'premium' : 'standard', price };
}
