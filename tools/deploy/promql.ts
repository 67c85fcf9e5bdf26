import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression reads, and the labels that it is chosen by. */
export interface Selector {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What an expression is made of. */
export interface Expression {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `on` and their like. */
  readonly groupings: readonly string[];
  readonly isAggregated: boolean;
}

/**
 * Reads an expression by the grammar of Prometheus.
 * @throws Error where it is none
 */
export function parseExpression(text: string): Expression {
  const selectors: Selector[] = [];
  const groupings: string[] = [];
  let isAggregated = false;
  const textOf = (node: { from: number; to: number } | null): string => (node ? text.slice(node.from, node.to) : '');
  parser.parse(text).iterate({
    enter({ type, from, to, node }) {
      if (type.isError) throw new Error(`${JSON.stringify(text)} is no PromQL near ${from}`);
      if (type.name === 'AggregateExpr') isAggregated = true;
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') groupings.push(text.slice(from, to));
      if (type.name !== 'VectorSelector') return;
      const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      const labels = matchers.map((matcher) => [
        textOf(matcher.getChild('LabelName')),
        textOf(matcher.getChild('StringLiteral')).slice(1, -1),
      ]);
      selectors.push({ metric: textOf(node.getChild('Identifier')), labels: Object.fromEntries(labels) });
    },
  });
  return { selectors, groupings, isAggregated };
}
