import type { Account } from './account.ts';
import { countRepeats } from './repeats.ts';
import { intervalEntropy, intervalVariation, sleeplessDays } from './rhythm.ts';

/** One sign that an account may be run by a program, and the sentence that says why. */
export interface BotFlag {
  readonly flag:
    | 'declared'
    | 'bridged'
    | 'one-time-key'
    | 'bot-client'
    | 'regular-intervals'
    | 'never-sleeps'
    | 'repeats-itself'
    | 'mass-following'
    | 'never-answers'
    | 'constant-skew';
  readonly reason: string;
}

/** What is known of somebody's follows. */
export interface FollowCounts {
  readonly followersCount: number;
  readonly followingCount: number;
}

type Find = (account: Account, counts: FollowCounts) => readonly (BotFlag | false | undefined)[];

const notesForIntervals = 20;
const notesForRepeats = 20;
const notesForAnswers = 50;
const arrivalsForSkew = 20;

/** Flags that are facts and no suspicion, or that a person's wrong clock gives as well. */
const notCounted: ReadonlySet<string> = new Set(['bridged', 'one-time-key', 'constant-skew']);

/** Every sign that an account may be a program's, each with its reason. None is a verdict. */
export function findBotFlags(account: Account, counts: FollowCounts): BotFlag[] {
  const found = [findKind, findRhythm, findWays].flatMap((find) => find(account, counts));
  return found.filter((flag) => flag !== false && flag !== undefined);
}

/**
 * A bot says so, or shows two signs at once. What a bridge carries over is written by people elsewhere: it is no bot for
 * how it comes.
 */
export function isLikelyBot(flags: readonly BotFlag[]): boolean {
  const names = new Set<string>(flags.map(({ flag }) => flag));
  if (names.has('declared')) return true;
  return !names.has('bridged') && [...names].filter((name) => !notCounted.has(name)).length >= 2;
}

/** What sort of account it is. */
const findKind: Find = ({ isDeclaredBot, bridged, oneTime, client }) => [
  isDeclaredBot && { flag: 'declared', reason: 'Its profile says that it is a bot.' },
  isMost(bridged) && {
    flag: 'bridged',
    reason: `A bridge made ${bridged.events} of its last ${bridged.of} events of something elsewhere${
      bridged.networks.length > 0 ? ` (${bridged.networks.slice(0, 3).join(', ')})` : ''
    }.`,
  },
  client !== undefined &&
    isMost(client) &&
    !(client.is === 'bridge' && isMost(bridged)) && {
      flag: client.is === 'bridge' ? 'bridged' : 'bot-client',
      reason: `${client.events} of its last ${client.of} events name the client ${client.name}: ${client.reason}.`,
    },
  oneTime.of > 0 &&
    oneTime.events === oneTime.of && {
      flag: 'one-time-key',
      reason: `All of its last ${oneTime.of} events are of kinds that are written with a key of one use.`,
    },
];

/** When it writes. */
const findRhythm: Find = ({ noteTimes, notes, skew }) => {
  const times = notes.map(({ created_at }) => created_at);
  const variation = times.length < notesForIntervals ? Number.POSITIVE_INFINITY : intervalVariation(times);
  const entropy = intervalEntropy(times, notesForIntervals);
  const days = sleeplessDays(noteTimes);
  return [
    variation < 0.1
      ? {
          flag: 'regular-intervals',
          reason: `The time between its last ${times.length} notes varies by ${Math.round(variation * 100)} % only.`,
        }
      : entropy < 0.1 && {
          flag: 'regular-intervals',
          reason: `Nearly all times between its last ${times.length} notes are alike (entropy ${entropy.toFixed(2)} of 1).`,
        },
    days >= 5 && {
      flag: 'never-sleeps',
      reason: `On ${days} of the last seven days it wrote in more than 20 of 24 hours.`,
    },
    skew !== undefined &&
      skew.events >= arrivalsForSkew &&
      Math.abs(skew.seconds) > 60 &&
      skew.deviation < 2 && {
        flag: 'constant-skew',
        reason: `Its last ${skew.events} notes came ${Math.round(Math.abs(skew.seconds))} s ${
          skew.seconds > 0 ? 'after' : 'before'
        } their date, give or take ${skew.deviation.toFixed(1)} s.`,
      },
  ];
};

/** What it writes, and to whom. */
const findWays: Find = ({ notes, accountAgeDays }, { followersCount, followingCount }) => {
  const { compared, repeated } = countRepeats(notes.map(({ content }) => content));
  return [
    compared >= notesForRepeats &&
      repeated / compared > 0.6 && {
        flag: 'repeats-itself',
        reason: `${repeated} of its last ${compared} notes of some length nearly repeat another of them.`,
      },
    followingCount > 300 &&
      followersCount < 10 &&
      (accountAgeDays ?? 0) < 30 && {
        flag: 'mass-following',
        reason: `Its oldest event here is ${Math.floor(accountAgeDays ?? 0)} days old; it follows ${followingCount} accounts and is followed by ${followersCount}.`,
      },
    notes.length > notesForAnswers &&
      notes.every(({ isReply }) => !isReply) && {
        flag: 'never-answers',
        reason: `None of its last ${notes.length} notes answers anybody.`,
      },
  ];
};

function isMost({ events, of }: { readonly events: number; readonly of: number }): boolean {
  return events > of / 2;
}
