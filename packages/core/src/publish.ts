import { type Address, formatAddress, getAddress, type NostrEvent, parseAddress, parseEvent } from '@nostrata/protocol';
import type { AwaitSignature, EventTemplate, Publication } from './contract.ts';
import type { TemplateOptions } from './core.ts';
import { PublishError } from './errors.ts';
import type { Lookups } from './lookups.ts';
import { mine } from './mining/mine.ts';
import type { Outbox } from './outbox/contract.ts';
import type { Signing } from './signing.ts';
import { parsePubkey } from './targets.ts';

/** What publishing is made of. */
export interface PublishParts {
  readonly signing: Signing;
  readonly outbox: Outbox;
  readonly lookups: Lookups;
  readonly nowSeconds: () => number;
}

/** Signs where that is needed, and hands over to the outbox. */
export async function publish(
  input: NostrEvent | EventTemplate,
  options: TemplateOptions,
  parts: PublishParts,
): Promise<Publication> {
  if ('sig' in input) return await parts.outbox.publish(parseEvent(input), options);
  const { signing, outbox, nowSeconds } = parts;
  const { awaitSignature } = options;
  const pubkey = await pubkeyOf(awaitSignature, signing);
  const created_at = input.created_at ?? nowSeconds();
  await checkReplaces({ ...input, pubkey, created_at }, options, parts);
  const { difficulty = 0 } = options;
  const mined = difficulty > 0 ? await mine({ ...input, pubkey, created_at }, { ...options, difficulty }) : input;
  options.signal?.throwIfAborted();
  const { kind, content, tags } = mined;
  if (awaitSignature) {
    const { waitMs, keepForMs } = awaitSignature;
    return await outbox.publishDraft({ pubkey, kind, content, tags, created_at }, { ...options, waitMs, keepForMs });
  }
  return await outbox.publish(await signing.sign({ kind, content, tags, created_at }, created_at), options);
}

async function pubkeyOf(awaitSignature: AwaitSignature | undefined, signing: Signing): Promise<string> {
  if (awaitSignature?.pubkey !== undefined) return parsePubkey(awaitSignature.pubkey).value;
  return await signing.get().getPublicKey();
}

/** A template was not made from what it replaces: follow lists were lost this way in many applications. */
async function checkReplaces(
  template: EventTemplate & { readonly pubkey: string; readonly created_at: number },
  { replace = false }: TemplateOptions,
  { lookups }: PublishParts,
): Promise<void> {
  const address = getAddress(template);
  if (address === undefined || replace) return;
  const parsed: Address = parseAddress(address);
  if ((await lookups.getAddress(parsed)) === undefined && !mustBeEdited(template.kind)) return;
  throw new PublishError(
    'replaces',
    `publishing would replace ${formatAddress(parsed)} without having read it: use edit, or say replace: true`,
  );
}

/** Lists of a person: even where none is here, one may be elsewhere. */
function mustBeEdited(kind: number): boolean {
  return kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000);
}
