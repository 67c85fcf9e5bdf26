import { walkTree } from './documents.ts';

/** An object of Kubernetes, as far as every one of them is the same. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

interface Model {
  validate(): void;
}

/** The groups of objects that the manifests use, with their schemas. */
const groups: Readonly<Record<string, () => Promise<object>>> = {
  v1: () => import('kubernetes-models/v1'),
  'apps/v1': () => import('kubernetes-models/apps/v1'),
  'autoscaling/v2': () => import('kubernetes-models/autoscaling/v2'),
  'networking.k8s.io/v1': () => import('kubernetes-models/networking.k8s.io/v1'),
  'policy/v1': () => import('kubernetes-models/policy/v1'),
};

/**
 * What is wrong with an object by the schema that Kubernetes publishes for its kind: wrong types, what is missing, and
 * also fields that the schema does not know, which Kubernetes itself would drop without a word.
 */
export async function checkManifest(content: unknown): Promise<string[]> {
  if (!isManifest(content)) return ['it has no apiVersion, kind or metadata.name'];
  const { apiVersion, kind, metadata } = content;
  const place = `${kind}/${metadata.name}`;
  const models = (await groups[apiVersion]?.()) as
    | Readonly<Record<string, new (content: unknown) => Model>>
    | undefined;
  const Model = models?.[kind];
  if (!Model) return [`${place}: ${apiVersion} knows no ${kind}`];
  const read = new Set<string>();
  try {
    new Model(content).validate.call(watch(content, read, ''));
  } catch (error) {
    return [`${place}: ${error instanceof Error ? error.message : error}`];
  }
  const problems: string[] = [];
  for (const [path] of walkTree(content)) {
    const name = path.join('/');
    const parent = path.slice(0, -1).join('/');
    // Below something unknown everything is: the first says it.
    const isNews = name !== '' && !read.has(name) && (parent === '' || read.has(parent));
    if (isNews) problems.push(`${place}: the schema knows no ${name}`);
  }
  return problems;
}

function isManifest(content: unknown): content is Manifest {
  if (typeof content !== 'object' || content === null) return false;
  const { apiVersion, kind, metadata } = content as Partial<Manifest>;
  return typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string';
}

/** The same tree; every field that somebody looks at is noted by the path that leads to it. */
function watch(value: unknown, read: Set<string>, path: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (typeof name === 'symbol' || typeof found === 'function') return found;
      const inner = path === '' ? name : `${path}/${name}`;
      read.add(inner);
      return watch(found, read, inner);
    },
  });
}
