import type { JSX } from 'preact';
import { SignIn } from './sign-in.tsx';

const pageByPath: Readonly<Record<string, () => JSX.Element>> = {
  '/sign-in': SignIn,
};

/** The page of a path; undefined where there is none. */
export function findPage(path: string): (() => JSX.Element) | undefined {
  return pageByPath[path];
}
