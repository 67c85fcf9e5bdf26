import { z } from 'zod';

const score100 = z.number().min(0).max(100);
const pubkey = z.string().describe('64 hex digits.');
const instant = z.iso.datetime();

/** Checks the size of the graph and the age of what was computed of it; part of every answer. */
export const standing = z.object({
  graph: z.object({ users: z.number(), follows: z.number() }),
  asOf: instant.describe('Up to when events of this store are in it, in UTC.'),
  approximate: z.boolean().describe('An iteration was cut short, or not everything was read.'),
  partial: z.boolean().describe('Something is missing: there are no anchors, or lists were cut because of a limit.'),
  stale: z.boolean().describe('Older than five minutes, because nothing newer can be had at the moment.'),
});

/** Checks a score. */
export const scoreAnswer = standing.extend({
  pubkey,
  observer: pubkey.nullable().describe('Whose point of view it is; null for that of the anchors.'),
  trustScore: score100,
  algorithm: z.enum(['trustrank', 'personalised-pagerank', 'none']),
  followersCount: z.number().describe('Distinct authors in this store whose follow list names the account.'),
  followingCount: z.number(),
  wotDepth: z.number().nullable().describe('Follows from the observer or the nearest anchor; null: none leads there.'),
  components: z.object({
    pageRank: score100.describe('How well known, which fake followers can raise. Earns nothing.'),
    anchoredRank: score100.nullable().describe('Trust that flows from the anchors, which fake followers cannot raise.'),
    personalRank: score100.nullable(),
    influence: score100.nullable().describe('GrapeRank as the anchors see it.'),
    mutersCount: z.number(),
    reportersCount: z.number(),
  }),
  accountAgeDays: z.number().nullable(),
  accountAgeScore: score100,
  activityScore: score100,
  botFlags: z.array(
    z.object({ flag: z.string(), reason: z.string().describe('One sentence with the numbers that it is by.') }),
  ),
  isLikelyBot: z.boolean().describe('Its profile says so, or two signs do that count.'),
  discountPercent: z.number(),
  lastCalculated: instant,
});

const namedRank = z.object({ pubkey, trustScore: score100 });

/** Checks a verdict. */
export const verdictAnswer = z.object({ passes: z.boolean(), minScore: score100, score: scoreAnswer });

/** Checks the reasons of a score. */
export const explanationAnswer = z.object({
  score: scoreAnswer,
  reasons: z.array(z.string()).describe('One sentence for each thing that counts.'),
  followers: z.array(namedRank).describe('Those of most trust who follow the account, by the same point of view.'),
  paths: z.array(z.array(pubkey)).describe('Shortest paths from the observer, else from anchors, each to the account.'),
});

/** Checks what is said of the whole network. */
export const networkAnswer = standing.extend({
  state: z.enum(['building', 'ready', 'behind', 'unavailable', 'stopped']),
  muters: z.number(),
  reporters: z.number(),
  anchors: z.number().describe('Anchors that are known in the graph.'),
  reachedByHops: z.array(z.number()).describe('Users whom a chain of follows from an anchor reaches, by its length.'),
  iterations: z.object({ pageRank: z.number(), trustRank: z.number(), grapeRank: z.number() }),
  leftOut: z.number().describe('Names in lists that were left out because of a limit.'),
  first: z.array(namedRank).describe('Who stand first.'),
});

/** Checks a path. */
export const pathAnswer = standing.extend({
  from: pubkey,
  to: pubkey,
  path: z.array(pubkey).nullable().describe('Both ends included; null where no chain of follows leads there.'),
  steps: z.number().nullable(),
});

/** Checks similar accounts. */
export const similarAnswer = standing.extend({
  pubkey,
  items: z.array(
    z.object({
      pubkey,
      similarity: z.number().min(0).max(1).describe('The cosine of both sets of followers.'),
      commonFollowers: z.number(),
    }),
  ),
});
