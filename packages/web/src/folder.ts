import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWeb, distFolder, pageFolder } from './build.ts';

/**
 * The folder of the built page. It is built first where it is missing or older than its sources; a package that came
 * without its sources is served as it is.
 */
export async function openWebFolder(): Promise<string> {
  const [built, changed] = await Promise.all([
    timeOf(join(distFolder, 'index.html')),
    newestOf([pageFolder, import.meta.dirname]),
  ]);
  if (built < changed) await buildWeb();
  return distFolder;
}

async function newestOf(folders: readonly string[]): Promise<number> {
  const times = await Promise.all(
    folders.map(async (folder) => {
      const names = (await namesIn(folder)).filter((name) => !/(^|\/)test-|\.test\./.test(name));
      return Promise.all(names.map((name) => timeOf(join(folder, name))));
    }),
  );
  return Math.max(0, ...times.flat());
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function timeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
