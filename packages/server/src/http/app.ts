import type { HttpApi } from '@nostrata/http';
import { type Context, Hono } from 'hono';
import type { Health } from './health.ts';
import { renderLanding } from './landing.ts';
import type { Page } from './page-files.ts';
import type { AppBindings, Origin } from './proxy.ts';

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
  /** The application that people look at, instead of the landing page. */
  readonly page?: Page | undefined;
  /** Answers everything below `/api/`, and names (NIP-05). */
  readonly api?: HttpApi | undefined;
}

// NIP-11 asks for all three.
const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
};
const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Creates the HTTP application: information document, page, landing page, health, metrics. */
export function createApp(options: AppOptions): Hono<{ Bindings: AppBindings }> {
  const app = new Hono<{ Bindings: AppBindings }>();
  const { page, api } = options;
  for (const path of api ? ['/api/*', '/.well-known/nostr.json'] : []) {
    app.all(path, (c) => api?.fetch(c.req.raw, c.env) ?? c.notFound());
  }
  app.options('*', (c) => c.body(null, 204, cors));
  const landing = (c: AppContext): Response | Promise<Response> => answerLanding(c, options);
  app.get('/', (c) => {
    if (!acceptsInformation(c.req.header('accept'))) return page ? page.answer(c) : landing(c);
    return c.body(JSON.stringify(options.information()), 200, {
      ...cors,
      'Content-Type': 'application/nostr+json',
      Vary: 'Accept',
    });
  });
  app.get('/relay', landing);
  page?.mount(app);
  app.get('/health', async (c) => {
    const health = await options.health();
    return c.json(health, health.status === 'failing' ? 503 : 200, { 'Cache-Control': 'no-store' });
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

type AppContext = Context<{ Bindings: AppBindings }>;

function answerLanding(c: AppContext, { information, publicUrl, version }: AppOptions): Response | Promise<Response> {
  const facts = information();
  const page = renderLanding({
    name: toText(facts.name),
    description: toText(facts.description),
    contact: toText(facts.contact),
    url: publicUrl ?? clientUrl(c.env.origin),
    nips: facts.supported_nips,
    limitation: facts.limitation,
    version,
  });
  return c.html(page, 200, {
    'Content-Security-Policy': pagePolicy,
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept',
  });
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
