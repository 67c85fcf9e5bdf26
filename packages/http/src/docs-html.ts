import type { Json, Operation, Parameter } from './contract.ts';
import { type DocsEntry, entriesOf } from './docs-entries.ts';
import { escapeHtml, inline, nameOf, renderText, typeText } from './docs-text.ts';
import type { OpenApi } from './open-api.ts';

/** Where the page finds what it is made of. */
export interface DocsAssets {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

interface Entry extends DocsEntry {
  /** What its answers are, as text with links; empty where the answer is no JSON. */
  readonly figures: string;
}

/** Renders the documentation as one page: readable without its script, which adds search and forms to try things. */
export function renderDocs(document: OpenApi, { style, script, icon }: DocsAssets): string {
  const entries = entriesOf(document).map((entry): Entry => {
    return { ...entry, figures: figuresOf(entry.operation, document) };
  });
  const isForUsers = entries.some(({ operation }) => operation.security !== undefined);
  const groups = document.tags.map((tag) => ({ ...tag, entries: entries.filter((entry) => isOf(entry, tag.name)) }));
  const { title, version, description } = document.info;
  return `<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} API</title>
<link rel="icon" href="${icon}" type="image/svg+xml">
<script src="${script}"></script>
<link rel="stylesheet" href="${style}">
</head>
<body>
<a class="skip" href="#main">Skip to the routes</a>
<header class="bar">
<a class="home" href="/"><img src="${icon}" alt="" width="28" height="28"><b>Nostrata</b> <span class="part">API</span></a>
<span class="version">version ${escapeHtml(version)}</span>
<a class="file" href="/api/v1/openapi.json">OpenAPI 3.1</a>
<button type="button" id="theme" class="needs-script">Dark</button>
</header>
<div class="frame">
<nav aria-label="Routes">
<div class="find needs-script" role="search">
<label for="find">Find a route</label>
<input id="find" type="search" placeholder="relays, zaps, csv …" autocomplete="off" spellcheck="false" aria-describedby="found">
<kbd aria-hidden="true">/</kbd>
<p id="found" class="found" role="status"></p>
</div>
${groups.map(renderNavGroup).join('\n')}
<h2><a href="#types">Types</a></h2>
</nav>
<main id="main" tabindex="-1">
<section class="intro">
<h1>${escapeHtml(title)}</h1>
${renderText(description)}
${isForUsers ? keyField : ''}
</section>
${groups.map(renderGroup).join('\n')}
${renderTypes(document)}
</main>
</div>
</body>
</html>
`;
}

const keyField = `<p class="key needs-script"><label for="key">API key for the forms below</label>
<input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="nst_live_…">
<span class="soft">It stays in this page and is forgotten with it.</span></p>`;

function isOf({ operation }: Entry, group: string): boolean {
  return operation.tags.includes(group);
}

function renderNavGroup({ name, entries }: { readonly name: string; readonly entries: readonly Entry[] }): string {
  const links = entries.map(
    ({ method, path, operation }) =>
      `<li data-words="${escapeHtml(wordsOf(path, operation))}"><a href="#${operation.operationId}">` +
      `<span>${escapeHtml(operation.summary)}</span><code>${method === 'GET' ? '' : `${method} `}${escapeHtml(shortPath(path))}</code></a></li>`,
  );
  return `<div class="group"><h2>${escapeHtml(name)}</h2><ul>${links.join('')}</ul></div>`;
}

function shortPath(path: string): string {
  return path.replace('/api/v1', '');
}

function wordsOf(path: string, operation: Operation): string {
  const names = operation.parameters.map(({ name }) => name);
  const types = hasCsv(operation) ? ['csv'] : [];
  return [path, operation.summary, operation.description, ...operation.tags, ...names, ...types]
    .join(' ')
    .toLowerCase();
}

function contentOf(operation: Operation): Json {
  return (operation.responses['200']?.content ?? {}) as Json;
}

function hasCsv(operation: Operation): boolean {
  return 'text/csv' in contentOf(operation);
}

interface Group {
  readonly name: string;
  readonly description: string;
  readonly entries: readonly Entry[];
}

function renderGroup({ name, description, entries }: Group): string {
  return `<section class="routes" aria-labelledby="group-${name}">
<h2 id="group-${name}">${escapeHtml(name)}</h2><p class="soft">${escapeHtml(description)}</p>
${entries.map(renderOperation).join('\n')}
</section>`;
}

function renderOperation({ method, path, operation, figures }: Entry): string {
  const id = operation.operationId;
  const parameters = operation.parameters.map((parameter) => renderParameter(id, parameter)).join('');
  const types = Object.keys(contentOf(operation)).map((type) => `<code>${escapeHtml(type)}</code>`);
  return `<article id="${id}" aria-labelledby="${id}-title" data-words="${escapeHtml(wordsOf(path, operation))}">
<h3 id="${id}-title">${escapeHtml(operation.summary)} <a class="anchor" href="#${id}" aria-label="Link to this route">#</a></h3>
<p class="path"><b>${method}</b> <code>${renderPath(path)}</code></p>
${renderText(operation.description)}
<p class="answers">Answers ${types.join(' or ')}${figures}</p>
<form data-method="${method}" data-path="${escapeHtml(path)}" data-type="${escapeHtml(Object.keys(contentOf(operation))[0] ?? '')}" aria-label="Try ${escapeHtml(operation.summary)}">
${parameters === '' ? '' : `<div class="parameters">${parameters}</div>`}
${renderBody(operation)}
<div class="actions needs-script"><button type="submit" class="main">Send</button>
<code class="curl" tabindex="0"></code><button type="button" class="copy">Copy</button></div>
<div class="result" hidden><p class="status" role="status"></p><pre tabindex="0" aria-label="Answer"></pre></div>
</form>
</article>`;
}

function renderPath(path: string): string {
  return escapeHtml(path).replaceAll(/\{(\w+)\}/g, '<em>{$1}</em>');
}

/** What is in the wrapping of figures, or the whole of any other answer. */
function figuresOf(operation: Operation, { components }: OpenApi): string {
  const content = contentOf(operation)['application/json'] as { readonly schema?: Json } | undefined;
  const schema = content?.schema;
  if (schema === undefined || Object.keys(schema).length === 0) return '';
  if (typeof schema.$ref !== 'string') return `: <code class="type">${typeText(schema)}</code>`;
  const answer = components.schemas[nameOf(schema.$ref)] as { readonly properties?: Json } | undefined;
  return ` with <code>data</code>: <code class="type">${typeText((answer?.properties?.data ?? {}) as Json)}</code>`;
}

function renderBody({ operationId, requestBody }: Operation): string {
  const content = requestBody?.content as Readonly<Record<string, { readonly schema?: Json }>> | undefined;
  const schema = content?.['application/json']?.schema;
  if (schema === undefined) return '';
  const id = `${operationId}-body`;
  return `<div class="parameter body"><label for="${id}">Body <code class="type">${typeText(schema)}</code></label>
<textarea id="${id}" data-in="body" rows="4" spellcheck="false">${escapeHtml(JSON.stringify(exampleOf(schema), null, 2))}</textarea></div>`;
}

/** Something of the right shape to begin with. */
function exampleOf(schema: Json): unknown {
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (Array.isArray(schema.anyOf)) return exampleOf((schema.anyOf[0] ?? {}) as Json);
  if (schema.type === 'array') return [];
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, Number(schema.minimum ?? 1));
  if (schema.type !== 'object') return schema.type === 'string' ? '' : null;
  const required = new Set((schema.required ?? []) as readonly string[]);
  const fields = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Json>>);
  return Object.fromEntries(
    fields.filter(([name]) => required.has(name)).map(([name, type]) => [name, exampleOf(type)]),
  );
}

function renderParameter(operation: string, { name, in: place, required, description, schema }: Parameter): string {
  const id = `${operation}-${name}`;
  const mark = place === 'path' ? '<i class="mark">in the path</i>' : required ? '<i class="mark">required</i>' : '';
  return `<div class="parameter"><label for="${id}"><code>${name}</code>${mark}</label>
${renderInput({ id, name, place, schema })}<p id="${id}-text">${inline(description)}</p></div>`;
}

interface InputParts {
  readonly id: string;
  readonly name: string;
  readonly place: string;
  readonly schema: Json;
}

const examples: Readonly<Record<string, string>> = {
  url: 'wss://relay.example.com',
  kind: '1',
  since: '2026-11-01',
  until: '2026-11-21T12:00:00Z',
  search: 'strfry',
};

function renderInput({ id, name, place, schema }: InputParts): string {
  const shared = `id="${id}" name="${name}" data-in="${place}" aria-describedby="${id}-text"`;
  if (Array.isArray(schema.enum)) {
    const usual = schema.default === undefined ? 'not given' : `${String(schema.default)} (usual)`;
    const first = place === 'path' ? '' : `<option value="">${escapeHtml(usual)}</option>`;
    const options = schema.enum.map((word) => `<option>${escapeHtml(String(word))}</option>`).join('');
    return `<select ${shared}>${first}${options}</select>`;
  }
  const value = place === 'path' ? ` value="${escapeHtml(examples[name] ?? '')}" required` : '';
  const hint = place === 'path' ? '' : ` placeholder="${escapeHtml(examples[name] ?? '')}"`;
  const mode = schema.type === 'integer' ? ' inputmode="numeric"' : '';
  return `<input type="text" ${shared}${value}${hint}${mode} autocomplete="off" spellcheck="false">`;
}

function renderTypes({ components }: OpenApi): string {
  // Answers differ only in what `data` is, which each route says.
  const types = Object.entries(components.schemas).filter(([name]) => !name.endsWith('Answer') || name === 'Answer');
  const sections = types.map(([name, schema]) => renderType(name, schema as Json));
  return `<section class="types"><h2 id="types">Types</h2>
<p class="soft">What answers are made of. A field is always there unless it is said to be optional.</p>
${sections.join('\n')}</section>`;
}

function renderType(name: string, schema: Json): string {
  const required = new Set((schema.required as readonly string[] | undefined) ?? []);
  const rows = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Json>>).map(
    ([field, type]) =>
      `<tr><th scope="row"><code>${escapeHtml(field)}</code></th><td><code class="type">${typeText(type)}</code>` +
      `${required.has(field) ? '' : ' <i class="mark">optional</i>'}</td><td>${inline(String(type.description ?? ''))}</td></tr>`,
  );
  return `<article id="type-${name}"><h3>${name}</h3>
<div class="wide" tabindex="0" role="region" aria-label="Fields of ${name}"><table><thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></article>`;
}
