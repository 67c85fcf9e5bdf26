/** Headers of every answer of the API, errors included. Nothing here lets a browser send cookies from another site. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'ETag, Age, Last-Modified, RateLimit, RateLimit-Policy, Retry-After, Content-Disposition',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** For clients that came by HTTPS alone: a year (RFC 6797). */
export const strictTransport = { 'Strict-Transport-Security': 'max-age=31536000' };

/** What pages of the API may load: files of this server. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers to OPTIONS, preflights among them; `*` does not stand for `Authorization` (Fetch, CORS protocol). */
export function optionsHeaders(allow: string): Readonly<Record<string, string>> {
  return {
    Allow: allow,
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers': '*, Authorization',
    'Access-Control-Max-Age': '86400',
  };
}

/** Takes from headers what lets other sites read an answer: it is for the holder of a cookie. */
export function closeToOthers(headers: Record<string, string>): void {
  delete headers['Access-Control-Allow-Origin'];
  delete headers['Access-Control-Expose-Headers'];
  headers['Cross-Origin-Resource-Policy'] = 'same-origin';
}
