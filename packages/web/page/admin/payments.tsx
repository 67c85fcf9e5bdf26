import type { PaymentAnswer, RefundAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useAction, useCall, useFetchedList } from '../account/call.ts';
import { Confirm } from '../account/confirm.tsx';
import { ActionButton, Field, More } from '../account/forms.tsx';
import { Loading, Section } from '../account/frame.tsx';
import { formatAmount } from '../account/money.ts';
import { formatInstant } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Empty } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import { AdminPage, useMayChange } from './frame.tsx';
import { Filter, withFilters } from './search.tsx';

type AdminPayment = PaymentAnswer & { readonly userId: string };

const states = ['pending', 'processing', 'settled', 'expired', 'failed'] as const;

/** Payments of everybody. */
export function AdminPayments(): JSX.Element {
  const { query } = useRouter();
  const payments = useFetchedList<AdminPayment>(withFilters('/admin/payments', query, ['state', 'userId']));
  return (
    <AdminPage title="Payments" lead="Payments of everybody, the newest first.">
      <div class="filter-row">
        <Filter label="State" name="state" choices={states.map((state) => [state, state])} />
      </div>
      <Section title="Found">
        <Loading of={payments}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No payment" />
            ) : (
              <ScrollBox label="Payments" plain>
                <table class="figures plain rows">
                  <thead>
                    <tr>
                      <th scope="col">For</th>
                      <th scope="col">Amount</th>
                      <th scope="col">By</th>
                      <th scope="col">State</th>
                      <th scope="col">Opened</th>
                      <th scope="col">Who</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((payment) => (
                      <PaymentRow key={payment.id} payment={payment} onChecked={payments.reload} />
                    ))}
                  </tbody>
                </table>
              </ScrollBox>
            )
          }
        </Loading>
        <More action={payments.more} />
      </Section>
    </AdminPage>
  );
}

function PaymentRow({ payment, onChecked }: { payment: AdminPayment; onChecked(): void }): JSX.Element {
  const call = useCall();
  const mayChange = useMayChange();
  const check = useAction(async () => {
    await call(`/admin/payments/${payment.id}/check`, { method: 'POST', body: {} });
    onChecked();
  });
  return (
    <tr>
      <th scope="row">
        {payment.description} <code class="soft line">{payment.id}</code>
      </th>
      <td>{formatAmount(payment.amount, payment.currency)}</td>
      <td>{payment.provider}</td>
      <td>
        {payment.state}
        {mayChange && payment.state !== 'settled' ? (
          <>
            {' '}
            <ActionButton action={check} tone="quiet" label={`Ask the provider about ${payment.description}`}>
              Ask the provider
            </ActionButton>
          </>
        ) : null}
      </td>
      <td>{formatInstant(payment.createdAt)}</td>
      <td>
        <a href={`/admin/users/${payment.userId}`}>who</a>
      </td>
    </tr>
  );
}

/** Money that is owed back. */
export function AdminRefunds(): JSX.Element {
  const { query } = useRouter();
  const refunds = useFetchedList<RefundAnswer>(withFilters('/admin/refunds', query, ['state']));
  return (
    <AdminPage
      title="Refunds"
      lead="What came too late, twice or too much. It is paid back by hand, and noted here when it was."
    >
      <div class="filter-row">
        <Filter
          label="State"
          name="state"
          choices={[
            ['open', 'owed'],
            ['refunded', 'paid back'],
          ]}
        />
      </div>
      <Section title="Found">
        <Loading of={refunds}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nothing is owed" />
            ) : (
              <ul class="entries">
                {items.map((refund) => (
                  <RefundEntry key={refund.id} refund={refund} onClosed={refunds.reload} />
                ))}
              </ul>
            )
          }
        </Loading>
        <More action={refunds.more} />
      </Section>
    </AdminPage>
  );
}

function RefundEntry({ refund, onClosed }: { refund: RefundAnswer; onClosed(): void }): JSX.Element {
  const mayChange = useMayChange();
  const isOpen = refund.state === 'open';
  return (
    <li>
      <strong>{formatAmount(refund.amount, refund.currency)}</strong>
      <span class={isOpen ? 'badge warn' : 'badge'}>{isOpen ? 'owed' : 'paid back'}</span>
      <div>
        {refund.reason}, {formatInstant(refund.createdAt)}, to <a href={`/admin/users/${refund.userId}`}>this person</a>
        . {refund.note === null ? null : <q>{refund.note}</q>}{' '}
        {isOpen && mayChange ? <CloseRefund refund={refund} onClosed={onClosed} /> : null}
      </div>
    </li>
  );
}

function CloseRefund({ refund, onClosed }: { refund: RefundAnswer; onClosed(): void }): JSX.Element {
  const call = useCall();
  const [note, setNote] = useState('');
  const close = useAction(async () => {
    await call(`/admin/refunds/${refund.id}/close`, { method: 'POST', body: { note: note.trim() } });
    onClosed();
  });
  return (
    <Confirm
      label="It was paid back…"
      about={formatAmount(refund.amount, refund.currency)}
      yes="Note it"
      tone="quiet"
      action={close}
    >
      <p>Once noted, it is not owed any more. Nothing is paid by this.</p>
      <Field
        label="How it was paid"
        value={note}
        onInput={setNote}
        isRequired
        placeholder="Lightning, payment hash …"
      />
    </Confirm>
  );
}
