import { InvalidError } from '@nostrata/protocol';
import { StoreError } from '@nostrata/store';
import { ConfigError } from '../config/errors.ts';

/** What the program's exit codes mean. */
export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  interrupted: 130,
} as const;

/** How exit codes are explained in every help text. */
export const exitCodeHelp =
  'Exit codes: 0 done, 1 failed (or problems were found), 2 wrong usage or settings, 130 interrupted.';

const textByCode: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'this user may not do that',
  EPERM: 'this user may not do that',
  EISDIR: 'that is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full: make room and start again; what was acknowledged is safe',
  EDQUOT: 'the quota of this user is used up: make room and start again',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files: raise the limit (ulimit -n)',
  ENAMETOOLONG: 'the name is too long',
  Z_DATA_ERROR: 'the file is damaged: not gzip',
  Z_BUF_ERROR: 'the file is cut off: the end of the gzip is missing',
};

/** A failure as its one line and the exit code it ends with. */
export interface Failure {
  readonly line: string;
  readonly code: number;
  /** True for bugs of ours, whose stack is worth showing. */
  readonly isBug: boolean;
}

/** Turns what was thrown into one line for the user. */
export function explainFailure(error: unknown): Failure {
  // What failed while cleaning up hides the failure that came first, and follows from it as a rule.
  if (error instanceof SuppressedError) return explainFailure(error.suppressed);
  if (error instanceof ConfigError) return { line: oneLine(error.message), code: exitCode.usage, isBug: false };
  if (error instanceof StoreError || isOfLibrary(error))
    return { line: oneLine(error.message), code: exitCode.failure, isBug: false };
  if (error instanceof InvalidError) return { line: oneLine(error.message), code: exitCode.usage, isBug: false };
  const { code, path, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  const text = textByCode[code ?? ''];
  if (text !== undefined)
    return { line: path === undefined ? text : `${path}: ${text}`, code: exitCode.failure, isBug: false };
  return { line: oneLine(message), code: exitCode.failure, isBug: true };
}

const libraryErrors: ReadonlySet<string> = new Set(['ViewError', 'DatabaseError', 'PublishError', 'SignerError']);

/** By name, as commands that have nothing to do with views or the core do not load them. */
function isOfLibrary(error: unknown): error is Error {
  return error instanceof Error && libraryErrors.has(error.name);
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
