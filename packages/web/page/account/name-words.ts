import type { ChangeAnswer, NameAnswer } from '@nostrata/accounts';
import { formatInstant } from '../format.ts';

/** How a phase stands out. */
export type BadgeTone = '' | 'warn' | 'bad' | 'dim';

/** A phase in one word, and how it stands out. */
export const phaseBadges: Readonly<Record<NameAnswer['phase'], readonly [word: string, tone: BadgeTone]>> = {
  held: ['not paid yet', 'warn'],
  active: ['works', ''],
  grace: ['renew soon', 'warn'],
  expired: ['stopped', 'bad'],
  quarantine: ['given up', 'dim'],
  free: ['free', 'dim'],
};

/** What a phase means, with its dates. */
export function phaseSentence(name: NameAnswer): string {
  const on = (at: string | null): string => (at === null ? 'a day that is not known yet' : formatInstant(at));
  switch (name.phase) {
    case 'held':
      return `Held for you until ${on(name.heldUntil)}. Pay before then, or somebody else may have it.`;
    case 'active':
      return activeSentence(name);
    case 'grace':
      return `What was paid for ended on ${on(name.paidUntil)}. It still works until ${on(name.graceUntil)}: renew it before then.`;
    case 'expired':
      return `It stopped working. It stays yours to renew; anybody can have it from ${on(name.freeAt)} on.`;
    case 'quarantine':
      return `It does not work any more. You can come back to it until ${on(name.freeAt)}; then anybody can have it.`;
    case 'free':
      return 'Anybody can have it.';
  }
}

function activeSentence({ coverage, paidUntil }: NameAnswer): string {
  if (coverage === 'granted') return 'Given by the operator, for good.';
  if (coverage === 'paid') return paidUntil === null ? 'Paid.' : `Paid until ${formatInstant(paidUntil)}.`;
  return paidUntil === null
    ? 'Your plan covers it, as long as you have the plan.'
    : `Your plan covers it until ${formatInstant(paidUntil)}, and longer when the plan is prolonged.`;
}

const changeWords: Readonly<Record<string, string>> = {
  held: 'Held for you until it is paid',
  registered: 'Registered, covered by your plan',
  paid: 'Paid for',
  granted: 'Given by the operator',
  transferred: 'Given to somebody else',
  rekeyed: 'Pointed at another key',
  'given-up': 'Given up',
  released: 'Taken back by the operator',
  erased: 'Erased because its key asked to vanish',
  active: 'Works again',
  grace: 'The paid time ended; it still works',
  expired: 'Stopped working',
  quarantine: 'Waits before anybody else can have it',
  free: 'Free for anybody',
};

/** A change of a name in words. */
export function changeSentence({ what }: Pick<ChangeAnswer, 'what'>): string {
  return changeWords[what] ?? what;
}
