/** What webhooks can be told of, in words. */
export const topicSentences = {
  'payment.settled': 'A payment of yours is settled',
  'payment.refund-owed': 'Money is owed back to you',
  'subscription.changed': 'Your plan changes',
  'subscription.reminder': 'Your plan is about to end',
  'name.changed': 'A name of yours changes, or ends',
  'domain.changed': 'A domain of yours is proven, or its proof is gone',
  'key.revoked': 'An API key of yours is ended',
  'hook.disabled': 'A webhook of yours is switched off',
} as const;

/** Something that a webhook can be told of. */
export type HookTopic = keyof typeof topicSentences;

/** All of them with their sentences. */
export const topicChoices = Object.entries(topicSentences) as readonly (readonly [HookTopic, string])[];

/** A topic in words, also one that this page does not know. */
export function topicSentence(topic: string): string {
  if (topic === 'hook.test') return 'A test';
  return Object.hasOwn(topicSentences, topic) ? topicSentences[topic as HookTopic] : topic;
}
