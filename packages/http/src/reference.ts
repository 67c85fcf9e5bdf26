import type { ApiSection, Json, Operation } from './contract.ts';
import { entriesOf } from './docs-entries.ts';
import { createDocument } from './docs-routes.ts';
import type { OpenApi, OpenApiOptions } from './open-api.ts';

/** Renders the reference page of the API as Markdown, from the same document as the page that the server shows. */
export function renderApiReference(sections: readonly ApiSection[], options: OpenApiOptions): string {
  const document = createDocument(sections, options);
  const entries = entriesOf(document);
  const groups = document.tags.map(({ name, description }) => {
    const own = entries.filter(({ operation }) => operation.tags.includes(name));
    return `## ${name}\n\n${description}\n\n${own.map(renderRoute).join('\n')}`;
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

function renderRoute({ method, path, operation }: ReturnType<typeof entriesOf>[number]): string {
  const { summary, description, parameters, responses, requestBody } = operation;
  const types = Object.keys((responses['200']?.content ?? {}) as Json).map((type) => `\`${type}\``);
  const rows = parameters.map(
    ({ name, schema, description: text }) => `| \`${name}\` | ${valuesOf(schema)} | ${cell(text)} |`,
  );
  const table = rows.length === 0 ? '' : `\n| parameter | value | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  const body = requestBody === undefined ? '' : renderBody(operation);
  return `### \`${method} ${path}\`\n\n**${summary}.** ${description}\n\nAnswers ${types.join(' or ')}.\n${table}${body}`;
}

function renderBody({ requestBody }: Operation): string {
  const content = requestBody?.content as Readonly<Record<string, { readonly schema?: Json }>> | undefined;
  const schema = content?.['application/json']?.schema;
  const required = new Set((schema?.required ?? []) as readonly string[]);
  const rows = Object.entries((schema?.properties ?? {}) as Readonly<Record<string, Json>>).map(([name, field]) => {
    const meaning = `${required.has(name) ? '' : 'Optional. '}${String(field.description ?? '')}`.trim();
    return `| \`${name}\` | ${valuesOf(field)} | ${cell(meaning)} |`;
  });
  return rows.length === 0 ? '' : `\n| body | value | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function valuesOf(schema: Json): string {
  const usual = schema.default === undefined ? '' : `; \`${String(schema.default)}\` unless told`;
  if (Array.isArray(schema.enum)) return schema.enum.map((word) => `\`${String(word)}\``).join(', ') + usual;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.type === 'integer' && schema.minimum !== undefined && schema.maximum !== undefined) {
    return `${String(schema.minimum)}–${String(schema.maximum)}`;
  }
  const names: Readonly<Record<string, string>> = { integer: 'number', array: 'list', boolean: 'yes or no' };
  const type = typeof schema.type === 'string' ? schema.type : 'object';
  return schema.type === 'string' ? 'text' : (names[type] ?? type);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function renderErrors({ components }: OpenApi): string {
  const rows = Object.entries(components.responses).map(([name, response]) => {
    return `| ${name} | ${cell(String((response as Json).description))} |`;
  });
  return `\`{"error": "a-word", "message": "a sentence"}\`\n\n| answer | when |\n|---|---|\n${rows.join('\n')}`;
}
