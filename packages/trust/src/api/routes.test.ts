import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HttpRequest, type HttpRoute, Problem } from '@nostrata/http';
import { encodeNprofile, encodeNpub } from '@nostrata/protocol';
import type { Trust, TrustScore } from '../contract.ts';
import { TrustError, type TrustFault } from '../errors.ts';
import { createWorld, people, pubkeysOf, putAttack, type World } from '../test-world.ts';
import { createTrustRoutes } from './routes.ts';

interface Asked {
  readonly status: number;
  readonly cacheControl: string | null;
  // Each test looks at the fields that it is about.
  readonly body: Record<string, unknown>;
}

/** Asks the route that a path leads to, as a server does. */
async function ask(routes: readonly HttpRoute[], target: string): Promise<Asked> {
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  for (const route of routes) {
    const pattern = route.path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)');
    const found = new RegExp(`^${pattern}$`).exec(pathname);
    if (!found) continue;
    const request = { path: { ...found.groups }, query: searchParams, headers: {} } as Partial<HttpRequest>;
    try {
      const answer = await route.serve(request as HttpRequest);
      const body = (await answer.json()) as Asked['body'];
      return { status: answer.status, cacheControl: answer.headers.get('Cache-Control'), body };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { status: error.status, cacheControl: null, body: { error: error.code, message: error.message } };
    }
  }
  return assert.fail(`no route for ${target}`);
}

const routesOf = ({ trust, clock }: Pick<World, 'trust' | 'clock'>): HttpRoute[] => createTrustRoutes({ trust, clock });

async function startSmallWorld() {
  const [anchor, friend, other] = people('anchor', 'friend', 'other');
  assert.ok(anchor && friend && other);
  const world = createWorld([anchor]);
  await world.put(anchor.follows([friend.pubkey]), friend.follows([other.pubkey]));
  await world.trust.start();
  return { ...world, anchor, friend, other, routes: routesOf(world) };
}

describe('the routes of the web of trust', () => {
  test('a score has every field, and is the same for hex, npub and nprofile', async () => {
    const { trust, routes, clock, friend, anchor } = await startSmallWorld();
    await using _ = trust;
    const hex = await ask(routes, `/api/v1/wot/score/${friend.pubkey}`);
    assert.equal(hex.status, 200);
    assert.equal(hex.cacheControl, 'public, max-age=30');
    const { components, botFlags, graph, accountAgeDays, trustScore, ...fields } = hex.body;
    assert.deepEqual(fields, {
      ...{ pubkey: friend.pubkey, observer: null, algorithm: 'trustrank', followersCount: 1, followingCount: 1 },
      ...{ wotDepth: 1, isLikelyBot: false, accountAgeScore: 100, activityScore: 0 },
      discountPercent: trustScore === 100 ? 20 : 0,
      ...{ approximate: false, partial: false, stale: false },
      asOf: new Date(clock.now()).toISOString(),
      lastCalculated: new Date(clock.now()).toISOString(),
    });
    assert.deepEqual([graph, botFlags], [{ users: 3, follows: 2 }, []]);
    assert.ok(Number(accountAgeDays) >= 399);
    assert.equal((components as TrustScore['components']).anchoredRank, trustScore);
    for (const name of [encodeNpub(friend.pubkey), encodeNprofile(friend.pubkey)]) {
      assert.deepEqual((await ask(routes, `/api/v1/wot/score/${name}`)).body, hex.body);
    }
    const seen = await ask(routes, `/api/v1/wot/score/${friend.pubkey}?observer=${encodeNpub(anchor.pubkey)}`);
    assert.deepEqual([seen.body.algorithm, seen.body.observer], ['personalised-pagerank', anchor.pubkey]);
  });

  test('verdict, reasons, network, path and similar accounts are told', async () => {
    const { trust, routes, put, anchor, friend, other } = await startSmallWorld();
    await using _ = trust;
    const [third] = people('third');
    assert.ok(third);
    await put(third.follows(pubkeysOf([friend, other])), anchor.follows(pubkeysOf([friend, other])));
    await trust.refresh();
    const verdict = await ask(routes, `/api/v1/wot/verify/${friend.pubkey}?minScore=1`);
    assert.deepEqual([verdict.body.passes, verdict.body.minScore], [true, 1]);
    const why = await ask(routes, `/api/v1/wot/explain/${friend.pubkey}`);
    assert.deepEqual(why.body.paths, [pubkeysOf([anchor, friend])]);
    assert.ok((why.body.reasons as string[]).every((reason) => /^[A-Z\d].*\.$/.test(reason)));
    const network = await ask(routes, '/api/v1/wot/network');
    assert.deepEqual(
      [network.body.graph, network.body.anchors, network.body.state],
      [{ users: 4, follows: 5 }, 1, 'ready'],
    );
    const path = await ask(routes, `/api/v1/wot/path?from=${encodeNpub(anchor.pubkey)}&to=${other.pubkey}`);
    assert.deepEqual([path.body.path, path.body.steps], [pubkeysOf([anchor, other]), 1]);
    const none = await ask(routes, `/api/v1/wot/path?from=${other.pubkey}&to=${anchor.pubkey}`);
    assert.deepEqual([none.status, none.body.path, none.body.steps], [200, null, null]);
    const similar = await ask(routes, `/api/v1/wot/similar/${friend.pubkey}?limit=5`);
    assert.deepEqual(
      (similar.body.items as { pubkey: string }[]).map(({ pubkey }) => pubkey),
      [other.pubkey],
    );
  });

  test('what makes no sense is refused with 400 and a sentence', async () => {
    const { trust, routes, friend } = await startSmallWorld();
    await using _ = trust;
    for (const target of [
      'score/me',
      `score/${friend.pubkey.toUpperCase()}`,
      `score/${friend.pubkey}?observer=you`,
      `score/${friend.pubkey}?observer=`,
      `score/${friend.pubkey}?limit=1`,
      `score/${friend.pubkey}%00`,
      `score/npub1${'q'.repeat(5_000)}`,
      `verify/${friend.pubkey}?minScore=101`,
      `verify/${friend.pubkey}?minScore=high`,
      `explain/${friend.pubkey}?observer=you`,
      `similar/${friend.pubkey}?limit=0`,
      `similar/${friend.pubkey}?limit=1.5`,
      `path?from=${friend.pubkey}`,
      `path?from=${friend.pubkey}&to=${friend.pubkey}&to=${friend.pubkey}`,
    ]) {
      const { status, body } = await ask(routes, `/api/v1/wot/${target}`);
      assert.deepEqual([status, body.error], [400, 'bad-parameter'], target);
      assert.ok(String(body.message).length > 10, target);
    }
  });

  test('each fault of the web of trust has its status', async () => {
    const failing = (fault: TrustFault): HttpRoute[] => {
      const fail = async (): Promise<never> => Promise.reject(new TrustError(fault, 'a sentence about it'));
      const trust = { score: fail, verify: fail, network: fail, explain: fail, path: fail, similar: fail };
      return createTrustRoutes({ trust: trust satisfies Partial<Trust>, clock: { now: () => 0 } });
    };
    const pubkey = 'a'.repeat(64);
    const paths = ['network', `path?from=${pubkey}&to=${pubkey}`];
    for (const name of ['score', 'verify', 'explain', 'similar']) paths.push(`${name}/${pubkey}`);
    for (const [fault, status] of [
      ['argument', 400] as const,
      ['unavailable', 503] as const,
      ['stopped', 503] as const,
    ]) {
      for (const path of paths) assert.equal((await ask(failing(fault), `/api/v1/wot/${path}`)).status, status, path);
    }
  });

  test('317 fake followers, 100 follows and 13 notes a week earn no discount', async () => {
    const world = createWorld(people('anchor 1', 'anchor 2'));
    const { attacker, honest } = await putAttack(world);
    await using trust = world.trust;
    await trust.start();
    const { body } = await ask(routesOf(world), `/api/v1/wot/score/${attacker}`);
    assert.deepEqual([body.followersCount, body.followingCount, body.wotDepth], [317, 100, null]);
    assert.deepEqual([body.trustScore, body.discountPercent], [0, 0]);
    const other = await ask(routesOf(world), `/api/v1/wot/score/${honest}`);
    assert.ok(Number(other.body.discountPercent) > 0, 'the honest earn one');
  });

  test('a changed follow list is in the answers within five minutes, without reading the store anew', async () => {
    const { trust, routes, put, pass, anchor, friend, other, threads } = await startSmallWorld();
    await using _ = trust;
    const before = await ask(routes, `/api/v1/wot/score/${other.pubkey}`);
    assert.equal(before.body.wotDepth, 2);
    await put(anchor.follows(pubkeysOf([friend, other])));
    // What is kept is given once more while it is computed anew.
    await pass(240);
    await ask(routes, `/api/v1/wot/score/${other.pubkey}`);
    await pass(55);
    const after = await ask(routes, `/api/v1/wot/score/${other.pubkey}`);
    assert.deepEqual([after.body.wotDepth, after.body.followersCount], [1, 2]);
    assert.equal(threads.length, 1, 'the same graph, changed in place');
  });

  test('without its store answers are stale after five minutes, 503 after an hour, and right again with it', async () => {
    const { trust, routes, pass, clock, setAway, friend, other, anchor, threads } = await startSmallWorld();
    await using _ = trust;
    const target = `/api/v1/wot/score/${friend.pubkey}`;
    const before = await ask(routes, target);
    const reasons = `/api/v1/wot/explain/${other.pubkey}?observer=${anchor.pubkey}`;
    const why = await ask(routes, reasons);
    setAway(true);
    await pass(240);
    assert.deepEqual((await ask(routes, target)).body, before.body, 'good for five minutes');
    await pass(60);
    const stale = await ask(routes, target);
    assert.deepEqual(stale.body, { ...before.body, stale: true });
    assert.equal(stale.cacheControl, 'public, max-age=0');
    await threads[0]?.stop();
    assert.deepEqual((await ask(routes, reasons)).body, {
      ...why.body,
      score: { ...Object(why.body.score), stale: true },
    });
    assert.equal((await ask(routes, `/api/v1/wot/explain/${other.pubkey}`)).status, 503, 'nobody asked from there');
    assert.equal((await ask(routes, `/api/v1/wot/score/${anchor.pubkey}`)).status, 503, 'nobody knew it before');
    clock.advance(3_600_000);
    assert.equal((await ask(routes, target)).status, 503);
    setAway(false);
    await pass(70);
    assert.deepEqual([(await ask(routes, target)).status, (await ask(routes, target)).body.stale], [200, false]);
  });
});
