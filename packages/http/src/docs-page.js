// Search, forms to try routes, and the theme. It runs before the page is drawn, so that no theme ever flashes.

const themeKey = 'nostrata-theme';
const shownCharactersMax = 60_000;
const liveEventsMax = 5;
const systemDark = matchMedia('(prefers-color-scheme: dark)');

function readTheme() {
  try {
    return localStorage.getItem(themeKey);
  } catch {
    return null; // A browser that keeps nothing for this page shows what the system prefers.
  }
}

function showTheme() {
  const chosen = readTheme();
  const theme = chosen === 'light' || chosen === 'dark' ? chosen : systemDark.matches ? 'dark' : 'light';
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById('theme');
  if (button) button.textContent = theme === 'dark' ? 'Light' : 'Dark';
}

function changeTheme() {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(themeKey, next);
  } catch {
    // Then the choice lasts as long as the page.
  }
  document.documentElement.dataset.theme = next;
  document.getElementById('theme').textContent = next === 'dark' ? 'Light' : 'Dark';
}

/** The path and query of a form as it is filled in. */
function pathOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.elements) {
    if (!field.name || field.dataset.in === 'body') continue;
    const value = field.value.trim();
    if (field.dataset.in === 'path') path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    else if (value !== '') query.set(field.name, value);
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

function bodyOf(form) {
  return form.querySelector('[data-in=body]')?.value;
}

function keyOf() {
  return document.getElementById('key')?.value.trim() ?? '';
}

/** A text as one word of a shell. */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function flagsOf(form) {
  const { method, path, type } = form.dataset;
  const body = bodyOf(form);
  return [
    type === 'text/event-stream' ? '-N ' : path.endsWith('.csv') ? '-O ' : '',
    method === 'GET' ? '' : `-X ${method} `,
    keyOf() === '' ? '' : '-H "Authorization: Bearer $KEY" ',
    body === undefined ? '' : `-H 'Content-Type: application/json' -d ${quote(body)} `,
  ].join('');
}

function showCurl(form) {
  const url = `${location.origin}${pathOf(form)}`;
  const flags = flagsOf(form);
  form.querySelector('.curl').textContent = `curl ${flags}'${url.replaceAll("'", '%27')}'`;
}

function prettify(text, type) {
  if (!type.includes('json')) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // Shown as it came.
  }
}

function shorten(text) {
  if (text.length <= shownCharactersMax) return text;
  return `${text.slice(0, shownCharactersMax)}\n… ${(text.length - shownCharactersMax).toLocaleString('en')} more characters`;
}

function showResult(form, { status, text, isGood }) {
  const result = form.querySelector('.result');
  result.hidden = false;
  result.dataset.state = isGood ? 'good' : 'bad';
  result.querySelector('.status').textContent = status;
  result.querySelector('pre').textContent = text;
}

/** Reads at most as much as is shown; the rest of a large file stays where it is. */
async function readStart(response) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > shownCharactersMax * 8) {
      await reader.cancel();
      return text;
    }
  }
}

/** What `"default";r=99;t=900` says. */
function describeLimit(header) {
  const left = /;r=(\d+)/.exec(header ?? '')?.[1];
  return left && `${left} requests left`;
}

/** Cookies stay at home: only what the page shows is sent. */
function toInit(form) {
  const [body, key] = [bodyOf(form), keyOf()];
  const headers = { accept: form.dataset.type || 'application/json' };
  if (key !== '') headers.authorization = `Bearer ${key}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  return { method: form.dataset.method, headers, credentials: 'omit', body };
}

async function send(form) {
  const path = pathOf(form);
  const button = form.querySelector('button[type=submit]');
  if (form.dataset.type === 'text/event-stream') return listen(form, path);
  button.disabled = true;
  const begin = performance.now();
  try {
    const response = await fetch(path, toInit(form));
    const text = response.body === null ? '' : await readStart(response);
    const type = response.headers.get('content-type') ?? '';
    const facts = [
      `${response.status} ${response.statusText}`.trim(),
      `${Math.round(performance.now() - begin)} ms`,
      `${text.length.toLocaleString('en')} characters`,
      response.headers.get('age') && `age ${response.headers.get('age')} s`,
      describeLimit(response.headers.get('ratelimit')),
    ];
    const status = facts.filter(Boolean).join(' · ');
    showResult(form, { status, text: shorten(prettify(text, type)), isGood: response.ok });
  } catch (error) {
    showResult(form, { status: 'The request did not reach the server.', text: String(error), isGood: false });
  } finally {
    button.disabled = false;
  }
}

/** Shows the first few events of a stream and leaves it. */
function listen(form, path) {
  const button = form.querySelector('button[type=submit]');
  button.disabled = true;
  const lines = [];
  const source = new EventSource(path);
  const end = (status, isGood) => {
    source.close();
    button.disabled = false;
    showResult(form, { status, text: lines.join('\n'), isGood });
  };
  showResult(form, { status: 'Listening …', text: '', isGood: true });
  source.addEventListener('figures', ({ data }) => {
    lines.push(data);
    if (lines.length >= liveEventsMax) return end(`The first ${liveEventsMax} events; the stream goes on.`, true);
    showResult(form, { status: 'Listening …', text: lines.join('\n'), isGood: true });
  });
  source.addEventListener('error', () => end('The stream ended or could not be opened.', false));
}

async function copyCurl(form) {
  const button = form.querySelector('.copy');
  try {
    await navigator.clipboard.writeText(form.querySelector('.curl').textContent);
    button.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(form.querySelector('.curl'));
    button.textContent = 'Selected';
  }
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1_500);
}

/** Shows only what has all the words that are looked for. */
function find() {
  const words = document.getElementById('find').value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const part of document.querySelectorAll('[data-words]')) {
    part.hidden = !words.every((word) => part.dataset.words.includes(word));
    if (part.tagName === 'LI' && !part.hidden) count += 1;
  }
  for (const group of document.querySelectorAll('nav .group, main .routes')) {
    group.hidden = !group.querySelector('[data-words]:not([hidden])');
  }
  document.querySelector('.types').hidden = words.length > 0;
  const text = count === 0 ? 'No route has all these words.' : count === 1 ? '1 route' : `${count} routes`;
  document.getElementById('found').textContent = words.length === 0 ? '' : text;
}

function moveByKeys(event) {
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  const search = document.getElementById('find');
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (event.key === 'Escape' && event.target === search) {
    search.value = '';
    find();
  }
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  if (event.target !== search && !event.target.closest?.('nav')) return;
  const places = [search, ...document.querySelectorAll('nav li:not([hidden]) a')];
  const next = places[places.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Marks the route that is read now. */
function followReading() {
  const links = new Map([...document.querySelectorAll('nav li a')].map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        if (!isIntersecting) continue;
        document.querySelector('nav a[aria-current]')?.removeAttribute('aria-current');
        links.get(target.id)?.setAttribute('aria-current', 'true');
      }
    },
    { rootMargin: '-15% 0px -75% 0px' },
  );
  for (const article of document.querySelectorAll('.routes article')) observer.observe(article);
}

function begin() {
  document.documentElement.classList.add('has-script');
  showTheme();
  document.getElementById('theme').addEventListener('click', changeTheme);
  document.getElementById('find').addEventListener('input', find);
  document.addEventListener('keydown', moveByKeys);
  document.getElementById('key')?.addEventListener('input', () => [...document.forms].forEach(showCurl));
  for (const form of document.forms) {
    showCurl(form);
    form.addEventListener('input', () => showCurl(form));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void send(form);
    });
    form.querySelector('.copy').addEventListener('click', () => void copyCurl(form));
  }
  followReading();
}

showTheme();
systemDark.addEventListener('change', showTheme);
document.addEventListener('DOMContentLoaded', begin);
