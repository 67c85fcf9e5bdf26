import { createOpenApi, type Json, type OpenApi, type Operation } from './openapi.ts';
import { routes } from './routes.ts';
import type { ApiSettings } from './settings.ts';

/** Renders the reference page of the API as Markdown, from the same document as the page that the server shows. */
export function renderApiReference(settings: ApiSettings): string {
  const document = createOpenApi(routes, settings);
  const entries = Object.entries(document.paths).map(([path, { get }]) => ({ path, operation: get }));
  const groups = document.tags.map(({ name, description }) => {
    const own = entries.filter(({ operation }) => operation.tags.includes(name));
    return `## ${name}\n\n${description}\n\n${own.map(({ path, operation }) => renderRoute(path, operation)).join('\n')}`;
  });
  return [
    '# HTTP API',
    'Written by the program from its routes: a running server shows the same at `/api/v1/docs`, with forms to try, and ' +
      'at `/api/v1/openapi.json` for programs.',
    document.info.description,
    ...groups,
    `## Errors\n\n${renderErrors(document)}`,
  ]
    .join('\n\n')
    .concat('\n');
}

function renderRoute(path: string, { summary, description, parameters, responses }: Operation): string {
  const types = Object.keys((responses['200']?.content ?? {}) as Json).map((type) => `\`${type}\``);
  const rows = parameters.map(
    ({ name, schema, description: text }) => `| \`${name}\` | ${valuesOf(schema)} | ${cell(text)} |`,
  );
  const table = rows.length === 0 ? '' : `\n| parameter | value | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  return `### \`GET ${path}\`\n\n**${summary}.** ${description}\n\nAnswers ${types.join(' or ')}.\n${table}`;
}

function valuesOf(schema: Json): string {
  const usual = schema.default === undefined ? '' : `; \`${String(schema.default)}\` unless told`;
  if (Array.isArray(schema.enum)) return schema.enum.map((word) => `\`${String(word)}\``).join(', ') + usual;
  if (schema.type === 'integer') return `${String(schema.minimum)}–${String(schema.maximum)}`;
  return 'text';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function renderErrors({ components }: OpenApi): string {
  const rows = Object.entries(components.responses).map(([name, response]) => {
    return `| ${name} | ${cell(String((response as Json).description))} |`;
  });
  return `\`{"error": "a-word", "message": "a sentence"}\`\n\n| answer | when |\n|---|---|\n${rows.join('\n')}`;
}
