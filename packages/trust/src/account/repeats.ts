import { clusterCandidatesMax, repeatNotesMax, repeatWordsMax } from '../limits.ts';

/** Notes of fewer words say too little to be like another: everybody wishes a good morning. */
const wordsMin = 3;
const alikeShare = 0.9;

/** How many notes were compared, and how many of them are like an earlier one. */
export interface Repeats {
  readonly compared: number;
  readonly repeated: number;
}

/**
 * Counts texts that nearly repeat an earlier one, apart from links, names and numbers: their sets of words differ by
 * less than a tenth in size and share more than nine tenths. Of the newest 200 texts the first 64 words each count.
 * Texts so alike share one of the first words of both in any one order: only those are compared, at most 20 for each.
 */
export function countRepeats(texts: readonly string[]): Repeats {
  const clusters: (readonly string[])[] = [];
  const clustersByWord = new Map<string, number[]>();
  let [compared, repeated] = [0, 0];
  for (const text of texts.slice(0, repeatNotesMax)) {
    const words = wordsOf(text);
    if (words.length < wordsMin) continue;
    compared += 1;
    const lead = words.slice(0, Math.floor(words.length * (1 - alikeShare)) + 1);
    if (isLikeOne(words, lead, { clusters, clustersByWord })) {
      repeated += 1;
      continue;
    }
    for (const word of lead) {
      const led = clustersByWord.get(word);
      if (led) led.push(clusters.length);
      else clustersByWord.set(word, [clusters.length]);
    }
    clusters.push(words);
  }
  return { compared, repeated };
}

interface Clusters {
  readonly clusters: readonly (readonly string[])[];
  readonly clustersByWord: ReadonlyMap<string, readonly number[]>;
}

function isLikeOne(words: readonly string[], lead: readonly string[], { clusters, clustersByWord }: Clusters): boolean {
  const own = new Set(words);
  const seen = new Set<number>();
  for (const word of lead) {
    for (const at of clustersByWord.get(word) ?? []) {
      if (seen.has(at)) continue;
      if (seen.size === clusterCandidatesMax) return false;
      seen.add(at);
      if (isAlike(own, clusters[at] ?? [])) return true;
    }
  }
  return false;
}

function isAlike(own: ReadonlySet<string>, other: readonly string[]): boolean {
  const larger = Math.max(own.size, other.length);
  const smaller = Math.min(own.size, other.length);
  if (larger - smaller >= larger * (1 - alikeShare)) return false;
  return other.filter((word) => own.has(word)).length > larger * alikeShare;
}

/** The different words of a text, the longest first: those are in the fewest other texts. */
function wordsOf(text: string): string[] {
  const words = new Set<string>();
  const plain = text
    .slice(0, 16 * repeatWordsMax)
    .toLowerCase()
    .replaceAll(/\bhttps?:\S+|\bnostr:\S+|#\[\d+\]/g, ' ');
  for (const [word] of plain.matchAll(/[\p{L}\p{M}]+/gu)) {
    words.add(word);
    if (words.size === repeatWordsMax) break;
  }
  return [...words].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}
