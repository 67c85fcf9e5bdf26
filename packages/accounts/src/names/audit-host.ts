import { type Outgoing, OutgoingError, type OutgoingFault, type OutgoingReply, Problem } from '@nostrata/http';
import { isHex64 } from '@nostrata/protocol';
import type { HostAudit, HostCheck } from './contract.ts';
import { isAddressLocal, type NameAddress, parseHost, rootLocal } from './grammar.ts';
import { lookUpBounds, lookUpsAtOnce } from './limits.ts';
import { askHost, isRecord, ownProperty, parseJson } from './look-up.ts';

/** Looks at how a host serves names, and says how to mend what is wrong. @throws Problem 400 or 503 */
export type AuditHost = (asked: { readonly host: string; readonly name?: string | undefined }) => Promise<HostAudit>;

/** What it is made of. */
export interface HostAuditParts {
  readonly outgoing: Outgoing;
  /** Whose page asks, as browsers say it. */
  readonly origin: string;
}

/** Creates it. */
export function createHostAudit(parts: HostAuditParts): AuditHost {
  let underWay = 0;
  return async ({ host: text, name = rootLocal }) => {
    const host = parseHost(text);
    const local = name.toLowerCase();
    if (host === undefined) throw new Problem(400, 'bad-host', 'host: the name of a host, such as example.com');
    if (!isAddressLocal(local)) throw new Problem(400, 'bad-name', 'name: letters a to z, digits, "-", "_" and "."');
    if (underWay >= lookUpsAtOnce) throw new Problem(503, 'busy', 'too many hosts are looked at just now');
    underWay += 1;
    try {
      return { host, checks: await check(parts, { host, local }) };
    } finally {
      underWay -= 1;
    }
  };
}

async function check({ outgoing, origin }: HostAuditParts, address: NameAddress): Promise<HostCheck[]> {
  try {
    const reply = await askHost(outgoing, address, { Origin: origin });
    const reached = [good('reachable', 'The host answers.'), good('tls', 'Its certificate is good.')];
    return [...reached, ...judge(reply, address)];
  } catch (error) {
    if (error instanceof OutgoingError) return judgeFault(error);
    throw error;
  }
}

function judge(reply: OutgoingReply, address: NameAddress): HostCheck[] {
  const { status, headers, body } = reply;
  if (status >= 300 && status < 400) return [redirected];
  const checks = [good('redirect', 'There is no redirect.')];
  if (status !== 200) {
    const message = `The answer has status ${status}: answer 200, with {"names":{}} where nobody has the name.`;
    return [...checks, bad('status', message), judgeCors(headers)];
  }
  checks.push(good('status', 'The answer has status 200.'), judgeCors(headers), judgeType(headers));
  const { bytesMax } = lookUpBounds;
  if (body.byteLength > bytesMax) return [...checks, tooLarge];
  return [...checks, good('size', `The answer has ${body.byteLength} bytes.`), ...judgeBody(body, address)];
}

function judgeCors(headers: OutgoingReply['headers']): HostCheck {
  const allowed = headers['access-control-allow-origin'];
  if (allowed?.trim() === '*') return good('cors', 'Pages of any site can read the answer.');
  const found = allowed === undefined ? 'is missing' : 'allows some sites only';
  return bad('cors', `The header Access-Control-Allow-Origin ${found}: send "Access-Control-Allow-Origin: *".`);
}

function judgeType(headers: OutgoingReply['headers']): HostCheck {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return good('content-type', 'The answer is marked as JSON.');
  return bad('content-type', 'The answer is not marked as JSON: send "Content-Type: application/json".');
}

function judgeBody(body: Uint8Array, { local, host }: NameAddress): HostCheck[] {
  const json = parseJson(body);
  if (!isRecord(json))
    return [bad('json', 'The answer is no JSON object in UTF-8: look for a page or an error in it.')];
  const checks = [good('json', 'The answer is a JSON object.')];
  const names = ownProperty(json, 'names');
  if (!isRecord(names))
    return [...checks, bad('names', 'There is no object "names": answer {"names":{"alice":"<hex>"}}.')];
  const wrong = Object.values(names).filter((pubkey) => !isHex64(pubkey)).length;
  checks.push(
    wrong === 0
      ? good('names', 'Every pubkey is 64 hex digits in lower case.')
      : bad('names', `${wrong} pubkeys are not 64 hex digits in lower case: write hex, not npub.`),
  );
  const isThere = Object.hasOwn(names, local);
  checks.push(
    isThere
      ? good('name', `${local}@${host} is there.`)
      : bad('name', `${local}@${host} is not there: add it to "names", or ask for a name that is.`),
  );
  return checks;
}

function judgeFault({ fault, message }: OutgoingError): HostCheck[] {
  const reached = good('reachable', 'The host answers.');
  const all: Readonly<Record<OutgoingFault, readonly HostCheck[]>> = {
    refused: [
      bad('reachable', `The host is not asked: ${message}. Names are served to everybody from public addresses.`),
    ],
    'unknown-host': [bad('reachable', 'The host has no address: add an A or AAAA record.')],
    unreachable: [bad('reachable', 'The host cannot be reached on port 443: look at its firewall and its web server.')],
    timeout: [bad('reachable', 'The host did not answer in five seconds: serve the answer from memory or a file.')],
    tls: [bad('tls', 'The certificate is not good: renew it, and serve it with its chain for just this host.')],
    redirect: [reached, redirected],
    'too-large': [reached, tooLarge],
  };
  return [...all[fault]];
}

function good(id: HostCheck['id'], message: string): HostCheck {
  return { id, ok: true, message };
}

function bad(id: HostCheck['id'], message: string): HostCheck {
  return { id, ok: false, message };
}

const redirected = bad(
  'redirect',
  'The answer is a redirect, which nobody may follow (NIP-05): answer under this very address.',
);
const tooLarge = bad(
  'size',
  `The answer has more than ${lookUpBounds.bytesMax / 1024} KiB: answer with the one name that was asked for.`,
);
