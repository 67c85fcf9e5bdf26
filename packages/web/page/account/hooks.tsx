import type { HookAnswer, ShownHook } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatInstant } from '../format.ts';
import { Empty, Notice } from '../parts/states.tsx';
import type { ListAnswer } from './answers.ts';
import { useAction, useCall, useFetched } from './call.ts';
import { Confirm } from './confirm.tsx';
import { Deliveries } from './deliveries.tsx';
import { NoRoom } from './domains.tsx';
import { ActionButton, Choices, Fault, Field } from './forms.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { useSession } from './session.tsx';
import { ShownOnce } from './shown-once.tsx';
import { type HookTopic, topicChoices, topicSentence } from './topic-words.ts';

/** Addresses of programs that are told what happens. */
export function Hooks(): JSX.Element {
  const hooks = useFetched<ListAnswer<HookAnswer>>('/hooks');
  const [made, setMade] = useState<ShownHook>();
  const { me } = useSession();
  const room = me?.entitlements.hooks ?? 0;
  const show = (hook: ShownHook): void => {
    setMade(hook);
    hooks.reload();
    scrollTo({ top: 0 });
  };
  return (
    <AccountPage
      title="Webhooks"
      lead="A program of yours is told what happens here, by requests that are signed (Standard Webhooks)."
    >
      {made === undefined ? null : (
        <ShownOnce title="The secret of the webhook" secret={made.secret} onDone={() => setMade(undefined)}>
          With it {hostOf(made.url)} checks that requests are from here. It is shown this once.
        </ShownOnce>
      )}
      <Loading of={hooks}>
        {({ items }) => (
          <>
            {items.length >= room ? <NoRoom room={room} what="webhooks" /> : <NewHook onMade={show} />}
            {items.length === 0 ? (
              <Empty title="No webhooks yet">{room === 0 ? '' : 'Set one up above.'}</Empty>
            ) : (
              items.map((hook) => <Hook key={hook.id} hook={hook} onShown={show} onChanged={hooks.reload} />)
            )}
          </>
        )}
      </Loading>
    </AccountPage>
  );
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

function NewHook({ onMade }: { onMade(hook: ShownHook): void }): JSX.Element {
  const call = useCall();
  const [url, setUrl] = useState('');
  const [topics, setTopics] = useState<readonly HookTopic[]>([]);
  const make = useAction(async () => {
    const hook = await call<ShownHook>('/hooks', { method: 'POST', body: { url: url.trim(), topics } });
    setUrl('');
    setTopics([]);
    onMade(hook);
  });
  return (
    <Section title="Set up a webhook">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          make.run();
        }}
      >
        <Field
          label="Where to"
          value={url}
          onInput={setUrl}
          keys="url"
          placeholder="https://example.com/nostrata"
          hint="https; redirects are not followed."
          isRequired
        />
        <Choices legend="Tell it when" choices={topicChoices} chosen={topics} onChosen={setTopics} />
        <button
          type="submit"
          class="main"
          disabled={url.trim() === '' || topics.length === 0 || make.isRunning}
          aria-busy={make.isRunning}
        >
          Set it up
        </button>
        <Fault text={make.fault} />
      </form>
    </Section>
  );
}

interface HookProps {
  readonly hook: HookAnswer;
  onShown(hook: ShownHook): void;
  onChanged(): void;
}

function Hook({ hook, onShown, onChanged }: HookProps): JSX.Element {
  const isActive = hook.state === 'active';
  return (
    <Section title={hook.url.replace(/^https:\/\//, '')}>
      <p>
        <span class={isActive ? 'badge' : 'badge dim'}>{isActive ? 'on' : 'off'}</span>{' '}
        <code class="url">{hook.url}</code>
      </p>
      {hook.failingSince === null ? null : (
        <Notice tone="warning" title="It does not answer.">
          No delivery has arrived since {formatInstant(hook.failingSince)}. After five days it is switched off.
        </Notice>
      )}
      <dl class="pairs">
        <div>
          <dt>Told when</dt>
          <dd>
            {hook.topics.map((topic) => (
              <span key={topic} class="line">
                {topicSentence(topic)} <code class="soft">{topic}</code>
              </span>
            ))}
          </dd>
        </div>
        <div>
          <dt>Set up</dt>
          <dd>{formatInstant(hook.createdAt)}</dd>
        </div>
      </dl>
      <HookButtons {...{ hook, onShown, onChanged }} />
    </Section>
  );
}

function HookButtons({ hook, onShown, onChanged }: HookProps): JSX.Element {
  const call = useCall();
  const [showsDeliveries, setShowsDeliveries] = useState(false);
  const [turn, setTurn] = useState(0);
  const isActive = hook.state === 'active';
  const path = `/hooks/${hook.id}`;
  const test = useAction(async () => {
    await call(`${path}/test`, { method: 'POST', body: {} });
    setShowsDeliveries(true);
    setTurn(turn + 1);
  });
  const flip = useAction(async () => {
    await call(path, { method: 'PATCH', body: { state: isActive ? 'disabled' : 'active' } });
    onChanged();
  });
  const rotate = useAction(async () => onShown(await call<ShownHook>(`${path}/rotate`, { method: 'POST', body: {} })));
  const remove = useAction(async () => {
    await call(path, { method: 'DELETE' });
    onChanged();
  });
  const host = hostOf(hook.url);
  return (
    <>
      <div class="buttons">
        <ActionButton action={test} isDisabled={!isActive} label={`Send a test to ${host}`}>
          Send a test
        </ActionButton>
        <button
          type="button"
          class="quiet"
          aria-expanded={showsDeliveries}
          onClick={() => setShowsDeliveries(!showsDeliveries)}
        >
          {showsDeliveries ? 'Hide deliveries' : 'Deliveries'}
          <span class="unseen"> to {host}</span>
        </button>
        <ActionButton action={flip} tone="quiet" label={`Switch ${isActive ? 'off' : 'on'} ${host}`}>
          {isActive ? 'Switch off' : 'Switch on'}
        </ActionButton>
        <Confirm label="New secret…" about={host} yes="Make a new secret" tone="quiet" action={rotate}>
          <p>For a day deliveries are signed with both secrets; then the old one is good for nothing.</p>
        </Confirm>
        <Confirm label="Remove…" about={host} yes="Remove it" action={remove}>
          <p>Nothing more is sent to {host}, and the list of its deliveries is gone.</p>
        </Confirm>
      </div>
      {showsDeliveries ? <Deliveries key={turn} id={hook.id} host={host} /> : null}
    </>
  );
}
