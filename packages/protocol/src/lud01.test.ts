import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBech32 } from './bech32.ts';
import { encodeLnurl } from './lud01.ts';

test('a URL is written as the example of LUD-01 says, in either case', () => {
  const url = 'https://service.com/api?q=3fc3645b439ce8e7f2553a69e5267081d96dcd340693afabe04be7b0ccd178df';
  const example =
    'LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZEPEXEJXXEPNXSCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNS';
  assert.equal(encodeLnurl(url), example.toLowerCase());
  assert.equal(new TextDecoder().decode(decodeBech32(example).bytes), url);
});
