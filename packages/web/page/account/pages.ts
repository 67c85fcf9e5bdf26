import { h, type JSX } from 'preact';
import { Domains } from './domains.tsx';
import { Hooks } from './hooks.tsx';
import { Keys } from './keys.tsx';
import { Name } from './name.tsx';
import { Names } from './names.tsx';
import { AccountOverview } from './overview.tsx';
import { Payment, Payments } from './payments.tsx';
import { PlanPage, Plans } from './plans.tsx';
import { SignIn } from './sign-in.tsx';
import { Trust } from './trust.tsx';
import { TrustPerson } from './trust-person.tsx';

const pageByPath: Readonly<Record<string, () => JSX.Element>> = {
  '/sign-in': SignIn,
  '/plans': Plans,
  '/account': AccountOverview,
  '/account/plan': PlanPage,
  '/account/payments': Payments,
  '/account/names': Names,
  '/account/domains': Domains,
  '/account/keys': Keys,
  '/account/hooks': Hooks,
  '/trust': Trust,
};

/** The page of a path; undefined where there is none. */
export function renderPage(path: string): JSX.Element | undefined {
  const [, payment] = /^\/account\/payments\/(pay_\w+)$/.exec(path) ?? [];
  if (payment !== undefined) return h(Payment, { id: payment });
  const [, name] = /^\/account\/names\/(nam_\w+)$/.exec(path) ?? [];
  if (name !== undefined) return h(Name, { id: name });
  const [, person] = /^\/trust\/([\w.@%+-]+)$/.exec(path) ?? [];
  if (person !== undefined) return h(TrustPerson, { name: person });
  const Found = pageByPath[path];
  return Found && h(Found, {});
}
