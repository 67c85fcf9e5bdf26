import type { TrustScore } from './contract.ts';

/** One sentence for each thing that counts in a score. */
export function explainScore(score: TrustScore): string[] {
  const { components, wotDepth, botFlags, graph } = score;
  const reasons = [rankReason(score)];
  const from = score.algorithm === 'personalised-pagerank' ? 'the observer' : 'an anchor';
  reasons.push(
    wotDepth === null
      ? `No chain of follows leads there from ${from}.`
      : wotDepth === 0
        ? `This is ${from}.`
        : `The shortest chain of follows from ${from} has ${wotDepth} step${wotDepth === 1 ? '' : 's'}.`,
  );
  if (score.observer !== undefined && score.algorithm !== 'personalised-pagerank')
    reasons.push('Nobody is known here whom the observer follows: this is how the anchors see it.');
  reasons.push(
    score.followersCount === 1
      ? `One follow list among ${graph.users} known users names this account.`
      : `${score.followersCount} follow lists among ${graph.users} known users name this account.`,
  );
  if (components.mutersCount > 0) reasons.push(accounts(components.mutersCount, 'mutes', 'mute'));
  if (components.reportersCount > 0) reasons.push(accounts(components.reportersCount, 'reports', 'report'));
  reasons.push(
    score.accountAgeDays === null
      ? 'No event of this account is here, so that its age is not known.'
      : `Its oldest event here is dated ${score.accountAgeDays} days ago.`,
  );
  reasons.push(...botFlags.map(({ reason }) => reason));
  reasons.push(
    score.discountPercent > 0
      ? `This earns a discount of ${score.discountPercent} %.`
      : 'This earns no discount: that takes trust from the anchors and an account of some age.',
  );
  if (score.partial)
    reasons.push('The score is partial: there are no known anchors, or lists were too long to be read.');
  return reasons;
}

function accounts(count: number, one: string, many: string): string {
  return count === 1 ? `One account ${one} it.` : `${count} accounts ${many} it.`;
}

function rankReason({ trustScore, algorithm }: TrustScore): string {
  if (algorithm === 'none') return 'There are no known anchors from which trust could flow.';
  const from = algorithm === 'personalised-pagerank' ? 'the observer' : 'the anchors';
  if (trustScore === 0) return `No trust flows there from ${from}.`;
  return `Trust that flows from ${from} along follows gives ${trustScore} of 100.`;
}
