import type { Filter, NostrEvent } from '@nostrata/protocol';
import type { ReadOptions } from '../contract.ts';
import { compileRowCheck } from '../row-check.ts';
import type { EventRow } from './row.ts';
import { compileTextCheck } from './text-check.ts';

/** What a read knows of its surroundings. */
export interface ReadContext {
  readonly nowSeconds: number;
  readonly options: ReadOptions;
}

/**
 * Says whether a row may be handed out: alive, visible, and matching what the index did not answer. The text is
 * parsed only where one of these needs it.
 */
export function createAcceptance(
  filter: Filter | undefined,
  { nowSeconds, options: { visibility } }: ReadContext,
): (row: EventRow) => boolean {
  const matchesText = filter && compileTextCheck(filter);
  const matches = filter && !matchesText ? compileRowCheck(filter) : undefined;
  return (row) => {
    if (row.expires_at !== null && row.expires_at <= nowSeconds) return false;
    if (matchesText && !matchesText(row)) return false;
    const isJudged = visibility?.kinds.has(row.kind) === true;
    if (!matches && !isJudged) return true;
    const event = JSON.parse(row.json) as NostrEvent;
    if (matches && !matches(event)) return false;
    return !isJudged || visibility?.isVisible(event) === true;
  };
}
