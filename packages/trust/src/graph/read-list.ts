import type { Graph, Relation } from './graph.ts';

/** The relation that a kind stands for (NIP-02, NIP-51, NIP-56). Numbers, as the thread would load all of protocol for names. */
export const relationByKind: ReadonlyMap<number, Relation> = new Map([
  [3, 'follows'],
  [10_000, 'mutes'],
  [1984, 'reports'],
] as const);

const pubkeyPattern = /^[0-9a-f]{64}$/;

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
  const named = event.tags
    .filter(([name, pubkey]) => name === 'p' && pubkeyPattern.test(pubkey ?? ''))
    .map(([, pubkey = '']) => pubkey);
  // A report of a note names its author first; further names are those of people in the conversation.
  return { relation, pubkey: event.pubkey, listed: relation === 'reports' ? named.slice(0, 1) : named };
}
