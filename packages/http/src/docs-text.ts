import type { Json } from './contract.ts';

/** A schema in a few words; named types are links. */
export function typeText(schema: Json): string {
  if (typeof schema.$ref === 'string') return `<a href="#type-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`;
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((part: Json) => typeText(part)).join(' | ');
  if (schema.const !== undefined) return escapeHtml(JSON.stringify(schema.const));
  if (Array.isArray(schema.enum)) return schema.enum.map((word) => escapeHtml(JSON.stringify(word))).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map(String).join(' | ');
  if (schema.type === 'array') return bracket(typeText((schema.items ?? {}) as Json));
  if (schema.type !== 'object') return typeof schema.type === 'string' ? schema.type : 'anything';
  if (typeof schema.additionalProperties === 'object')
    return `{ [key]: ${typeText(schema.additionalProperties as Json)} }`;
  const fields = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Json>>);
  return `{ ${fields.map(([name, type]) => `${escapeHtml(name)}: ${typeText(type)}`).join(', ')} }`;
}

function bracket(text: string): string {
  return text.includes(' | ') && !text.startsWith('{') ? `(${text})[]` : `${text}[]`;
}

/** The name of what a reference leads to. */
export function nameOf(ref: string): string {
  return escapeHtml(ref.slice(ref.lastIndexOf('/') + 1));
}

/** Paragraphs, lists and code spans, as descriptions use them. */
export function renderText(text: string): string {
  return text
    .split('\n\n')
    .map((block) => {
      if (!block.startsWith('- ')) return `<p>${inline(block)}</p>`;
      const points = block.split('\n').map((line) => `<li>${inline(line.slice(2))}</li>`);
      return `<ul>${points.join('')}</ul>`;
    })
    .join('\n');
}

/** A line with its code spans. */
export function inline(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
