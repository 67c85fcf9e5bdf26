import { z } from 'zod';

const text = z.string().min(1);

/** Rule files of Prometheus, strictly: the part of the format that is used here. */
const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: text,
      rules: z.array(
        z.strictObject({
          alert: text.regex(/^Nostrata[A-Z]\w+$/),
          expr: text,
          for: z
            .string()
            .regex(/^\d+[smhd]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: text, description: text }),
        }),
      ),
    }),
  ),
});

/** The rules of a rule file, all groups in one list. */
export function parseRules(content: unknown): z.infer<typeof ruleFile>['groups'][number]['rules'] {
  return ruleFile.parse(content).groups.flatMap(({ rules }) => rules);
}

const gridPos = z.strictObject({
  h: z.int().positive(),
  w: z.int().min(1).max(24),
  x: z.int().min(0).max(23),
  y: z.int().min(0),
});

const panel = z.strictObject({
  id: z.int().positive(),
  type: z.enum(['timeseries', 'stat']),
  title: text,
  description: text,
  datasource: z.strictObject({ type: z.literal('prometheus'), uid: z.string().regex(/^\${datasource}$/) }),
  gridPos,
  options: z.record(z.string(), z.unknown()),
  fieldConfig: z.strictObject({
    defaults: z.looseObject({ unit: text, min: z.number() }),
    overrides: z.array(z.never()),
  }),
  targets: z.array(z.strictObject({ refId: z.string().regex(/^[A-Z]$/), expr: text, legendFormat: z.string() })).min(1),
});

const row = z.strictObject({
  id: z.int().positive(),
  type: z.literal('row'),
  title: text,
  collapsed: z.literal(false),
  gridPos,
  panels: z.array(z.never()),
});

const variable = z.looseObject({ name: text, type: z.enum(['datasource', 'query']) });

/** Dashboards of Grafana, strictly where it matters: what is drawn, from what, and where. */
const dashboard = z.strictObject({
  uid: text,
  title: text,
  description: text,
  tags: z.array(text),
  schemaVersion: z.int().min(36),
  version: z.int(),
  editable: z.boolean(),
  graphTooltip: z.int(),
  refresh: text,
  time: z.strictObject({ from: text, to: text }),
  timezone: text,
  templating: z.strictObject({ list: z.array(variable) }),
  annotations: z.strictObject({ list: z.array(z.never()) }),
  links: z.array(z.never()),
  panels: z.array(z.discriminatedUnion('type', [row, panel])),
});

/** A checked dashboard. */
export type Dashboard = z.infer<typeof dashboard>;

/** Reads a dashboard. */
export function parseDashboard(content: unknown): Dashboard {
  return dashboard.parse(content);
}
