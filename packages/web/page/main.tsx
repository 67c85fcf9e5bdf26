import { render } from 'preact';
import { createApiClient } from './api.ts';
import { App } from './app.tsx';
import type { Surroundings } from './surroundings.ts';

const now = (): number => Date.now();
const load = (path: string, init?: RequestInit): Promise<Response> => fetch(path, init);

const surroundings: Surroundings = {
  now,
  random: Math.random,
  fetch: load,
  openSocket: (url) => new WebSocket(url),
  openStream: (path) => new EventSource(path),
  ownRelay: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`,
  api: createApiClient({ fetch: load, now }),
};

const root = document.getElementById('app');
if (root) {
  root.replaceChildren();
  render(<App surroundings={surroundings} />, root);
}
