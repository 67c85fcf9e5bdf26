import type { EventTemplate } from '@nostrata/core';
import { InvalidError, type NostrEvent, parseEvent, type Tag } from '@nostrata/protocol';
import { ConfigError } from '../config/errors.ts';
import { importLineBytesMax } from '../limits.ts';
import { type Input, openFileInput, openStreamInput } from '../transfer/input.ts';
import { readBlocks } from '../transfer/lines.ts';
import { parseDeadline } from './get-names.ts';
import type { Terminal } from './terminal.ts';

/** The flags of `nostrata publish`, as commander hands them over. */
export interface PublishFlags {
  readonly kind?: string;
  readonly content?: string;
  readonly tag?: readonly string[];
  readonly relay?: readonly string[];
  readonly wait?: boolean;
  readonly resume?: boolean;
  readonly replace?: boolean;
  readonly difficulty?: string;
  readonly deadline?: string;
}

/** What is to be published. */
export type PublishSource =
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'template'; readonly template: EventTemplate; readonly difficulty: number }
  | { readonly type: 'resume' };

/**
 * What the words of the command line ask for: signed events, one that is signed here, or what is still to be sent.
 * @throws ConfigError with one line
 */
export function parsePublishSource(file: string | undefined, flags: PublishFlags): PublishSource {
  const { kind, content, tag, resume = false, difficulty } = flags;
  const isTemplate = kind !== undefined || content !== undefined || tag !== undefined;
  const ways = [file !== undefined, isTemplate, resume].filter(Boolean).length;
  if (ways === 0)
    throw new ConfigError('nothing to publish: name a file, - for standard input, --kind and --content, or --resume');
  if (ways > 1) throw new ConfigError('publish either a file, or --kind with --content and --tag, or --resume');
  if (!isTemplate && difficulty !== undefined)
    throw new ConfigError('--difficulty: what is signed already cannot be mined; use it with --kind');
  if (resume) return { type: 'resume' };
  if (file !== undefined) return { type: 'file', file };
  if (kind === undefined) throw new ConfigError('--kind is missing: 1 is a note');
  return {
    type: 'template',
    template: { kind: parseWhole('--kind', kind, 65_535), content: content ?? '', tags: (tag ?? []).map(parseTag) },
    difficulty: difficulty === undefined ? 0 : parseWhole('--difficulty', difficulty, 40),
  };
}

/** How long relays have, in milliseconds. @throws ConfigError */
export function parseWaitMs({ deadline }: PublishFlags, fallbackMs: number): number {
  return deadline === undefined ? fallbackMs : parseDeadline(deadline) * 1000;
}

function parseWhole(flag: string, text: string, max: number): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= max) return Number(text);
  throw new ConfigError(`${flag} ${JSON.stringify(text)}: expected a whole number from 0 to ${max}`);
}

/** `t,nostr`, or a JSON list where a value has a comma. */
function parseTag(text: string): Tag {
  if (!text.startsWith('[')) return text.split(',');
  try {
    const tag: unknown = JSON.parse(text);
    if (Array.isArray(tag) && tag.length > 0 && tag.every((part) => typeof part === 'string')) return tag;
  } catch (error) {
    throw new ConfigError(`--tag ${JSON.stringify(text.slice(0, 80))} is not JSON`, { cause: error });
  }
  throw new ConfigError(`--tag ${JSON.stringify(text.slice(0, 80))}: expected a list of texts`);
}

/** One line of the input: an event, or what is wrong with it. */
export type InputLine =
  | { readonly line: number; readonly event: NostrEvent }
  | { readonly line: number; readonly problem: string };

/** Opens the file, or standard input; a missing one is told at once. */
export function openInput(file: string, { input, interrupted }: Terminal): Promise<Input> {
  return file === '-' ? openStreamInput(input, interrupted) : openFileInput(file);
}

/** Reads events, one a line; empty lines are stepped over. */
export async function* readEventLines(input: Input): AsyncGenerator<InputLine> {
  let line = 0;
  for await (const block of readBlocks(input.chunks, { lineBytesMax: importLineBytesMax })) {
    if (block.isOverlong) {
      line += 1;
      yield { line, problem: `longer than ${importLineBytesMax} bytes` };
      continue;
    }
    for (const text of block.text.replace(/\n$/, '').split('\n')) {
      line += 1;
      if (text.trim() !== '') yield { line, ...readEvent(text) };
    }
  }
}

function readEvent(text: string): { readonly event: NostrEvent } | { readonly problem: string } {
  try {
    return { event: parseEvent(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof InvalidError) return { problem: error.message };
    if (error instanceof SyntaxError) return { problem: 'not JSON' };
    throw error;
  }
}
