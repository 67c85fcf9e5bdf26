/** Runs the code of docs/guide-app.md as it stands there; only relays, folders and the leave to dial loopback are put in. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Core, openCore } from '@nostrata/core';
import { createEventBuilder, createTestNetwork, type TestNetwork, waitUntil } from '@nostrata/testing';

const root = new URL('..', import.meta.url).pathname;
const guide = readFileSync(join(root, 'docs/guide-app.md'), 'utf8');
/** Where modules of the guide lie while they are tested: below the root, so that packages are found. */
const modules = join(root, 'tools/gate', `tmp-guide-${process.pid}`);

/** The code of a fence of the guide. */
function codeOf(name: string): string {
  const code = new RegExp(`^\`\`\`ts guide:${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(guide)?.[1];
  assert.ok(code, `the guide has no code named ${name}`);
  return code;
}

/** Writes a module of the guide where packages are found; gives its path. */
function writeModule(t: TestContext, name: string, code: string): string {
  mkdirSync(modules, { recursive: true });
  t.after(() => rmSync(modules, { recursive: true, force: true }));
  const path = join(modules, `${name}.ts`);
  writeFileSync(path, code);
  return path;
}

const startSeconds = Math.floor(Date.now() / 1_000) - 1_000;

/** Alice follows Bob; both are on two relays, each with a list that says so. */
async function createWorld(t: TestContext) {
  const network = await createTestNetwork({ seed: 1, relays: 2 });
  t.after(() => network.stop());
  const [alice, bob] = [createEventBuilder('alice', startSeconds), createEventBuilder('bob', startSeconds)];
  const tags = network.urls.map((url) => ['r', url]);
  for (const relay of network.relays) {
    relay.put(alice.event({ kind: 10002, tags, created_at: startSeconds }));
    relay.put(bob.event({ kind: 10002, tags, created_at: startSeconds }));
    relay.put(alice.follows([bob.pubkey], { created_at: startSeconds + 1 }));
    relay.put(bob.profile({ name: 'Bob' }, { created_at: startSeconds + 1 }));
    relay.put(bob.note('first light', { created_at: startSeconds + 2 }));
  }
  return { network, alice, bob };
}

interface Run {
  readonly output: () => string;
  readonly ended: Promise<unknown>;
  readonly child: ChildProcess;
}

/** Runs a piece of the guide in a process of its own. */
function run(t: TestContext, name: string, options: RunOptions): Run {
  const [first = '', second = first] = options.network.urls;
  const code = codeOf(name)
    .replaceAll('wss://relay.example.com', first)
    .replaceAll('wss://relay.example.org', second)
    .replaceAll('./app-data', options.folder)
    .replace('openCore({', 'openCore({ allowLocalRelays: true,');
  const path = writeModule(t, `${name}-${basename(options.folder)}`, code);
  const env = { ...process.env, ...options.env };
  const child = spawn(process.execPath, [path, ...(options.words ?? [])], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts: string[] = [];
  child.stdout.on('data', (data) => texts.push(String(data)));
  child.stderr.on('data', (data) => texts.push(String(data)));
  t.after(() => child.kill('SIGKILL'));
  return { output: () => texts.join(''), ended: once(child, 'exit'), child };
}

interface RunOptions {
  readonly network: TestNetwork;
  readonly folder: string;
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-guide-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const patience = { timeoutMs: 20_000 };

test('the timeline of the guide has 30 lines at most, and each adapter 20', () => {
  for (const [name, most] of [
    ['timeline', 30],
    ['preact', 20],
    ['svelte', 20],
  ] as const) {
    const lines = codeOf(name).trimEnd().split('\n').length;
    assert.ok(lines <= most, `${name} has ${lines} lines`);
  }
});

test('the timeline shows what is there, then what comes, and again without a network', async (t) => {
  const { network, alice, bob } = await createWorld(t);
  const folder = createFolder(t);
  const shown = run(t, 'timeline', { network, folder, words: [alice.pubkey] });
  await waitUntil(() => /Bob: first light/.test(shown.output()), { ...patience, what: 'the first note' });
  const later = bob.note('second light', { created_at: Math.floor(Date.now() / 1_000) });
  await waitUntil(
    () => {
      for (const relay of network.relays) relay.announce(later);
      return /Bob: second light/.test(shown.output());
    },
    { ...patience, what: 'the note that comes' },
  );
  shown.child.kill('SIGKILL');
  await shown.ended;
  await network.stop();
  const offline = run(t, 'timeline', { network, folder, words: [alice.pubkey] });
  await waitUntil(() => /2 notes.*\n(.*\n)*Bob: first light/.test(offline.output()), {
    ...patience,
    what: offline.output(),
  });
});

test('an answer says its state, and its refresh ends fresh', async (t) => {
  const { network, bob } = await createWorld(t);
  const folder = createFolder(t);
  for (const expected of [/Bob fresh/, /^Bob fresh store/]) {
    const answer = run(t, 'answer', { network, folder, words: [bob.pubkey] });
    await answer.ended;
    assert.match(answer.output(), expected);
  }
});

test('a note and an edit arrive at every relay, and the list keeps what it had', async (t) => {
  const { network, alice, bob } = await createWorld(t);
  const carol = createEventBuilder('carol').pubkey;
  const env = { SECRET_KEY: Buffer.from(alice.keys.secret).toString('hex') };
  const folder = createFolder(t);
  const written = run(t, 'write', { network, folder, words: [carol], env });
  await written.ended;
  assert.match(written.output(), /delivered 2/);
  for (const relay of network.relays) {
    assert.deepEqual(
      relay.events({ kinds: [1], authors: [alice.pubkey] }).map(({ content }) => content),
      ['hello'],
    );
    const [list] = relay.events({ kinds: [3], authors: [alice.pubkey] });
    assert.deepEqual(
      list?.tags.map(([, pubkey]) => pubkey),
      [bob.pubkey, carol],
    );
  }
});

async function load<T>(t: TestContext, name: string): Promise<T> {
  return (await import(writeModule(t, name, codeOf(name)))) as T;
}

const missing = (name: string): string | false =>
  existsSync(join(root, 'node_modules', name)) ? false : `${name} is not installed`;

async function createCore(t: TestContext, network: TestNetwork): Promise<Core> {
  const core = await openCore({ store: 'memory:', relays: network.urls, allowLocalRelays: true });
  t.after(() => core.stop());
  return core;
}

interface Hooks {
  useProfile(core: Core, pubkey: string): { readonly value?: { readonly name?: string } } | undefined;
  useTimeline(core: Core, filter: object): readonly { readonly content: string }[] | undefined;
}
interface Preact {
  h(component: unknown, properties: object | null, ...children: unknown[]): unknown;
  render(tree: unknown, parent: unknown): void;
}
interface Element {
  readonly data?: string;
  readonly childNodes: readonly Element[];
}

function textOf({ data, childNodes }: Element): string {
  return (data ?? '') + (childNodes ?? []).map(textOf).join('');
}

test('the hooks for Preact show a profile and a timeline, and let go of them', {
  skip: missing('preact'),
}, async (t) => {
  const { network, bob } = await createWorld(t);
  const core = await createCore(t, network);
  const [preactName, undomName] = ['preact', 'undom'];
  const { default: undom } = (await import(undomName)) as { default: () => { body: Element } };
  const document = undom();
  Object.assign(globalThis, { document });
  const { h, render } = (await import(preactName)) as Preact;
  const { useProfile, useTimeline } = await load<Hooks>(t, 'preact');
  const App = () => {
    const name = useProfile(core, bob.pubkey)?.value?.name;
    const notes = useTimeline(core, { kinds: [1], authors: [bob.pubkey] });
    return h('p', null, `${name}: ${notes?.map(({ content }) => content).join()}`);
  };
  render(h(App, null), document.body);
  await waitUntil(() => textOf(document.body) === 'Bob: first light', { ...patience, what: textOf(document.body) });
  render(null, document.body);
  await waitUntil(() => textOf(document.body) === '');
});

interface Readable<T> {
  subscribe(run: (value: T | undefined) => void): () => void;
}
interface Stores {
  profile(core: Core, pubkey: string): Readable<{ readonly value?: { readonly name?: string } }>;
  timeline(core: Core, filter: object): Readable<readonly { readonly content: string }[]>;
}

test('the stores for Svelte show a profile and a timeline, and let go of them', {
  skip: missing('svelte'),
}, async (t) => {
  const { network, bob } = await createWorld(t);
  const core = await createCore(t, network);
  const { profile, timeline } = await load<Stores>(t, 'svelte');
  const seen = { name: '', notes: '', changes: 0 };
  const leave = [
    profile(core, bob.pubkey).subscribe((loaded) => {
      seen.name = loaded?.value?.name ?? '';
    }),
    timeline(core, { kinds: [1], authors: [bob.pubkey] }).subscribe((notes) => {
      seen.notes = notes?.map(({ content }) => content).join() ?? '';
      seen.changes++;
    }),
  ];
  await waitUntil(() => seen.name === 'Bob' && seen.notes === 'first light', {
    ...patience,
    what: JSON.stringify(seen),
  });
  for (const end of leave) end();
  const { changes } = seen;
  for (const relay of network.relays) relay.announce(bob.note('unseen', { created_at: startSeconds + 500 }));
  await network.settle();
  assert.equal(seen.changes, changes);
});
