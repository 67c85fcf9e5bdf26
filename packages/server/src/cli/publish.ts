import { type Core, PublishError } from '@nostrata/core';
import { composeCore, parseRelays } from '../compose-core.ts';
import { ConfigError } from '../config/errors.ts';
import { publishPendingMax, publishRelaysMax, publishWaitMs } from '../limits.ts';
import type { Input } from '../transfer/input.ts';
import { catchUp } from './catch-up.ts';
import { exitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { createStatusLine, type StatusLine } from './progress.ts';
import {
  openInput,
  type PublishFlags,
  type PublishSource,
  parsePublishSource,
  parseWaitMs,
  readEventLines,
} from './publish-input.ts';
import { createOutcomes, isUnsent, type Outcomes } from './publish-outcomes.ts';
import { formatCount, say } from './terminal.ts';

interface Run {
  readonly invocation: Invocation;
  readonly flags: PublishFlags;
  readonly core: Core;
  readonly outcomes: Outcomes;
  readonly line: StatusLine;
  /** Instead of the routes' choice. */
  readonly relays: readonly string[] | undefined;
  /** A signal that is aborted by the user, or when relays have had their time from now on. */
  readonly startWaiting: () => AbortSignal;
}

/** `nostrata publish`: events into the store and on their way; what relays have not taken stays in the outbox. */
export async function runPublish(
  invocation: Invocation,
  file: string | undefined,
  flags: PublishFlags,
): Promise<number> {
  const { settings, terminal, host } = invocation;
  const source = parsePublishSource(file, flags);
  const waitMs = parseWaitMs(flags, publishWaitMs);
  const relays = flags.relay && parseRelays(flags.relay, settings.allowLocalRelays);
  if (relays && relays.length > publishRelaysMax)
    throw new ConfigError(`--relay: an event goes to at most ${publishRelaysMax} relays`);
  if (source.type === 'template' && settings.secretKey === '')
    throw new ConfigError('there is no key to sign with: set NOSTRATA_SECRET_KEY, or secretKey in the config file');
  const input = source.type === 'file' ? await openInput(source.file, terminal) : undefined;
  const isWaiting = flags.wait === true || source.type === 'resume';
  const line = createStatusLine(terminal.notes, host.now);
  const outcomes = createOutcomes(invocation, line);
  {
    await using core = await composeCore({ settings, relays, sendsPublications: true });
    const startWaiting = () => AbortSignal.any([terminal.interrupted, AbortSignal.timeout(waitMs)]);
    const run: Run = { invocation, flags, core, outcomes, line, relays, startWaiting };
    try {
      // Where events belong is read from relay lists.
      if (!relays) await catchUp(core, invocation);
      if (input) await publishLines(run, input);
      else await begin(run, source);
    } catch (error) {
      if (!terminal.interrupted.aborted) throw error;
    } finally {
      input?.stop();
    }
    if (isWaiting) await outcomes.settled(startWaiting());
    line.clear();
    // Sends under way are answered, or given up, before the core has ended.
  }
  await outcomes.finish();
  if (terminal.interrupted.aborted) return exitCode.interrupted;
  return outcomes.isGood(isWaiting) ? exitCode.ok : exitCode.failure;
}

async function begin(run: Run, source: PublishSource): Promise<void> {
  const { core, outcomes, invocation } = run;
  if (source.type === 'template') return await publishTemplate(run, source);
  // What waits for its next try is tried now.
  core.setOnline(true);
  const unsigned = core.pending().filter(({ isSigned }) => !isSigned);
  if (unsigned.length > 0) say(invocation.terminal, `Waiting for a signature: ${formatCount(unsigned.length)}.`);
  const pending = core.pending().filter(({ isSigned }) => isSigned);
  for (const publication of pending) outcomes.add(publication);
  if (pending.length > 0 || invocation.json) return;
  const isElsewhere = (await core.publications()).some(isUnsent);
  const text = isElsewhere
    ? 'Another program that uses this store is sending what waits.'
    : 'Nothing waits to be sent.';
  say(invocation.terminal, text);
}

async function publishTemplate(
  { core, outcomes, line, relays, flags, invocation }: Run,
  { template, difficulty }: PublishSource & { readonly type: 'template' },
): Promise<void> {
  const signal = invocation.terminal.interrupted;
  const onMining = (hashes: number) => line.show(() => `mining for ${difficulty} bits  ${formatCount(hashes)} hashes`);
  const options = { relays, difficulty, signal, onMining, replace: flags.replace === true };
  try {
    outcomes.add(await core.publish(template, options));
  } catch (error) {
    if (!(error instanceof PublishError) || error.fault !== 'replaces') throw error;
    const what = `kind ${template.kind} would replace what others may have written before`;
    throw new PublishError('replaces', `${what}, and nothing of that is in it: --replace does it all the same`);
  } finally {
    line.clear();
  }
}

async function publishLines(run: Run, input: Input): Promise<void> {
  const { core, outcomes, invocation, relays, startWaiting, flags } = run;
  // Counts once for the whole file: with a relay that never answers the rest waits in the outbox.
  const over = flags.wait === true ? startWaiting() : undefined;
  for await (const read of readEventLines(input)) {
    if (invocation.terminal.interrupted.aborted) return;
    try {
      if ('problem' in read) outcomes.bad(read.line, read.problem);
      else outcomes.add(await core.publish(read.event, { relays }));
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      outcomes.bad(read.line, error.message);
    }
    if (over) await outcomes.fewerThan(publishPendingMax, over);
  }
}
