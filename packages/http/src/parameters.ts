import { z } from 'zod';
import type { Json, Parameter } from './contract.ts';
import { hasNul } from './nul.ts';
import { pathNames } from './paths.ts';
import { Problem } from './problem.ts';

/** Where parameters come from. */
export interface Given {
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/**
 * Reads the parameters of a request.
 * @param codeByName the word of the error by the parameter that is wrong; `bad-parameter` unless told
 * @throws Problem 400 that says what was expected
 */
export function readParameters<Schema extends z.ZodObject>(
  schema: Schema,
  { path, query }: Given,
  codeByName: Readonly<Record<string, string>> = {},
): z.output<Schema> {
  const given: Record<string, string> = { ...path };
  const codeOf = (name: string) => (Object.hasOwn(codeByName, name) ? codeByName[name] : undefined) ?? 'bad-parameter';
  for (const [name, value] of query) {
    if (!Object.hasOwn(schema.shape, name) || Object.hasOwn(path, name)) {
      const names = Object.keys(schema.shape).filter((known) => !Object.hasOwn(path, known));
      const known = names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`;
      const message = `there is no parameter ${JSON.stringify(name.slice(0, 40))} here: ${known}`;
      throw new Problem(400, 'bad-parameter', message);
    }
    if (Object.hasOwn(given, name)) throw new Problem(400, codeOf(name), `${name} must be given once`);
    given[name] = value;
  }
  for (const [name, value] of Object.entries(given)) {
    if (hasNul(value)) throw new Problem(400, codeOf(name), `${name} must not hold the character NUL`);
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [name, message] = [String(issue?.path[0] ?? ''), issue?.message ?? 'the parameters are wrong'];
  throw new Problem(400, codeOf(name), message.includes(name) ? message : `${name}: ${message}`);
}

/** What the documents say of the parameters of a path. */
export function describeParameters(schema: z.ZodObject, path: string): Parameter[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const required = new Set(json.required ?? []);
  const inPath = new Set(pathNames(path));
  return Object.entries(json.properties ?? {}).map(([name, property]) => {
    const { description = '', ...rest } = property as Json & { readonly description?: string };
    const isInPath = inPath.has(name);
    return {
      name,
      in: isInPath ? 'path' : 'query',
      required: isInPath || required.has(name),
      description,
      schema: toParameterSchema(rest, isInPath),
    };
  });
}

/** What is in the path is always given, and whole numbers need no pattern. */
function toParameterSchema(schema: Json, isInPath: boolean): Json {
  const unwanted = [...(isInPath ? ['default'] : []), ...(schema.type === 'integer' ? ['pattern'] : [])];
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !unwanted.includes(name)));
}
