import type { Loaded, ReadValue, Thread, ThreadNode } from '@nostrata/core';
import { encodeNote, encodeNpub, formatAddress, type NostrEvent } from '@nostrata/protocol';
import type { GetName, Wanted } from './get-names.ts';
import { formatCount, formatFacts, formatSeconds } from './terminal.ts';

type Render<Name extends GetName> = (
  value: Name extends 'thread' ? Thread : ReadValue<Exclude<Name, 'thread'>>,
) => string;

const renderers: { readonly [Name in GetName]: Render<Name> } = {
  profile: (profile) =>
    facts([
      ['name', profile.name],
      ['display name', profile.displayName],
      ['about', profile.about],
      ['nip05', profile.nip05],
      ['website', profile.website],
      ['lightning', profile.lud16 ?? profile.lud06],
      ['picture', profile.picture],
      ['banner', profile.banner],
      ['bot', profile.bot === true ? 'yes' : undefined],
      ['pubkey', encodeNpub(profile.pubkey)],
      ['written', toDate(profile.created_at)],
    ]),
  follows: ({ follows }) =>
    counted(
      'people',
      follows.map(({ pubkey, petname, relay }) => [encodeNpub(pubkey), petname, relay].filter(Boolean).join('  ')),
    ),
  relayList: ({ relays }) =>
    counted(
      'relays',
      relays.map(({ url, read, write }) => `${url}  ${[read && 'read', write && 'write'].filter(Boolean).join(', ')}`),
    ),
  relaySets: (sets) => sets.map((set) => `${titleOf(set)}\n${indent(counted('relays', set.relays))}`).join('\n'),
  mutes: ({ pubkeys, hashtags, words, threads, blockedRelays, sources }) =>
    [
      counted('people', pubkeys.map(encodeNpub)),
      counted('hashtags', hashtags),
      counted('words', words),
      counted('threads', threads.map(encodeNote)),
      counted('relays', blockedRelays),
      ...(sources.some((source) => source.private) ? ['and more that only the author can read'] : []),
    ].join('\n'),
  lists: (lists) =>
    lists
      .map(({ bookmarks, kind, ...list }) => {
        const { events, addresses, hashtags, urls, externals } = bookmarks;
        const lines = [...events.map(({ id }) => encodeNote(id)), ...addresses.map(formatAddress)];
        return `${titleOf(list)} (kind ${kind})\n${indent(counted('entries', [...lines, ...hashtags.map((tag) => `#${tag}`), ...urls, ...externals]))}`;
      })
      .join('\n'),
  inboxRelays: ({ relays }) => counted('relays', relays),
  event: renderEvent,
  address: renderEvent,
  engagement: ({ replies, reposts, likes, dislikes, emojis, zaps, zapMsat, reactions }) =>
    facts([
      ['replies', formatCount(replies)],
      ['reposts', formatCount(reposts)],
      ['likes', formatCount(likes)],
      ['dislikes', formatCount(dislikes)],
      ['other reactions', formatCount(emojis)],
      ['zaps', `${formatCount(zaps)} (${formatCount(zapMsat / 1000)} sat)`],
      [
        'most frequent',
        reactions
          .slice(0, 10)
          .map(({ content, count }) => `${content} ${count}`)
          .join('  '),
      ],
    ]),
  thread: ({ tree, replyCount, event }) => `${formatCount(replyCount)} replies\n${renderNode(tree, event.id, 0)}`,
};

/** An answer for people: what was asked, the value, and how much it is worth. */
export function renderAnswer({ what, text, read }: Wanted, answer: Loaded<unknown>, nowMs: number): string {
  const head = `${what} ${text}`;
  if (answer.value === undefined) return `${toPrintable(head)}: not found (${describeAge(answer, nowMs)})`;
  // Each renderer stands under the name of the read whose value it takes.
  const body = (renderers[read] as (value: unknown) => string)(answer.value);
  return toPrintable(`${head}\n${indent(body)}\n  (${answer.state}, ${describeAge(answer, nowMs)})`);
}

function describeAge({ source, checkedAtMs, relays }: Loaded<unknown>, nowMs: number): string {
  const from = source === 'relay' ? 'from relays' : 'from the store';
  if (checkedAtMs === undefined) return `${from}, no relay has answered yet`;
  const ageSeconds = Math.max(0, Math.round((nowMs - checkedAtMs) / 1000));
  const age = ageSeconds < 2 ? 'just now' : `${formatSeconds(ageSeconds)} ago`;
  return `${from}, checked ${age} at ${relays.join(', ') || 'relays'}`;
}

function renderEvent(event: NostrEvent): string {
  const { id, pubkey, kind, created_at, tags, content } = event;
  const known = facts([
    ['id', encodeNote(id)],
    ['author', encodeNpub(pubkey)],
    ['kind', String(kind)],
    ['written', toDate(created_at)],
    ['tags', tags.map((tag) => `[${tag.join(', ')}]`).join('\n')],
  ]);
  return content === '' ? known : `${known}\n\n${indent(content)}`;
}

/** Deeper answers stand where the deepest do, so that lines keep their room. */
const depthMax = 12;

function renderNode({ event, replies }: ThreadNode, wantedId: string, depth: number): string {
  const author = `${encodeNpub(event.pubkey).slice(0, 12)}…`;
  const mark = event.id === wantedId ? '▸' : '·';
  const [first = '', ...more] = event.content.split('\n').filter((line) => line.trim() !== '');
  const line = `${mark} ${author}  ${toDate(event.created_at)}  ${first}${more.length > 0 ? ' …' : ''}`;
  const below = replies.map((reply) => renderNode(reply, wantedId, depth + 1));
  return [`${'  '.repeat(Math.min(depth, depthMax))}${line}`, ...below].join('\n');
}

function titleOf({ title, identifier }: { readonly title?: string | undefined; readonly identifier: string }): string {
  return title || identifier || 'without a name';
}

function counted(noun: string, lines: readonly string[]): string {
  if (lines.length === 0) return `no ${noun}`;
  return `${formatCount(lines.length)} ${noun}\n${indent(lines.join('\n'))}`;
}

/** Facts that are there; further lines of a value stand under its first. */
function facts(all: readonly (readonly [string, string | undefined])[]): string {
  const there = all.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  const width = Math.max(0, ...there.map(([name]) => name.length)) + 2;
  const padded = there.map(([name, value]) => [name, value.replaceAll('\n', `\n${' '.repeat(width + 2)}`)] as const);
  return formatFacts(padded).replace(/^ {2}/gm, '');
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function toDate(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? `second ${seconds}`
    : date
        .toISOString()
        .replace(/:\d\d\.\d+Z$/, 'Z')
        .replace('T', ' ');
}

/** What strangers write must not command the terminal, nor turn the direction of what stands beside it. */
export function toPrintable(text: string): string {
  return text.replace(/[\p{Cc}--[\n\t]]|[\u202a-\u202e\u2066-\u2069]/gv, '\ufffd');
}
