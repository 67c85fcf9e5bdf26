import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { compressFile } from './compress.ts';
import { renderIndex } from './html.ts';

/** Where the sources of the page are. */
export const pageFolder: string = fileURLToPath(new URL('../page', import.meta.url));
/** Where the built page is unless told. */
export const distFolder: string = fileURLToPath(new URL('../dist', import.meta.url));

/** What is built where. */
export interface WebBuildOptions {
  /** The folder that the files are put into; what it held is replaced. `dist` of this package unless told. */
  readonly out?: string | undefined;
}

/** What became of a build. */
export interface WebBuild {
  /** The folder with `index.html` and `assets/`; each text has a `.br` and a `.gz` beside it. */
  readonly folder: string;
  /** All files, relative to the folder, sorted. */
  readonly files: readonly string[];
  /** The files that every visit loads first, relative to the folder: scripts and styles. */
  readonly first: readonly string[];
}

const entries = {
  main: '../page/main.tsx',
  theme: '../page/theme.ts',
  style: '../page/styles/main.css',
  icon: '../page/icon.svg',
} as const;
const texts = /\.(?:js|css|html|svg)$/;

/** Bundles the page for browsers: minified, named by content, compressed, all in one folder. */
export async function buildWeb({ out = distFolder }: WebBuildOptions = {}): Promise<WebBuild> {
  // Made beside its place and moved there whole, so that nobody is ever served half of it.
  const made = `${out}.${randomBytes(6).toString('hex')}`;
  await mkdir(made, { recursive: true });
  const metafile = await bundle(made);
  const assetOf = (source: string): string => outputOf(metafile, source);
  const first = [assetOf(entries.main), ...staticImports(metafile, assetOf(entries.main))];
  const assets = {
    script: assetOf(entries.main),
    theme: assetOf(entries.theme),
    style: assetOf(entries.style),
    icon: assetOf(entries.icon),
    font: fontOf(metafile),
  };
  await writeFile(join(made, 'index.html'), renderIndex(absolute(assets)));
  const files = (await readdir(made, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  await Promise.all(files.filter((file) => texts.test(file)).map(compressFile));
  const names = (await readdir(made, { recursive: true })).filter((name) => /\.\w+$/.test(basename(name)));
  await replace(out, made);
  return { folder: out, files: names.sort(), first: [...first, assets.theme, assets.style] };
}

async function bundle(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: Object.values(entries).filter((entry) => !entry.endsWith('.svg')),
    outdir,
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    publicPath: '/',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'safari16', 'firefox115', 'chrome115'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.woff2': 'file', '.svg': 'file' },
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
  });
  return metafile;
}

function outputOf({ outputs }: Metafile, source: string): string {
  const found = Object.entries(outputs).find(
    ([path, { entryPoint, inputs }]) =>
      entryPoint === source || (path.endsWith('.svg') && Object.keys(inputs).includes(source)),
  );
  if (!found) throw new Error(`the build made nothing of ${source}`);
  return fromAssets(found[0]);
}

function fontOf({ outputs }: Metafile): string {
  const path = Object.keys(outputs).find((name) => /latin-wght-normal.*\.woff2$/.test(name));
  if (path === undefined) throw new Error('the build has no font');
  return fromAssets(path);
}

/** Chunks that the browser loads together with a script. */
function staticImports(metafile: Metafile, script: string): string[] {
  const output = Object.entries(metafile.outputs).find(([path]) => fromAssets(path) === script)?.[1];
  const direct = (output?.imports ?? [])
    .filter(({ kind, external }) => kind === 'import-statement' && external !== true)
    .map(({ path }) => fromAssets(path));
  return [...new Set(direct.flatMap((path) => [path, ...staticImports(metafile, path)]))];
}

function fromAssets(path: string): string {
  return path.slice(path.lastIndexOf('assets/'));
}

function absolute<T extends Record<string, string>>(paths: T): T {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, `/${path}`])) as T;
}

async function replace(out: string, made: string): Promise<void> {
  const old = `${made}.old`;
  try {
    await rename(out, old);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  try {
    await rename(made, out);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error;
    // Another process has put the same there in between: names come from contents.
    await rm(made, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
