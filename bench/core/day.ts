import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { NostrEvent } from '@nostrata/protocol';
import { createTestNetwork, seededRandom, type TestNetwork } from '@nostrata/testing';
import type { Measured } from './contract.ts';
import type { Script } from './script.ts';
import { asEvents, type Subject, type SubjectOptions, startSubject } from './subject.ts';
import { createTruth, createWorld, relayRoles, type Truth, type World, type WorldSize } from './world.ts';

/** How the day is run. */
export interface DayOptions {
  readonly seed: number;
  readonly size: WorldSize;
  readonly script: Script;
  /** How long the app waits for a screen, in milliseconds. */
  readonly patienceMs: number;
  /** No session begins after that many milliseconds; what is left of the day is then left out. */
  readonly limitMs: number;
  /** Rounds of the cached reads that are timed. */
  readonly rounds: number;
  /** Where the apps may keep what outlives them. */
  readonly folder: string;
}

/** What one library made of the day. */
export interface DayResult extends Partial<Measured> {
  readonly subject: string;
  readonly requests: number;
  readonly bytesIn: number;
  readonly connections: number;
  /** Events on screens that are forged, deleted, replaced or nobody's; and profiles that are not the newest. */
  readonly wrong: number;
  /** Events and profiles that belong on a screen and are not there. */
  readonly lost: number;
  /** What was looked at: events and profiles that belong on screens. */
  readonly shown: number;
  /** Notes and edits that no relay of the user has at the end, and follows that the list no longer has. */
  readonly lostWrites: number;
  /** Relays of the user that lack a note at the end. */
  readonly missingCopies: number;
  /** Calls that threw or did not answer. */
  readonly failures: number;
  /** Milliseconds until the home feed was on the screen when the app was opened online. */
  readonly feedMs: readonly number[];
  readonly seconds: number;
  /** Sessions that were run; fewer than the script has where the time was up. */
  readonly sessions: number;
  /** The texts of the failures, each once. */
  readonly failureTexts: readonly string[];
  /** Wrong and lost by screen. */
  readonly screens: Readonly<Record<string, { readonly wrong: number; readonly lost: number; readonly shown: number }>>;
}

/** One library's day: run first, measured when every other day is over. */
export interface Day extends AsyncDisposable {
  run(): Promise<void>;
  /** The cached reads, timed; then the whole result. */
  finish(): Promise<DayResult>;
}

/**
 * Opens and closes the app once, apart from its day, so that Node.js has its code compiled: an installed app is
 * JavaScript, and the memory of translating our TypeScript would be counted as the library's. The same for all.
 */
async function compile(adapter: string, options: SubjectOptions, parent: string): Promise<void> {
  await using app = await startSubject(adapter, options);
  const nowhere = 'ws://127.0.0.1:1/';
  const folder = mkdtempSync(join(parent, 'compile-'));
  try {
    await app.open({
      ...{ secretHex: '07'.repeat(32), relays: [], lookupRelay: nowhere, everyRelay: [] },
      ...{ folder, patienceMs: 1_000 },
    });
    await app.close();
    await app.end();
  } catch (error) {
    console.error(`${adapter}: its code is not compiled before its day: ${(error as Error).message}`);
  }
}

/** Prepares the day of one library in a network of its own. */
export async function startDay(
  subject: { readonly name: string; readonly adapter: string },
  options: DayOptions,
): Promise<Day> {
  // The hour is that of the machine, so that libraries without a clock of their own see a present day.
  const startMs = Math.floor(Date.now() / 1_000) * 1_000;
  const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs };
  const network = await createTestNetwork({ seed: options.seed, relays: relayRoles.count, clock });
  const world = createWorld({ ...options, startSeconds: startMs / 1_000, urls: network.urls });
  const day = createDay({ options, world, network, truth: createTruth(), startMs });
  await day.prepare();
  const processOptions = {
    deadlineMs: options.patienceMs * 4 + 20_000,
    codeFolder: join(options.folder, 'code', subject.name),
  };
  await compile(subject.adapter, processOptions, options.folder);
  const app = await startSubject(subject.adapter, processOptions);
  const ended = { traffic: network.totals(), seconds: 0, sessions: 0 };
  return {
    async run() {
      const startedMs = performance.now();
      for (let session = 0; session < options.script.sessions; session++) {
        if (performance.now() - startedMs > options.limitMs) break;
        clock.offsetMs = session * options.script.gapSeconds * 1_000;
        await app.setClock(clock.offsetMs);
        await day.beginSession(session);
        await day.runSession(app, session);
        ended.sessions++;
      }
      Object.assign(ended, { traffic: network.totals(), seconds: (performance.now() - startedMs) / 1_000 });
    },
    async finish() {
      const score = day.score();
      const { traffic, seconds, sessions } = ended;
      const { requests, bytesOut: bytesIn, connections } = traffic;
      return {
        subject: subject.name,
        requests,
        bytesIn,
        connections,
        ...score,
        ...(await day.measure(app)),
        seconds,
        sessions,
      };
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await network.stop();
    },
  };
}

interface DayParts {
  readonly options: DayOptions;
  readonly world: World;
  readonly network: TestNetwork;
  readonly truth: Truth;
  readonly startMs: number;
}

interface Tally {
  wrong: number;
  lost: number;
  shown: number;
  failures: number;
  readonly failureTexts: string[];
  readonly feedMs: number[];
  /** Wrong and lost by screen, as text: `profile offline: 3 wrong, 0 lost of 80`. */
  readonly screens: Record<string, Screen>;
}

interface Screen {
  wrong: number;
  lost: number;
  shown: number;
}

function createDay(parts: DayParts) {
  const { options, world, network, truth } = parts;
  const { script } = options;
  const tally: Tally = { wrong: 0, lost: 0, shown: 0, failures: 0, failureTexts: [], feedMs: [], screens: {} };
  const count = (screen: string, found: Screen): void => {
    const sum = tally.screens[screen] ?? { wrong: 0, lost: 0, shown: 0 };
    tally.screens[screen] = sum;
    for (const target of [tally, sum]) {
      target.wrong += found.wrong;
      target.lost += found.lost;
      target.shown += found.shown;
    }
  };
  const fail = (error: unknown): void => {
    tally.failures++;
    const text = String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
    if (!tally.failureTexts.includes(text)) tally.failureTexts.push(text);
  };
  const folder = mkdtempSync(join(options.folder, 'app-'));
  const sent: { readonly event?: NostrEvent | undefined; readonly content: string }[] = [];
  const wantedFollows = new Set(world.follows);
  const abouts: string[] = [];
  /** What the app has shown: all that it can be asked for without a network. */
  const nameByPubkey = new Map<string, string>();
  let lastFeed: readonly NostrEvent[] = [];

  const appOptions = {
    secretHex: world.secretHex,
    relays: world.user.relays.map((relay) => network.relay(relay).url),
    lookupRelay: network.relay(relayRoles.index).url,
    everyRelay: network.urls,
    folder,
    patienceMs: options.patienceMs,
  };
  /** A call that fails costs what it should have shown. */
  const attempt = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (process.env.BENCH_VERBOSE) console.error(error);
      fail(error);
      return otherwise;
    }
  };
  const compare = (screen: string, shown: readonly NostrEvent[], expected: readonly NostrEvent[]): void => {
    const ids = new Set(expected.map(({ id }) => id));
    const right = shown.filter((event) => ids.has(event.id) && truth.isGenuine(event));
    const lost = expected.length - new Set(right.map(({ id }) => id)).size;
    count(screen, { shown: expected.length, lost, wrong: shown.length - right.length });
  };
  /** Offline the app may show any genuine notes that it has; it had as many as its last feed. */
  const compareOffline = (shown: readonly NostrEvent[], expected: number): void => {
    const right = shown.filter(truth.isGenuine).length;
    count('feed offline', { shown: expected, lost: Math.max(0, expected - right), wrong: shown.length - right });
  };
  const showProfiles = async (app: Subject, pubkeys: readonly string[], isOnline: boolean): Promise<void> => {
    await Promise.all(
      [...new Set(pubkeys)].map(async (pubkey) => {
        const name = await attempt(app.call('profile', pubkey), undefined);
        const expected = isOnline ? nameOf(truth.newest(0, pubkey)) : nameByPubkey.get(pubkey);
        if (expected === undefined) return;
        const isLost = typeof name !== 'string';
        const isWrong = !isLost && name !== expected;
        count(isOnline ? 'profile' : 'profile offline', { shown: 1, lost: Number(isLost), wrong: Number(isWrong) });
        if (typeof name === 'string') nameByPubkey.set(pubkey, name);
      }),
    );
  };
  const showFeed = async (app: Subject, isOnline: boolean): Promise<void> => {
    const startedMs = performance.now();
    const shown = asEvents(await attempt(app.call('notes', world.follows, script.feed), []));
    if (isOnline) tally.feedMs.push(performance.now() - startedMs);
    if (isOnline) compare('feed', shown, truth.notes(world.follows, script.feed));
    else compareOffline(shown, lastFeed.length);
    if (isOnline) lastFeed = shown.filter(truth.isGenuine);
  };
  const showThread = async (app: Subject, root: NostrEvent): Promise<void> => {
    const expected = truth.replies(root);
    compare('thread', asEvents(await attempt(app.call('thread', root), [])), expected);
    const authors = expected.map(({ pubkey }) => pubkey);
    await showProfiles(app, authors, true);
  };
  const publish = async (app: Subject, session: number): Promise<void> => {
    const count = script.notes[session % script.notes.length] ?? 0;
    for (let index = 0; index < count; index++) {
      const content = `note ${session}.${index} of the day`;
      const createdAt = Math.floor(parts.startMs / 1_000) + session * script.gapSeconds + 30 + index;
      const event = await attempt(app.call('publish', content, createdAt), undefined);
      sent.push({ event: event as NostrEvent | undefined, content });
      if (event) truth.add(event as NostrEvent);
    }
  };
  /** An edit that was refused lost nothing, as the user knows it; it counts as a failure. */
  const edit = async (app: Subject, session: number): Promise<void> => {
    if (script.follows.includes(session)) {
      const pubkey = world.strangers[session + 12] ?? '';
      const isDone = await attempt(
        app.call('follow', pubkey).then(() => true),
        false,
      );
      if (isDone) wantedFollows.add(pubkey);
    }
    if (script.edits.includes(session)) {
      const about = `edited in session ${session}`;
      const isDone = await attempt(
        app.call('editAbout', about).then(() => true),
        false,
      );
      if (isDone) abouts.push(about);
    }
  };
  return {
    async prepare(): Promise<void> {
      network.relay(relayRoles.forger).set({ forge: { share: 0.2, part: 'body' } });
      network.relay(relayRoles.forgetful).set({ holdShare: 0.8 });
      for (const relay of network.relays) relay.set({ latencyMs: [4, 16] });
      await network.relay(relayRoles.dead).stop();
      for (const placed of world.before) put(parts, placed);
    },
    async beginSession(session: number): Promise<void> {
      for (const placed of world.gaps[session]?.placed ?? []) put(parts, placed);
      followElsewhere(parts, session, wantedFollows);
      for (const [index, relay] of network.relays.entries()) {
        const isDown = index === relayRoles.dead || script.offline.includes(session);
        if (isDown || (session === script.relayDown && index === relayRoles.flaky)) await relay.stop();
        else await relay.start();
      }
    },
    async runSession(app: Subject, session: number): Promise<void> {
      const isOnline = !script.offline.includes(session);
      const random = seededRandom(`${options.seed} session ${session}`);
      await attempt(app.open(appOptions), undefined);
      await showFeed(app, isOnline);
      const everybody = [...world.follows, ...world.strangers];
      const visited = Array.from({ length: script.visits }, () => random.pick(everybody));
      const authors = (isOnline ? truth.notes(world.follows, script.feed) : lastFeed).map(({ pubkey }) => pubkey);
      const thread = world.threads[session];
      await Promise.all([
        showProfiles(app, [...authors, ...visited], isOnline),
        isOnline && thread ? showThread(app, thread) : undefined,
      ]);
      await publish(app, session);
      if (isOnline) await edit(app, session);
      await network.settle({ timeoutMs: 2_000 }).catch(fail);
      await attempt(app.close(), undefined);
    },
    async measure(app: Subject): Promise<Partial<Measured>> {
      await attempt(app.open(appOptions), undefined);
      // The feed and its profiles are shown once, as a user would have it; that is not part of the day's traffic.
      await attempt(app.call('notes', world.follows, script.feed), []);
      const pubkeys = [...nameByPubkey.keys()].slice(0, 60);
      await Promise.all(pubkeys.map((pubkey) => attempt(app.call('profile', pubkey), undefined)));
      const work = { pubkeys, authors: world.follows, rounds: options.rounds };
      const measured = await attempt(app.measure(work) as Promise<Partial<Measured>>, {});
      await attempt(app.close(), undefined);
      return measured;
    },
    score() {
      return { ...tally, ...scoreWrites(parts, { sent, wantedFollows, abouts }) };
    },
  };
}

function nameOf(profile: NostrEvent | undefined): string | undefined {
  return profile && String((JSON.parse(profile.content) as { name?: unknown }).name);
}

function put({ network, truth }: DayParts, { event, relays }: { event: NostrEvent; relays: readonly number[] }): void {
  for (const relay of relays) network.relay(relay).put(event);
  truth.add(event);
}

/** Another device of the user adds to the newest follow list that any relay has, and reaches one relay only. */
function followElsewhere({ network, world, truth }: DayParts, session: number, wanted: Set<string>): void {
  const pubkey = world.otherDevice.get(session);
  if (pubkey === undefined) return;
  const { user } = world;
  const newest = newestOf(network, user.relays, { kind: 3, pubkey: user.builder.pubkey });
  if (!newest) return;
  const event = user.builder.event({
    kind: 3,
    tags: [...newest.tags, ['p', pubkey]],
    created_at: newest.created_at + 600,
  });
  network.relay(user.relays[0] ?? 0).put(event);
  truth.add(event);
  wanted.add(pubkey);
}

function newestOf(
  network: TestNetwork,
  relays: readonly number[],
  { kind, pubkey }: { readonly kind: number; readonly pubkey: string },
): NostrEvent | undefined {
  return relays
    .flatMap((relay) => network.relay(relay).events({ kinds: [kind], authors: [pubkey] }))
    .sort((a, b) => b.created_at - a.created_at)[0];
}

function scoreWrites(
  { network, world }: DayParts,
  writes: {
    readonly sent: readonly { readonly event?: NostrEvent | undefined; readonly content: string }[];
    readonly wantedFollows: ReadonlySet<string>;
    readonly abouts: readonly string[];
  },
): { lostWrites: number; missingCopies: number } {
  const { relays, builder } = world.user;
  let lostWrites = 0;
  let missingCopies = 0;
  for (const { content } of writes.sent) {
    const holders = relays.filter((relay) =>
      network
        .relay(relay)
        .events({ authors: [builder.pubkey], kinds: [1] })
        .some((event) => event.content === content),
    );
    if (holders.length === 0) lostWrites++;
    missingCopies += relays.length - holders.length;
  }
  const list = newestOf(network, relays, { kind: 3, pubkey: builder.pubkey });
  const followed = new Set(list?.tags.map(([, pubkey]) => pubkey));
  for (const pubkey of writes.wantedFollows) if (!followed.has(pubkey)) lostWrites++;
  const profile = newestOf(network, relays, { kind: 0, pubkey: builder.pubkey });
  for (const about of writes.abouts) if (!profile?.content.includes(about)) lostWrites++;
  return { lostWrites, missingCopies };
}
