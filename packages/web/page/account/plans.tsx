import type { PaymentAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { formatInstant } from '../format.ts';
import { Page } from '../parts/page.tsx';
import { Notice } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import type { Period, PlanAnswer, PlansAnswer, SubscriptionAnswer } from './answers.ts';
import { useAction, useCall, useFetched } from './call.ts';
import { ActionButton } from './forms.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { formatPrice } from './money.ts';
import { AllowanceList } from './overview.tsx';
import { useSession } from './session.tsx';

const periodNames: Readonly<Record<Period, string>> = { month: 'a month', year: 'a year', lifetime: 'once' };

/** Everything that is sold. */
export function Plans(): JSX.Element {
  const plans = useFetched<PlansAnswer>('/plans');
  const { state } = useSession();
  return (
    <Page title="Plans" lead="Reading is free. A plan adds names, domains and keys for programs.">
      {state === 'off' ? (
        <Notice tone="warning" title="Nothing is sold here.">
          This server has no accounts.
        </Notice>
      ) : (
        <Loading of={plans}>{(answer) => <PlanCards {...answer} />}</Loading>
      )}
    </Page>
  );
}

function PlanCards({ items, providers, discountPercent }: PlansAnswer): JSX.Element {
  const { state, me } = useSession();
  const [provider, setProvider] = useState(providers[0]?.name ?? '');
  return (
    <>
      {discountPercent ? (
        <p role="note" class="discount">
          People you are connected with trust you: {discountPercent} % are taken off every price.
        </p>
      ) : null}
      {providers.length > 1 ? <Ways providers={providers} chosen={provider} onChosen={setProvider} /> : null}
      {providers.length === 0 ? (
        <Notice tone="warning" title="Nothing can be paid yet.">
          The operator has not set up a way to pay.
        </Notice>
      ) : null}
      <div class="ways">
        {items.map((plan) => (
          <section key={plan.id} class="plate" aria-labelledby={`plan-${plan.id}`}>
            <h2 id={`plan-${plan.id}`}>
              {plan.name} {me?.plan === plan.id ? <span class="badge">yours</span> : null}
            </h2>
            <p class="lead">{plan.description}</p>
            <AllowanceList entitlements={plan.entitlements} />
            {state === 'in' ? (
              <Buttons plan={plan} provider={provider} canPay={providers.length > 0} />
            ) : (
              <PriceList plan={plan} />
            )}
          </section>
        ))}
      </div>
    </>
  );
}

function Ways(props: {
  providers: PlansAnswer['providers'];
  chosen: string;
  onChosen(name: string): void;
}): JSX.Element {
  return (
    <fieldset class="choices">
      <legend>Pay with</legend>
      {props.providers.map(({ name, kind }) => (
        <label key={name}>
          <input type="radio" name="provider" checked={name === props.chosen} onChange={() => props.onChosen(name)} />
          {kind === 'card' ? 'Card' : 'Lightning'} <span class="soft">({name})</span>
        </label>
      ))}
    </fieldset>
  );
}

function pricesOf({ prices }: PlanAnswer): [Period, NonNullable<PlanAnswer['prices'][Period]>][] {
  return (['month', 'year', 'lifetime'] as const).flatMap((period) => {
    const price = prices[period];
    return price === undefined ? [] : [[period, price] as [Period, typeof price]];
  });
}

function PriceList({ plan }: { plan: PlanAnswer }): JSX.Element {
  const prices = pricesOf(plan);
  if (prices.length === 0) return <p>Free.</p>;
  return (
    <>
      {prices.map(([period, price]) => (
        <p key={period}>
          {formatPrice(price)} {periodNames[period]}
        </p>
      ))}
      <p>
        <a href="/sign-in?next=/plans">Sign in to subscribe</a>
      </p>
    </>
  );
}

function Buttons({ plan, provider, canPay }: { plan: PlanAnswer; provider: string; canPay: boolean }): JSX.Element {
  const { me, reload } = useSession();
  const call = useCall();
  const { go } = useRouter();
  const tryIt = useAction(async () => {
    await call('/subscription/trial', { method: 'POST', body: { plan: plan.id } });
    reload();
    go('/account/plan');
  });
  return (
    <div class="buttons">
      {pricesOf(plan).map(([period, price]) => (
        <BuyButton key={period} {...{ plan, period, provider, canPay }} price={formatPrice(price)} />
      ))}
      {plan.trialDays > 0 && me?.plan !== plan.id ? (
        <ActionButton action={tryIt} tone="quiet">
          Try it for {plan.trialDays} days
        </ActionButton>
      ) : null}
    </div>
  );
}

function BuyButton(props: {
  plan: PlanAnswer;
  period: Period;
  provider: string;
  canPay: boolean;
  price: string;
}): JSX.Element {
  const { plan, period, provider } = props;
  const call = useCall();
  const { go } = useRouter();
  // A second click, or a click after a lost answer, opens the same payment.
  const key = useMemo(() => crypto.randomUUID(), [plan.id, period, provider]);
  const buy = useAction(async () => {
    const payment = await call<PaymentAnswer>('/payments', {
      method: 'POST',
      body: { purchase: { kind: 'plan', plan: plan.id, period }, provider },
      headers: { 'idempotency-key': key },
    });
    go(`/account/payments/${payment.id}`);
  });
  return (
    <ActionButton
      action={buy}
      tone="main"
      isDisabled={!props.canPay}
      label={`${plan.name}: ${props.price} ${periodNames[period]}`}
    >
      {props.price} {periodNames[period]}
    </ActionButton>
  );
}

/** What somebody has subscribed to, and how it goes on. */
export function PlanPage(): JSX.Element {
  const subscription = useFetched<SubscriptionAnswer>('/subscription');
  return (
    <AccountPage title="Plan" lead="What you have subscribed to.">
      <Loading of={subscription}>{(answer) => <Subscribed answer={answer} onChanged={subscription.replace} />}</Loading>
    </AccountPage>
  );
}

function Subscribed(props: { answer: SubscriptionAnswer; onChanged(answer: SubscriptionAnswer): void }): JSX.Element {
  const { answer } = props;
  const call = useCall();
  const { reload } = useSession();
  const change = (path: string) => async () => {
    props.onChanged(await call<SubscriptionAnswer>(path, { method: 'POST', body: {} }));
    reload();
  };
  const cancel = useAction(change('/subscription/cancel'));
  const resume = useAction(change('/subscription/resume'));
  const isRunning = answer.phase === 'active' || answer.phase === 'trial' || answer.phase === 'grace';
  return (
    <Section title={answer.plan} lead={phaseSentence(answer)}>
      <p class="buttons">
        <a href="/plans">Change or prolong</a>
        {answer.cancelsAtEnd || answer.next ? (
          <ActionButton action={resume}>Keep it going</ActionButton>
        ) : isRunning && !answer.isLifetime ? (
          <ActionButton action={cancel} tone="danger">
            Let it end
          </ActionButton>
        ) : null}
      </p>
    </Section>
  );
}

function phaseSentence(answer: SubscriptionAnswer): string {
  const until = (at: string | null): string => (at === null ? 'its end' : formatInstant(at));
  switch (answer.phase) {
    case 'none':
      return 'You have the free plan.';
    case 'trial':
      return `You are trying it until ${until(answer.trialEndsAt)}. Nothing has been paid.`;
    case 'active':
      if (answer.isLifetime) return 'Yours for good.';
      if (answer.cancelsAtEnd) return `It works until ${until(answer.periodEnd)} and then ends.`;
      if (answer.next)
        return `It works until ${until(answer.periodEnd)}; then ${answer.next.plan} follows when it is paid.`;
      return `Paid until ${until(answer.periodEnd)}.`;
    case 'grace':
      return `It ended on ${until(answer.periodEnd)}. Everything still works until ${until(answer.graceEndsAt)}: prolong it before then.`;
    case 'expired':
      return `It ended on ${until(answer.periodEnd)}.`;
    case 'suspended':
      return 'It was suspended by the operator.';
  }
}
