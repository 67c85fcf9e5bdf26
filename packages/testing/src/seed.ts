import fc from 'fast-check';

/** Of every run that names no other: a gate that fails must fail again, on any machine. */
const usualSeed = 20_261_121;

const seed = parseSeed(process.env.NOSTRATA_SEED);
fc.configureGlobal({ seed });
// Programs that only borrow a generator from here have no use for the line.
if (process.argv[1]?.endsWith('.test.ts')) console.log(`seed ${seed} (NOSTRATA_SEED=N or random takes another path)`);

/**
 * The seed of every test that takes one path of many: always the same one, unless the environment variable
 * NOSTRATA_SEED holds another number, or `random`. Each test file prints it.
 */
export function testSeed(): number {
  return seed;
}

/**
 * The seed that a value of NOSTRATA_SEED asks for: a whole number from 1 to 2^31 − 1.
 * @throws Error where it is neither such a number nor `random`
 */
export function parseSeed(text: string | undefined): number {
  if (text === undefined || text === '') return usualSeed;
  if (text === 'random') return 1 + Math.floor(Math.random() * (2 ** 31 - 1));
  const wanted = Number(text);
  if (Number.isInteger(wanted) && wanted > 0 && wanted < 2 ** 31) return wanted;
  throw new Error(`NOSTRATA_SEED ${JSON.stringify(text)}: expected a whole number from 1 to 2147483647, or random`);
}

/** fast-check with the seed of `testSeed`. Tests take it from here, so that one number repeats all of a run. */
export { fc };
