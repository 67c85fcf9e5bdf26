import type { AuditAnswer, AuditReport } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useAction, useCall, useFetchedList } from '../account/call.ts';
import { ActionButton, More } from '../account/forms.tsx';
import { Loading, Section } from '../account/frame.tsx';
import { formatCount, formatInstant } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Empty } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import { AdminPage, useMayChange } from './frame.tsx';
import { Search, withFilters } from './search.tsx';

/** What was changed, by whom; and whether the log itself is whole. */
export function AdminAudit(): JSX.Element {
  const { query } = useRouter();
  const entries = useFetchedList<AuditAnswer>(withFilters('/admin/audit', query, ['action', 'entity', 'actor']));
  return (
    <AdminPage
      title="Audit log"
      lead="Every change of money, names, domains, keys and roles, each tied to the one before."
    >
      {useMayChange() ? <Verify onVerified={entries.reload} /> : null}
      <div class="filter-row">
        <Search label="Action; with a dot at its end all that begin so" name="action" placeholder="payment." />
        <Search label="About" name="entity" placeholder="name:nam_…" />
        <Search label="By" name="actor" placeholder="user:usr_…" />
      </div>
      <Section title="Entries">
        <Loading of={entries}>
          {({ items }) => (items.length === 0 ? <Empty title="No entry" /> : <Entries items={items} />)}
        </Loading>
        <More action={entries.more} />
      </Section>
    </AdminPage>
  );
}

const faultWords: Readonly<Record<string, string>> = {
  changed: 'was changed after it was written',
  unlinked: 'does not follow from the one before',
  missing: 'is missing',
  head: 'differs from what was signed of it',
  'head-forged': 'has a signature that is not right',
};

function Verify({ onVerified }: { onVerified(): void }): JSX.Element {
  const call = useCall();
  const [report, setReport] = useState<AuditReport>();
  const verify = useAction(async () => {
    setReport(await call<AuditReport>('/admin/audit/verify', { method: 'POST', body: {} }));
    onVerified();
  });
  return (
    <Section title="Is it whole?" lead="Reads the log from its first entry on, and compares it with what was signed.">
      <ActionButton action={verify}>{verify.isRunning ? 'Reading the log…' : 'Check the log'}</ActionButton>
      <div role="status" class="found">
        {report === undefined ? null : report.ok ? (
          <p>
            <span class="badge">whole</span> {formatCount(report.entries)} entries and {formatCount(report.heads)}{' '}
            signed heads agree.
          </p>
        ) : (
          <p>
            <span class="badge bad">broken</span> Entry {report.firstBroken?.seq ?? '?'}{' '}
            {faultWords[report.firstBroken?.fault ?? ''] ?? 'is not right'}.
          </p>
        )}
      </div>
    </Section>
  );
}

function Entries({ items }: { items: readonly AuditAnswer[] }): JSX.Element {
  return (
    <ScrollBox label="Audit log" plain>
      <table class="figures plain rows">
        <thead>
          <tr>
            <th scope="col">Entry</th>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">About</th>
            <th scope="col">By</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {items.map((entry) => (
            <tr key={entry.seq}>
              <th scope="row" title={entry.hash}>
                {entry.seq}
              </th>
              <td>{formatInstant(entry.at)}</td>
              <td>{entry.action}</td>
              <td>
                <code>{entry.entity}</code>
              </td>
              <td>
                <code>{entry.actor}</code>
              </td>
              <td class="prose-cell">
                {Object.entries(entry.details)
                  .map(([name, value]) => `${name} ${value}`)
                  .join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
