import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findWheel, indexUrl } from './python-index.ts';
import type { Wheel } from './release.ts';
import { type FileServer, sendStatus, sendText, startFileServer } from './testing/file-server.ts';

const options = { signal: new AbortController().signal, patience: { stallMs: 2000, retryMs: 1, attempts: 2 } };
const wheel: Wheel = { project: 'made', file: 'made-1.0-py3-none-any.whl', bytes: 1, sha256: '', members: /./, unpackedBytes: 1 };

let server: FileServer;
let index: string;
beforeAll(async () => {
  server = await startFileServer();
  index = `${server.url}/simple`;
});
afterAll(() => server.close());

const page = (href: string) =>
  `<!DOCTYPE html><a href="x">other.whl</a>\n<a data-requires-python="&gt;=3.9"\n href='${href}'>${wheel.file}</a>`;

test.each([
  ['HTML with a relative link', 'text/html', () => page('../../packages/a/made.whl#sha256=12'), '/packages/a/made.whl#sha256=12'],
  ['HTML with an absolute path', 'text/html; charset=utf-8', () => page('/m/made.whl?a=1&amp;b=2'), '/m/made.whl?a=1&b=2'],
  [
    'JSON',
    'application/vnd.pypi.simple.v1+json',
    () =>
      JSON.stringify({
        files: [
          { filename: 'other', url: 'x' },
          { filename: wheel.file, url: `${server.url}/made.whl`, hashes: {} },
        ],
      }),
    '/made.whl',
  ],
])('a wheel is found in an index that answers in %s', async (_what, type, text, path) => {
  server.answers.set('/simple/made/', sendText(text(), type));
  for (const each of [index, `${index}/`]) expect(await findWheel(each, wheel, options)).toEqual({ url: server.url + path, headers: {} });
});

test('credentials in the address go to the server of the index alone, and are never shown', async () => {
  const seen: (string | undefined)[] = [];
  let href = '/made.whl';
  server.answers.set('/simple/made/', (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'text/html' }).end(page(href));
  });
  const secret = index.replace('http://', 'http://me:p%40ss@');
  const authorization = `Basic ${btoa('me:p@ss')}`;
  expect(await findWheel(secret, wheel, options)).toEqual({ url: `${server.url}/made.whl`, headers: { authorization } });
  expect(seen).toEqual([authorization]);
  href = 'https://elsewhere.example/made.whl';
  expect(await findWheel(secret, wheel, options)).toEqual({ url: href, headers: {} });
  server.answers.set('/simple/made/', sendStatus(401));
  await expect(findWheel(secret, wheel, options)).rejects.toThrow(/^(?!.*ss@).*the server answered 401 Unauthorized/);
});

describe('an index that cannot be used', () => {
  test.each([
    ['lacks the project', sendStatus(404), 'the server answered 404 Not Found'],
    ['is in trouble', sendStatus(502), 'the server answered 502 Bad Gateway'],
    ['lacks the wheel', sendText('<a href="y">made-0.9-py3-none-any.whl</a>'), `it lists 1 files, but not ${wheel.file}`],
    ['answers something else', sendText('{"files":[{"filename":3}]}', 'application/json'), 'its answer is not a list of files'],
    ['answers no JSON', sendText('{', 'application/json'), 'its answer is not a list of files'],
    ['links to no address', sendText(page('http://:80'), 'text/html'), `it lists 1 files, but not ${wheel.file}`],
  ])('because it %s is named with the reason', async (_what, answer, reason) => {
    server.answers.set('/simple/made/', answer);
    const message = `cannot use the package index ${index}/made/: ${reason}. Check the connection; HTTPS_PROXY names a proxy, PIP_INDEX_URL another index.`;
    await expect(findWheel(index, wheel, options)).rejects.toThrow(message);
  });
});

test('PIP_INDEX_URL names the index, and has to be an address of HTTP', () => {
  expect(indexUrl({})).toBe('https://pypi.org/simple');
  expect(indexUrl({ PIP_INDEX_URL: '' })).toBe('https://pypi.org/simple');
  expect(indexUrl({ PIP_INDEX_URL: 'http://mirror/simple' })).toBe('http://mirror/simple');
  for (const url of ['mirror', 'file:///mirror', '/mirror'])
    expect(() => indexUrl({ PIP_INDEX_URL: url })).toThrow(`PIP_INDEX_URL is '${url}'`);
});
