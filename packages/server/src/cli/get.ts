import type { Core, Loaded, LoadOptions, Thread } from '@nostrata/core';
import { composeCore, parseRelays } from '../compose-core.ts';
import { getWaitMs } from '../limits.ts';
import { catchUp } from './catch-up.ts';
import { exitCode } from './exit.ts';
import { type GetFlags, parseReadOptions, parseWanted, toLiveFilters, type Wanted } from './get-names.ts';
import { renderAnswer } from './get-text.ts';
import type { Invocation } from './invocation.ts';
import { print, say } from './terminal.ts';

/** The arguments of `nostrata get`. */
export interface GetArguments {
  readonly what: string;
  readonly names: readonly string[];
  readonly flags: GetFlags;
}

type Answer = Loaded<unknown>;

interface Run {
  readonly invocation: Invocation;
  readonly core: Core;
  readonly options: LoadOptions;
}

/** `nostrata get`: one answer for each name, with its age and where it comes from. */
export async function runGet(invocation: Invocation, { what, names, flags }: GetArguments): Promise<number> {
  const { settings, terminal } = invocation;
  const wanted = parseWanted(what, names);
  const hints = parseRelays(flags.relay ?? [], settings.allowLocalRelays);
  const options = { ...parseReadOptions(flags), relays: hints, signal: terminal.interrupted };
  await using core = await composeCore({ settings, relays: flags.relay });
  const failures = collectFailures(core);
  const run: Run = { invocation, core, options };
  try {
    await catchUp(core, invocation);
    if (flags.watch === true) return await watchAll(run, wanted);
    const answers = await getAll(run, wanted);
    tellWhy(run, answers, failures);
    return answers.every(({ state }) => state !== 'missing') ? exitCode.ok : exitCode.failure;
  } catch (error) {
    if (terminal.interrupted.aborted) return exitCode.interrupted;
    throw error;
  }
}

/** All are asked for at once, so that relays get few requests, and printed in the order of the command line. */
async function getAll(run: Run, wanted: readonly Wanted[]): Promise<readonly Answer[]> {
  const over = AbortSignal.any([
    AbortSignal.timeout(run.options.deadlineMs ?? getWaitMs),
    run.invocation.terminal.interrupted,
  ]);
  const answers = await Promise.all(wanted.map((one) => read(run, one, run.options)));
  for (const [index, one] of wanted.entries()) {
    const answer = answers[index];
    if (answer) await show(run, one, answer);
  }
  for (const [index, { refresh, value }] of answers.entries()) {
    const newer = await beforeEnd(refresh, over);
    const name = wanted[index]?.text;
    if (newer && !isSame(newer.value, value) && !run.invocation.json)
      say(run.invocation.terminal, `${name}: relays had another version, which is in the store now`);
  }
  return answers;
}

/** What comes before the signal, or undefined. */
async function beforeEnd<T>(promise: Promise<T> | undefined, signal: AbortSignal): Promise<T | undefined> {
  if (!promise || signal.aborted) return undefined;
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return await Promise.race([promise, ended]);
}

function read({ core }: Run, { read: name, target }: Wanted, options: LoadOptions): Promise<Answer> {
  return name === 'thread' ? core.thread(target, options) : core[name](target, options);
}

async function show({ invocation }: Run, wanted: Wanted, answer: Answer): Promise<void> {
  const { terminal, json, host } = invocation;
  if (!json) return await print(terminal, `${renderAnswer(wanted, answer, host.now())}\n`);
  const { value = null, state, source, checkedAtMs = null, relays } = answer;
  const fields = { what: wanted.what, name: wanted.text, value, state, source, checkedAtMs, relays };
  await print(terminal, JSON.stringify(fields));
}

/** Prints each answer that differs from the one before, until the user has enough. */
async function watchAll(run: Run, wanted: readonly Wanted[]): Promise<number> {
  const { core, options } = run;
  const isLive = options.policy !== 'cache-only';
  const live = isLive ? await core.timeline(wanted.flatMap(toLiveFilters), { ...options, pageSize: 1 }) : undefined;
  try {
    await Promise.all(wanted.map((one) => watchOne(run, one)));
  } finally {
    live?.close();
  }
  return exitCode.ok;
}

async function watchOne(run: Run, wanted: Wanted): Promise<void> {
  let last: Answer | undefined;
  for await (const answer of changesOf(run, wanted)) {
    if (last && last.state === answer.state && isSame(last.value, answer.value)) continue;
    last = answer;
    await show(run, wanted, answer);
  }
}

async function* changesOf(run: Run, wanted: Wanted): AsyncIterable<Answer> {
  const { core, options } = run;
  if (wanted.read !== 'thread') return yield* core.watch(wanted.read, wanted.target, options);
  const first: Loaded<Thread> = await core.thread(wanted.target, options);
  yield first;
  // Whatever touches the counts of the first event may be a new answer.
  const root = first.value?.root?.id ?? first.value?.event.id ?? wanted.target;
  for await (const _ of core.watch('engagement', root, options)) {
    yield await core.thread(wanted.target, { ...options, policy: 'cache-only' });
  }
}

/** What relays failed with, by relay, the last of each. */
function collectFailures(core: Core): ReadonlyMap<string, string> {
  const failures = new Map<string, string>();
  core.onEvent((event) => {
    if (event.type !== 'answer') return;
    const { relay, end, reason } = event.answer;
    if (end === 'eose') failures.delete(relay);
    else if (end !== 'aborted') failures.set(relay, reason ?? end);
  });
  return failures;
}

/** For people: why something is old or not there. */
function tellWhy(
  { invocation, core, options }: Run,
  answers: readonly Answer[],
  failures: ReadonlyMap<string, string>,
): void {
  if (answers.every(({ state }) => state === 'fresh') || options.policy === 'cache-only') return;
  const { terminal } = invocation;
  const answered = new Set(answers.flatMap(({ relays }) => relays));
  const silent = core.relays().filter(({ relay }) => !answered.has(relay) && !failures.has(relay));
  for (const { relay } of silent) say(terminal, `nostrata: ${relay} gave no answer in time`);
  for (const [relay, reason] of failures) say(terminal, `nostrata: ${relay} gave no answer: ${reason}`);
  if (failures.size === 0 && core.relays().length === 0 && answers.every(({ relays }) => relays.length === 0))
    say(terminal, 'nostrata: no relay is known to ask: name one with --relay URL, or some in the setting relays');
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
