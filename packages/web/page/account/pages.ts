import { h, type JSX } from 'preact';
import { AccountOverview } from './overview.tsx';
import { Payment, Payments } from './payments.tsx';
import { PlanPage, Plans } from './plans.tsx';
import { SignIn } from './sign-in.tsx';

const pageByPath: Readonly<Record<string, () => JSX.Element>> = {
  '/sign-in': SignIn,
  '/plans': Plans,
  '/account': AccountOverview,
  '/account/plan': PlanPage,
  '/account/payments': Payments,
};

/** The page of a path; undefined where there is none. */
export function renderPage(path: string): JSX.Element | undefined {
  const [, payment] = /^\/account\/payments\/(pay_\w+)$/.exec(path) ?? [];
  if (payment !== undefined) return h(Payment, { id: payment });
  const Found = pageByPath[path];
  return Found && h(Found, {});
}
