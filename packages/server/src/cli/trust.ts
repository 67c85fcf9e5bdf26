import { createMemoryCache } from '@nostrata/cache';
import { encodeNpub, Kind, type NostrEvent, parseProfile } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { createTrust, type Explanation, type NamedRank } from '@nostrata/trust';
import { composeStore } from '../compose-door.ts';
import { parsePubkey } from '../config/identifiers.ts';
import { shownFollowersMax } from '../limits.ts';
import { exitCode } from './exit.ts';
import { toPrintable } from './get-text.ts';
import type { Invocation } from './invocation.ts';
import { formatCount, formatFacts, print, say } from './terminal.ts';

/** The names of people, by their pubkeys. */
type NameOf = (pubkey: string) => string;

/** `nostrata trust`: the score of an account in the web of trust of the store, and why it has it. */
export async function runTrust({ settings, terminal, host, json }: Invocation, name: string): Promise<number> {
  const pubkey = parsePubkey(name);
  const { now } = host;
  await using store = await composeStore({ settings, now });
  await using cache = createMemoryCache({ clock: { now } });
  const clock = { now, after: afterTimeout };
  await using trust = createTrust({ store, cache, clock, anchors: settings.trustAnchors, random: Math.random });
  if (terminal.notes.isTTY && !json) say(terminal, 'Reading follow lists …');
  const stop = (): void => void trust.stop();
  terminal.interrupted.addEventListener('abort', stop, { once: true });
  try {
    await trust.start();
    const explained = await trust.explain(pubkey);
    if (json) await print(terminal, JSON.stringify(explained));
    else await print(terminal, renderTrust(explained, await loadNames(store, explained)));
  } catch (error) {
    if (terminal.interrupted.aborted) return exitCode.interrupted;
    throw error;
  } finally {
    terminal.interrupted.removeEventListener('abort', stop);
  }
  if (settings.trustAnchors.length === 0)
    say(terminal, 'nostrata: trust flows from anchors: name some with --trust-anchors, or in the setting trustAnchors');
  return exitCode.ok;
}

function renderTrust({ score, reasons, followers, paths }: Explanation, nameOf: NameOf): string {
  const filled = Math.round(score.trustScore / 5);
  const bar = '█'.repeat(filled) + '░'.repeat(20 - filled);
  const lines = [
    `${nameOf(score.pubkey)}`,
    `  ${bar} ${score.trustScore} of 100`,
    '',
    formatFacts([
      ['followers', formatCount(score.followersCount)],
      ['follows', formatCount(score.followingCount)],
      ['steps from an anchor', score.wotDepth === null ? 'none leads there' : String(score.wotDepth)],
      ['age', score.accountAgeDays === null ? 'not known' : `${formatCount(score.accountAgeDays)} days`],
      ['likely a bot', score.isLikelyBot ? 'yes' : 'no'],
      ['discount', `${score.discountPercent} %`],
    ]),
    '',
    'Why',
    ...reasons.map((reason) => `  ${reason}`),
  ];
  const first = followers.slice(0, shownFollowersMax);
  if (first.length > 0) lines.push('', 'Followers that count most', ...first.map((one) => renderFollower(one, nameOf)));
  if (paths.length > 0) lines.push('', 'Paths', ...paths.map((path) => `  ${path.map(nameOf).join(' → ')}`));
  return toPrintable(lines.join('\n'));
}

function renderFollower({ pubkey, trustScore }: NamedRank, nameOf: NameOf): string {
  return `  ${trustScore.toFixed(1).padStart(5)}  ${nameOf(pubkey)}`;
}

/** As their profiles say, with the beginning of the key that nobody else has. */
async function loadNames(store: EventStore, { score, followers, paths }: Explanation): Promise<NameOf> {
  const authors = [...new Set([score.pubkey, ...followers.map(({ pubkey }) => pubkey), ...paths.flat()])];
  const names = new Map<string, string>();
  for await (const page of store.query([{ kinds: [Kind.profile], authors }])) {
    for (const { json } of page) {
      // The store gives out events as they were verified.
      const event = JSON.parse(json) as NostrEvent;
      const profile = parseProfile(event);
      const name = profile?.displayName || profile?.name;
      if (name) names.set(event.pubkey, name.replaceAll(/\s+/g, ' ').slice(0, 40));
    }
  }
  return (pubkey) => {
    const npub = encodeNpub(pubkey);
    const name = names.get(pubkey);
    return name === undefined ? npub : `${name} (${npub.slice(0, 12)}…)`;
  };
}

function afterTimeout(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
