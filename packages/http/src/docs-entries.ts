import type { Method, Operation } from './contract.ts';
import type { OpenApi } from './open-api.ts';

/** One operation of a document. */
export interface DocsEntry {
  readonly method: Method;
  readonly path: string;
  readonly operation: Operation;
}

/** All operations of a document, in its order. */
export function entriesOf({ paths }: OpenApi): DocsEntry[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      return { method: method.toUpperCase() as Method, path, operation };
    }),
  );
}
