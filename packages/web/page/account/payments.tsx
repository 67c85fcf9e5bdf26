import type { PaymentAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatInstant } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Empty, Notice } from '../parts/states.tsx';
import { useSurroundings } from '../surroundings.ts';
import type { ReceiptEntry } from './answers.ts';
import { useAction, useCall, useFetched, useFetchedList } from './call.ts';
import { ActionButton, Copyable, More } from './forms.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { formatAmount } from './money.ts';
import { Qr } from './qr.tsx';
import { useSession } from './session.tsx';

const stateNames: Readonly<Record<PaymentAnswer['state'], string>> = {
  pending: 'waiting',
  processing: 'on its way',
  settled: 'paid',
  expired: 'expired',
  failed: 'failed',
};

/** Payments and receipts. */
export function Payments(): JSX.Element {
  const payments = useFetchedList<PaymentAnswer>('/payments');
  const receipts = useFetchedList<ReceiptEntry>('/receipts');
  return (
    <AccountPage title="Payments" lead="What you have paid, and the receipts for it.">
      <Section title="Receipts">
        <Loading of={receipts}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No receipts yet">One is issued for each payment.</Empty>
            ) : (
              <Receipts items={items} />
            )
          }
        </Loading>
        <More action={receipts.more} />
      </Section>
      <Section title="All payments">
        <Loading of={payments}>
          {({ items }) => (items.length === 0 ? <Empty title="Nothing paid yet" /> : <PaymentRows items={items} />)}
        </Loading>
        <More action={payments.more} />
      </Section>
    </AccountPage>
  );
}

function Receipts({ items }: { items: readonly ReceiptEntry[] }): JSX.Element {
  return (
    <ScrollBox label="Receipts">
      <table class="figures rows">
        <thead>
          <tr>
            <th scope="col">Number</th>
            <th scope="col">For</th>
            <th scope="col">Paid</th>
            <th scope="col">Issued</th>
            <th scope="col">Take along</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ number, description, paid, currency, issuedAt }) => (
            <tr key={number}>
              <th scope="row">{number}</th>
              <td>{description}</td>
              <td>{formatAmount(paid, currency)}</td>
              <td>{formatInstant(issuedAt)}</td>
              <td>
                <a href={`/api/v1/receipts/${number}/page`} target="_blank" rel="noopener">
                  Print
                </a>{' '}
                <a href={`/api/v1/receipts/${number}`} download={`${number}.json`}>
                  JSON
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function PaymentRows({ items }: { items: readonly PaymentAnswer[] }): JSX.Element {
  return (
    <ScrollBox label="Payments">
      <table class="figures rows">
        <thead>
          <tr>
            <th scope="col">For</th>
            <th scope="col">Amount</th>
            <th scope="col">By</th>
            <th scope="col">State</th>
            <th scope="col">Opened</th>
          </tr>
        </thead>
        <tbody>
          {items.map((payment) => (
            <tr key={payment.id}>
              <th scope="row">
                <a href={`/account/payments/${payment.id}`}>{payment.description}</a>
              </th>
              <td>{formatAmount(payment.amount, payment.currency)}</td>
              <td>{payment.provider}</td>
              <td>
                {stateNames[payment.state]}
                {payment.refund?.state === 'open' ? ', refund owed' : ''}
              </td>
              <td>{formatInstant(payment.createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

const lookMs = 2_000;

/** One payment: what to pay and how, until it is paid. */
export function Payment({ id }: { id: string }): JSX.Element {
  const [isOpen, setIsOpen] = useState(true);
  const payment = useFetched<PaymentAnswer>(`/payments/${id}`, isOpen ? lookMs : undefined);
  const { reload } = useSession();
  const state = payment.answer?.state;
  useEffect(() => {
    if (state === undefined || state === 'pending' || state === 'processing') return;
    setIsOpen(false);
    // A plan that was bought entitles to more at once.
    if (state === 'settled') reload();
  }, [state]);
  return (
    <AccountPage title="Payment">
      <Loading of={payment}>{(answer) => <Paying payment={answer} onChecked={payment.replace} />}</Loading>
    </AccountPage>
  );
}

function Paying(props: { payment: PaymentAnswer; onChecked(payment: PaymentAnswer): void }): JSX.Element {
  const { payment } = props;
  const call = useCall();
  const check = useAction(async () => {
    props.onChecked(await call<PaymentAnswer>(`/payments/${payment.id}/check`, { method: 'POST', body: {} }));
  });
  return (
    <Section title={payment.description} lead={leadOf(payment)}>
      <p class="amount">{formatAmount(payment.amount, payment.currency)}</p>
      {payment.discountPercent > 0 || payment.credit > 0 ? (
        <p class="soft">
          {formatAmount(payment.price, payment.currency)}
          {payment.credit > 0 ? `, less ${formatAmount(payment.credit, payment.currency)} for unused time` : ''}
          {payment.discountPercent > 0 ? `, less ${payment.discountPercent} %` : ''}
        </p>
      ) : null}
      <div role="status">{payment.state === 'settled' ? <Paid payment={payment} /> : null}</div>
      {payment.state === 'pending' ? <HowToPay payment={payment} /> : null}
      {payment.state === 'expired' ? (
        <Notice tone="warning" title="Expired.">
          Do not pay this invoice any more. If you have, it is noticed within two days: you get what you paid for, or
          the operator owes you the money. <a href="/plans">Start again</a>
        </Notice>
      ) : null}
      {payment.state === 'failed' ? (
        <Notice tone="error" title="It came to nothing.">
          {payment.failure ?? 'The payment failed.'} <a href="/plans">Start again</a>
        </Notice>
      ) : null}
      {payment.refund ? (
        <Notice tone="warning" title={payment.refund.state === 'open' ? 'Owed to you.' : 'Paid back.'}>
          {formatAmount(payment.refund.amount, payment.currency)}: {payment.refund.reason}.
        </Notice>
      ) : null}
      {payment.state === 'settled' ? null : (
        <ActionButton action={check} tone="quiet">
          I have paid: look now
        </ActionButton>
      )}
    </Section>
  );
}

function leadOf({ state }: PaymentAnswer): string {
  if (state === 'pending') return 'This page notices by itself when it is paid.';
  if (state === 'processing') return 'The money is on its way.';
  return '';
}

function Paid({ payment }: { payment: PaymentAnswer }): JSX.Element {
  return (
    <p class="paid">
      <strong>Paid.</strong> {payment.settledAt === null ? '' : formatInstant(payment.settledAt)}{' '}
      {payment.receipt === null ? null : (
        <a href={`/api/v1/receipts/${payment.receipt}/page`} target="_blank" rel="noopener">
          Receipt {payment.receipt}
        </a>
      )}
    </p>
  );
}

function HowToPay({ payment }: { payment: PaymentAnswer }): JSX.Element {
  const { bolt11, checkoutUrl } = payment;
  return (
    <>
      {bolt11 === null ? null : (
        <>
          <a href={`lightning:${bolt11}`} aria-label="Open in a wallet on this device">
            <Qr text={`lightning:${bolt11}`.toUpperCase()} label="Lightning invoice to scan" />
          </a>
          <Copyable text={bolt11} label="Lightning invoice" />
        </>
      )}
      {checkoutUrl === null || !/^https?:\/\//.test(checkoutUrl) ? null : (
        <p>
          <a href={checkoutUrl} rel="noreferrer">
            Pay on the page of the provider
          </a>
        </p>
      )}
      <Countdown until={payment.expiresAt} />
    </>
  );
}

function Countdown({ until }: { until: string }): JSX.Element {
  const { now } = useSurroundings();
  const [nowMs, setNowMs] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(now()), 1000);
    return () => clearInterval(timer);
  }, [now]);
  const seconds = Math.max(0, Math.floor((Date.parse(until) - nowMs) / 1000));
  return (
    <p class="soft">
      {seconds === 0
        ? 'The invoice has run out.'
        : `Valid for ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`}
    </p>
  );
}
