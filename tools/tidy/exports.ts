import { type Repository, resolvePath, type Source } from './repository.ts';
import { isNode, literalOf, nameOf, nodesIn, type SyntaxNode } from './syntax.ts';

/** A name that a module exports; `place` is its declaration, where that is in the project. */
export interface ExportedName {
  readonly name: string;
  readonly isType: boolean;
  readonly place?: { readonly path: string; readonly line: number; readonly documented: boolean } | undefined;
}

/** The names that a module exports, sorted, each followed to its declaration. */
export function findExports(repository: Repository, path: string): ExportedName[] {
  const source = repository.source(path);
  if (!source) return [];
  const found = nodesIn(source.program.body).flatMap((statement) => {
    if (statement.type === 'ExportDefaultDeclaration') return [declared(source, statement, 'default')];
    if (statement.type !== 'ExportNamedDeclaration') return [];
    if (isNode(statement.declaration)) {
      return namesOf(statement.declaration).map((name) => declared(source, statement, name));
    }
    return nodesIn(statement.specifiers).map((specifier) => followed(repository, source, { statement, specifier }));
  });
  const byName = new Map<string, ExportedName>();
  for (const entry of found) {
    // Overloads: the first that is documented speaks for all.
    if (!byName.get(entry.name)?.place?.documented) byName.set(entry.name, entry);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const typeDeclarations = new Set(['TSInterfaceDeclaration', 'TSTypeAliasDeclaration']);

function declared(source: Source, statement: SyntaxNode, name: string): ExportedName {
  const declaration = isNode(statement.declaration) ? statement.declaration : statement;
  return {
    name,
    isType: typeDeclarations.has(declaration.type),
    place: { path: source.path, line: source.lineOf(statement.start), documented: isDocumented(source, statement) },
  };
}

function followed(
  repository: Repository,
  source: Source,
  { statement, specifier }: { statement: SyntaxNode; specifier: SyntaxNode },
): ExportedName {
  const name = nameOf(specifier.exported) ?? '';
  const original = nameOf(specifier.local) ?? '';
  const isType = statement.exportKind === 'type' || specifier.exportKind === 'type';
  const module = literalOf(statement.source);
  if (module === undefined) return { name, isType, place: localPlace(source, original) };
  const path = resolvePath(source.path, module);
  const target = findExports(repository, path).find((entry) => entry.name === original);
  return { name, isType: isType || target?.isType === true, place: target?.place };
}

function localPlace(source: Source, name: string): ExportedName['place'] {
  const statement = nodesIn(source.program.body).find((node) => namesOf(node).includes(name));
  return statement && declared(source, statement, name).place;
}

function namesOf(declaration: SyntaxNode): string[] {
  if (declaration.type !== 'VariableDeclaration') return [nameOf(declaration.id) ?? ''];
  return nodesIn(declaration.declarations).flatMap(({ id }) => {
    const name = nameOf(id);
    if (name !== undefined) return [name];
    return isNode(id) ? nodesIn(id.properties).map(({ value }) => nameOf(value) ?? '') : [];
  });
}

function isDocumented({ comments, text }: Source, statement: SyntaxNode): boolean {
  const comment = comments.findLast(({ end }) => end <= statement.start);
  if (comment?.type !== 'Block' || !comment.value.startsWith('*')) return false;
  return text.slice(comment.end, statement.start).trim() === '';
}
