/** What a key may do with a scope, in words. */
export const scopeSentences: Readonly<Record<string, string>> = {
  'stats:read': 'Read the statistics',
  'trust:read': 'Ask for trust scores',
  'names:read': 'See your names',
  'names:write': 'Register and change your names',
  'domains:read': 'See your domains',
  'domains:write': 'Claim and give up your domains',
  'payments:read': 'See your payments and receipts',
  'payments:write': 'Open payments for you',
  'account:read': 'See your account',
  'hooks:write': 'See and change your webhooks',
  'admin:read': 'Look at what the administration sees',
  'admin:write': 'Act as the administration',
};

/** Scopes as choices, each with its sentence; those that this page does not know stand by their name. */
export function scopeChoices(scopes: readonly string[]): readonly (readonly [string, string])[] {
  return scopes.map((scope) => [scope, scopeSentences[scope] ?? 'Use of']);
}

const scopesByRole: Readonly<Record<string, readonly string[]>> = {
  support: ['admin:read'],
  admin: ['admin:read', 'admin:write'],
};

/** What somebody can make keys for: by their plan, and by their role. */
export function grantableScopes(me: {
  readonly role: string;
  readonly entitlements: { readonly scopes: readonly string[]; readonly apiKeys: number };
}): readonly string[] {
  const { scopes, apiKeys } = me.entitlements;
  const ofPlan = apiKeys === 0 ? [] : scopes.filter((scope) => !scope.startsWith('admin:'));
  return [...ofPlan, ...(scopesByRole[me.role] ?? [])];
}
