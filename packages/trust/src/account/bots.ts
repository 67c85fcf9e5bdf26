import type { Account } from './account.ts';

/** One sign that an account may be run by a program, and the sentence that says why. */
export interface BotFlag {
  readonly flag:
    | 'declared'
    | 'bridged'
    | 'regular-intervals'
    | 'never-sleeps'
    | 'repeats-itself'
    | 'mass-following'
    | 'never-answers';
  readonly reason: string;
}

/** What is known of somebody's follows. */
export interface FollowCounts {
  readonly followersCount: number;
  readonly followingCount: number;
}

const notesForIntervals = 20;
const notesForRepeats = 20;
const notesForAnswers = 50;
const daySeconds = 86_400;

/** Flags that are facts and no suspicion. */
const facts: ReadonlySet<string> = new Set(['bridged']);

/** Every sign that an account may be a program's, each with its reason. None is a verdict. */
export function findBotFlags(account: Account, { followersCount, followingCount }: FollowCounts): BotFlag[] {
  const { notes, accountAgeDays } = account;
  const flags: BotFlag[] = [];
  const add = (flag: BotFlag['flag'], reason: string): void => void flags.push({ flag, reason });
  if (account.isDeclaredBot) add('declared', 'Its profile says that it is a bot.');
  if (account.isBridged) add('bridged', 'Its notes were carried over from another network by a bridge.');
  const variation = intervalVariation(notes.map(({ created_at }) => created_at));
  if (notes.length >= notesForIntervals && variation < 0.1) {
    add('regular-intervals', `The time between notes varies by ${Math.round(variation * 100)} % only.`);
  }
  const days = sleeplessDays(notes.map(({ created_at }) => created_at));
  if (days >= 5) add('never-sleeps', `On ${days} of the last seven days it wrote in more than 20 of 24 hours.`);
  const repeated = repeatedShare(notes.map(({ content }) => content));
  if (notes.length >= notesForRepeats && repeated > 0.6) {
    add('repeats-itself', `${Math.round(repeated * 100)} % of its notes repeat others but for numbers and links.`);
  }
  if (followingCount > 300 && followersCount < 10 && (accountAgeDays ?? 0) < 30) {
    add('mass-following', `It is young, follows ${followingCount} accounts and is followed by ${followersCount}.`);
  }
  if (notes.length > notesForAnswers && notes.every(({ isReply }) => !isReply)) {
    add('never-answers', `None of its last ${notes.length} notes answers anybody.`);
  }
  return flags;
}

/** A bot says so, or shows two signs at once. */
export function isLikelyBot(flags: readonly BotFlag[]): boolean {
  return flags.some(({ flag }) => flag === 'declared') || flags.filter(({ flag }) => !facts.has(flag)).length >= 2;
}

/** The standard deviation of the time between notes, as a share of its mean; infinite with fewer than three. */
function intervalVariation(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, at) => time - (sorted[at] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  if (gaps.length < 2 || mean === 0) return Number.POSITIVE_INFINITY;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return Math.sqrt(variance) / mean;
}

/** Days (UTC) with notes in more than 20 different hours. */
function sleeplessDays(times: readonly number[]): number {
  const hoursByDay = Map.groupBy(new Set(times.map((time) => Math.floor(time / 3_600))), (hour) =>
    Math.floor((hour * 3_600) / daySeconds),
  );
  return [...hoursByDay.values()].filter((hours) => hours.length > 20).length;
}

/** The share of texts that are like an earlier one, apart from links and numbers. */
function repeatedShare(texts: readonly string[]): number {
  const shapes = texts.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/https?:\S+|nostr:\S+|\d+/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
  return texts.length === 0 ? 0 : 1 - new Set(shapes).size / texts.length;
}
