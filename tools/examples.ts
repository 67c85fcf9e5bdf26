/** A piece of code in a document; `line` is that of its first line. */
export interface Example {
  readonly code: string;
  readonly line: number;
}

/** The examples of a Markdown text that are to be run: fences marked `ts run`. */
export function findExamples(text: string): Example[] {
  return [...text.matchAll(/^```ts run\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => ({
    code,
    line: text.slice(0, index).split('\n').length + 1,
  }));
}
