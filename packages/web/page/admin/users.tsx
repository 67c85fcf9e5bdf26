import type { AdminUserAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useFetchedList } from '../account/call.ts';
import { More } from '../account/forms.tsx';
import { Loading, Section } from '../account/frame.tsx';
import { formatInstant } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Empty } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import { AdminPage } from './frame.tsx';
import { Filter, Search, withFilters } from './search.tsx';

/** People who have an account here. */
export function AdminUsers(): JSX.Element {
  const { query } = useRouter();
  const users = useFetchedList<AdminUserAnswer>(withFilters('/admin/users', query, ['search', 'role', 'state']));
  return (
    <AdminPage title="People" lead="Everybody with an account, the newest first.">
      <div class="filter-row">
        <Search label="Id, key, npub, or address of a name" placeholder="alice@example.com" />
        <Filter
          label="Role"
          name="role"
          choices={[
            ['user', 'user'],
            ['support', 'support'],
            ['admin', 'admin'],
          ]}
        />
        <Filter
          label="State"
          name="state"
          choices={[
            ['active', 'active'],
            ['suspended', 'suspended'],
          ]}
        />
      </div>
      <Section title="Found">
        <Loading of={users}>
          {({ items }) => (items.length === 0 ? <Empty title="Nobody" /> : <UserRows items={items} />)}
        </Loading>
        <More action={users.more} />
      </Section>
    </AdminPage>
  );
}

function UserRows({ items }: { items: readonly AdminUserAnswer[] }): JSX.Element {
  return (
    <ScrollBox label="People" plain>
      <table class="figures plain rows">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Plan</th>
            <th scope="col">Role</th>
            <th scope="col">State</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {items.map((user) => (
            <tr key={user.id}>
              <th scope="row">
                <a class="mono" href={`/admin/users/${user.id}`}>
                  {user.npub === null ? user.id : `${user.npub.slice(0, 14)}…${user.npub.slice(-6)}`}
                </a>
              </th>
              <td>{user.plan}</td>
              <td>{user.role}</td>
              <td>{user.state === 'active' ? 'active' : <span class="badge bad">{user.state}</span>}</td>
              <td>{formatInstant(user.createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
