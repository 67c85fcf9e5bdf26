import { Hono } from 'hono';
import type { Health } from './health.ts';
import { renderLanding } from './landing.ts';
import type { Origin } from './proxy.ts';

/** The parts of a NIP-11 document that the landing page shows too. */
export interface Information {
  readonly [field: string]: unknown;
  readonly supported_nips: readonly number[];
  readonly limitation: Readonly<Record<string, unknown>>;
}

/** The pieces that HTTP answers are made of. */
export interface AppOptions {
  information(): Information;
  health(): Promise<Health>;
  /** The Prometheus text; undefined where metrics are off. */
  readonly metrics?: (() => string) | undefined;
  /** The address clients use, where it is configured. */
  readonly publicUrl?: string | undefined;
  readonly version: string;
}

/** What the listener passes along with each request. */
export interface AppBindings {
  readonly origin: Origin;
}

// NIP-11 asks for all three.
const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
};
const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Creates the HTTP application: information document, landing page, health, metrics. */
export function createApp(options: AppOptions): Hono<{ Bindings: AppBindings }> {
  const app = new Hono<{ Bindings: AppBindings }>();
  app.options('*', (c) => c.body(null, 204, cors));
  app.get('/', (c) => {
    const information = options.information();
    if (acceptsInformation(c.req.header('accept'))) {
      return c.body(JSON.stringify(information), 200, {
        ...cors,
        'Content-Type': 'application/nostr+json',
        Vary: 'Accept',
      });
    }
    const page = renderLanding({
      name: toText(information.name),
      description: toText(information.description),
      contact: toText(information.contact),
      url: options.publicUrl ?? clientUrl(c.env.origin),
      nips: information.supported_nips,
      limitation: information.limitation,
      version: options.version,
    });
    return c.html(page, 200, {
      'Content-Security-Policy': pagePolicy,
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Accept',
    });
  });
  app.get('/health', async (c) => {
    const health = await options.health();
    return c.json(health, health.status === 'ok' ? 200 : 503, { 'Cache-Control': 'no-store' });
  });
  app.get('/metrics', (c) => {
    if (!options.metrics) return c.notFound();
    return c.body(options.metrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  app.notFound((c) =>
    c.json({ error: `there is nothing at ${c.req.path}; / tells what this relay offers` }, 404, cors),
  );
  app.onError((_error, c) => c.json({ error: 'this request failed inside the relay' }, 500));
  return app;
}

/** The address for clients, as the client reached us. */
export function clientUrl(origin: Origin): string {
  return `${origin.isSecure ? 'wss' : 'ws'}://${origin.host}`;
}

function acceptsInformation(accept: string | undefined): boolean {
  return accept?.toLowerCase().includes('application/nostr+json') ?? false;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
