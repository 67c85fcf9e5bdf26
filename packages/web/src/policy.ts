/**
 * The Content-Security-Policy that the page is made for: scripts, styles, fonts and figures of its own origin alone.
 * Only the query console opens WebSockets elsewhere, to relays that the reader names.
 */
export const webPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self' ws: wss:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The paths of the page: a server answers GET of these with `index.html`; `:rest{.+}` is anything that follows. */
export const webPaths: readonly string[] = [
  '/',
  '/live',
  '/relays',
  '/relays/:rest{.+}',
  '/map',
  '/kinds',
  '/clients',
  '/users',
  '/zaps',
  '/hours',
  '/query',
  '/about',
  '/sign-in',
  '/account',
  '/account/:rest{.+}',
  '/plans',
  '/trust',
  '/trust/:rest{.+}',
  '/admin',
  '/admin/:rest{.+}',
];
