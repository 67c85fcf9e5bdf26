/** A law that was registered in a page. */
export interface PageLaw {
  readonly name: string;
  readonly skip: string | false;
  readonly run: () => Promise<void>;
}

/** What became of a law in a page. */
export interface PageLawResult {
  readonly name: string;
  readonly skip: string | false;
  readonly error: string | undefined;
  readonly seconds: number;
}

declare global {
  /** The laws of this page, in the order of their registration. */
  var pageLaws: PageLaw[] | undefined;
  /** Runs the laws whose names match the pattern, some at once; each has what it works on to itself. */
  var runPageLaws: ((pattern: string) => Promise<PageLawResult[]>) | undefined;
}

interface Options {
  readonly skip?: string | boolean | undefined;
}

/** Stands for `test` of node:test in a page: remembers the law, so that the page can run it. */
export function test(name: string, options: Options | (() => Promise<void>), run?: () => Promise<void>): void {
  const work = typeof options === 'function' ? options : run;
  const skip = typeof options === 'function' ? false : options.skip;
  if (!work) throw new Error(`${name} has no work`);
  globalThis.pageLaws ??= [];
  globalThis.pageLaws.push({ name, skip: skip ? String(skip) : false, run: work });
  globalThis.runPageLaws ??= runLaws;
}

/** Stands for `describe` of node:test in a page: the laws of the group are registered like any others. */
export function describe(_name: string, _options: object, register: () => void): void {
  register();
}

/** Laws at once: most of a law's time it waits for the browser to make files. */
const lawsAtOnce = 4;

async function runLaws(pattern: string): Promise<PageLawResult[]> {
  const wanted = new RegExp(pattern);
  const laws = (globalThis.pageLaws ?? []).filter(({ name }) => wanted.test(name));
  const results: PageLawResult[] = [];
  let next = 0;
  const runSome = async (): Promise<void> => {
    for (let law = laws[next]; law; law = laws[next]) {
      const place = next;
      next += 1;
      results[place] = await runLaw(law);
    }
  };
  await Promise.all(Array.from({ length: lawsAtOnce }, runSome));
  return results;
}

async function runLaw({ name, skip, run }: PageLaw): Promise<PageLawResult> {
  const started = performance.now();
  let error: string | undefined;
  try {
    if (skip === false) await run();
  } catch (thrown) {
    error = thrown instanceof Error ? `${thrown.message}\n${thrown.stack}` : String(thrown);
  }
  return { name, skip, error, seconds: (performance.now() - started) / 1_000 };
}
