/** A law that was registered in the page. */
export interface RegisteredTest {
  readonly name: string;
  readonly skip: string | false;
  readonly run: () => Promise<void>;
}

/** The laws of the page, in the order of their registration. */
export const registered: RegisteredTest[] = [];

interface Options {
  readonly skip?: string | boolean | undefined;
}

/** Stands for `test` of node:test: remembers the law, so that the page can run it. */
export function test(name: string, options: Options | (() => Promise<void>), run?: () => Promise<void>): void {
  const work = typeof options === 'function' ? options : run;
  const skip = typeof options === 'function' ? false : options.skip;
  if (!work) throw new Error(`${name} has no work`);
  registered.push({ name, skip: skip ? String(skip) : false, run: work });
}
