/** A node of the syntax tree (ESTree with TypeScript, as the parser gives it). Offsets count UTF-16 units. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Says whether the value is a node of the tree. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The nodes in a field that holds a node, a list or nothing. */
export function nodesIn(field: unknown): SyntaxNode[] {
  if (Array.isArray(field)) return field.filter(isNode);
  return isNode(field) ? [field] : [];
}

/** Calls `visit` for every node, parents first, with its ancestors (the nearest last). */
export function walk(root: SyntaxNode, visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void): void {
  const ancestors: SyntaxNode[] = [];
  const enter = (node: SyntaxNode): void => {
    visit(node, ancestors);
    ancestors.push(node);
    for (const field of Object.values(node)) for (const child of nodesIn(field)) enter(child);
    ancestors.pop();
  };
  enter(root);
}

/** The name of an identifier, or undefined for other nodes. */
export function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' && typeof node.name === 'string' ? node.name : undefined;
}

/** The text of a string literal, or undefined for other nodes. */
export function literalOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

/** `object.property` of a plain member expression, or undefined. */
export function memberOf(node: unknown): { object: string; property: string } | undefined {
  if (!isNode(node) || node.type !== 'MemberExpression' || node.computed === true) return undefined;
  const object = nameOf(node.object);
  const property = nameOf(node.property);
  return object === undefined || property === undefined ? undefined : { object, property };
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Says whether the node is a function with a body. */
export function isFunction(node: SyntaxNode): boolean {
  return functionTypes.has(node.type);
}
