/** What the landing page shows. */
export interface LandingFacts {
  readonly name: string;
  readonly description: string;
  readonly contact: string;
  /** Where clients connect: `wss://…`. */
  readonly url: string;
  readonly nips: readonly number[];
  readonly limitation: Readonly<Record<string, unknown>>;
  readonly version: string;
}

const titleByNip: Readonly<Record<number, string>> = {
  1: 'Events and subscriptions',
  2: 'Follow lists',
  4: 'Encrypted direct messages (old)',
  9: 'Deletion requests',
  11: 'This information',
  13: 'Proof of work',
  17: 'Private direct messages',
  22: 'Comments',
  25: 'Reactions',
  40: 'Expiration',
  42: 'Authentication',
  45: 'Counting',
  50: 'Search',
  51: 'Lists',
  57: 'Zaps',
  59: 'Gift wraps',
  62: 'Requests to vanish',
  65: 'Relay lists',
  67: 'Complete answers',
  70: 'Protected events',
  77: 'Negentropy sync',
};

const labelByLimit: Readonly<Record<string, string>> = {
  max_message_length: 'Message, bytes',
  max_subscriptions: 'Subscriptions per connection',
  max_limit: 'Events per filter, at most',
  default_limit: 'Events per filter, unless asked',
  max_subid_length: 'Subscription id, characters',
  max_event_tags: 'Tags of an event',
  max_content_length: 'Content, characters',
  min_pow_difficulty: 'Proof of work, bits',
  auth_required: 'Authentication required',
  payment_required: 'Payment required',
  restricted_writes: 'Writing is restricted',
  created_at_lower_limit: 'created_at, seconds back',
  created_at_upper_limit: 'created_at, seconds ahead',
};

const style = `
:root{color-scheme:light dark;--text:#1c1a27;--soft:#625d75;--paper:#faf9fc;--card:#fff;--line:#e4e1ec;--accent:#6b3fd4;--strata:#6b3fd4,#8a63e6,#b39af2,#dcd1fb}
@media (prefers-color-scheme:dark){:root{--text:#ece9f6;--soft:#a29bb8;--paper:#14121b;--card:#1d1a27;--line:#332e43;--accent:#b79cff;--strata:#b79cff,#8a6ddb,#5c459c,#37295f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);font:16px/1.55 system-ui,sans-serif}
.strata{height:10px;background:linear-gradient(90deg,var(--strata))}
main{max-width:46rem;margin:0 auto;padding:3rem 1.25rem 4rem}
h1{font-size:clamp(1.8rem,6vw,2.5rem);line-height:1.15;margin:0 0 .4rem;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:.8rem;text-transform:uppercase;letter-spacing:.08em;color:var(--soft);margin:2.5rem 0 .75rem;font-weight:600}
p{margin:.4rem 0}.soft{color:var(--soft)}
.address{display:block;margin-top:.75rem;padding:1rem 1.2rem;border:1px solid var(--line);border-left:4px solid var(--accent);border-radius:10px;background:var(--card);font:600 clamp(1rem,4vw,1.25rem)/1.4 ui-monospace,monospace;overflow-wrap:anywhere;user-select:all}
ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.5rem}
li{padding:.3rem .7rem;border:1px solid var(--line);border-radius:99px;background:var(--card);font-size:.9rem}
li b{color:var(--accent);font-weight:600;margin-right:.35rem;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:separate;background:var(--card);border:1px solid var(--line);border-radius:10px;border-spacing:0;overflow:hidden}
td{padding:.5rem 1rem;border-top:1px solid var(--line)}tr:first-child td{border-top:0}
td:last-child{text-align:right;font-variant-numeric:tabular-nums}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.9rem;color:var(--soft)}
a{color:var(--accent)}`;

/** The page a browser gets: what this is, the address for clients, what is on, the limits. No script. */
export function renderLanding(facts: LandingFacts): string {
  const about = facts.description === '' ? '' : `<p>${escapeHtml(facts.description)}</p>`;
  const contact = facts.contact === '' ? '' : `<p class="soft">Operator: ${renderContact(facts.contact)}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(facts.name)}</title><style>${style}</style></head>
<body><div class="strata"></div><main>
<h1>${escapeHtml(facts.name)}</h1>
${about}<p class="soft">This is a Nostr relay: it keeps signed events and serves them to Nostr clients.</p>${contact}
<h2>Address for your client</h2>
<code class="address">${escapeHtml(facts.url)}</code>
<p class="soft">Add it to the relay list of any Nostr application.</p>
<h2>What it speaks</h2>
<ul>${facts.nips.map(renderNip).join('')}</ul>
<h2>Limits</h2>
<table>${renderLimits(facts.limitation)}</table>
<footer>Nostrata ${escapeHtml(facts.version)} · <a href="/health">health</a> · the same facts for programs: <code>Accept: application/nostr+json</code></footer>
</main></body></html>
`;
}

function renderNip(nip: number): string {
  const number = String(nip).padStart(2, '0');
  const title = titleByNip[nip];
  return title === undefined ? `<li>NIP-${number}</li>` : `<li><b>${number}</b>${title}</li>`;
}

function renderLimits(limitation: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(labelByLimit).flatMap(([name, label]) => {
    const value = limitation[name];
    const text = typeof value === 'number' ? value.toLocaleString('en') : value === true ? 'yes' : undefined;
    return text === undefined ? [] : [`<tr><td>${label}</td><td>${text}</td></tr>`];
  });
  return rows.join('');
}

function renderContact(contact: string): string {
  const text = escapeHtml(contact.replace(/^mailto:/, ''));
  return /^(?:mailto|https?):/i.test(contact) ? `<a href="${escapeHtml(contact)}">${text}</a>` : text;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
