import { isHex64, Kind } from '@nostrata/protocol';
import type { Graph, Relation } from './graph.ts';

/** The kind of report events (NIP-56). */
const reportKind = 1984;

/** The relation that a kind stands for. */
export const relationByKind: ReadonlyMap<number, Relation> = new Map([
  [Kind.follows, 'follows'],
  [Kind.mutes, 'mutes'],
  [reportKind, 'reports'],
] as const);

/** An author's list as one event gives it. */
interface ReadList {
  readonly relation: Relation;
  readonly pubkey: string;
  readonly listed: readonly string[];
}

/**
 * Takes events, as the texts that the store gives out, into the graph. The reports of one author are joined with those
 * that are there; of kinds 3 and 10000 an author has only one event.
 */
export function loadLists(graph: Graph, texts: readonly string[]): void {
  for (const text of texts) {
    const list = readList(text);
    if (!list) continue;
    const { relation, pubkey, listed } = list;
    if (relation !== 'reports') {
      graph.setList(relation, pubkey, listed);
      continue;
    }
    const before = graph.reports.get(graph.pubkeys.find(pubkey)) ?? [];
    graph.setList(relation, pubkey, [...[...before].map((id) => graph.pubkeys.get(id)), ...listed]);
  }
}

function readList(text: string): ReadList | undefined {
  const event = JSON.parse(text) as { kind: number; pubkey: string; tags: readonly (readonly string[])[] };
  const relation = relationByKind.get(event.kind);
  if (!relation) return undefined;
  const named = event.tags.filter(([name, pubkey]) => name === 'p' && isHex64(pubkey)).map(([, pubkey = '']) => pubkey);
  // A report of a note names its author first; further names are those of people in the conversation.
  return { relation, pubkey: event.pubkey, listed: relation === 'reports' ? named.slice(0, 1) : named };
}
