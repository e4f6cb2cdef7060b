import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Download, download } from './download.ts';
import type { Patience } from './http.ts';
import { type FileServer, sendFile, sendPieces, sendStatus, stallAfter, startFileServer } from './testing/file-server.ts';

const patience: Patience = { stallMs: 300, retryMs: 1, attempts: 3 };
const { signal } = new AbortController();
const content = randomBytes(100_000);
const part = (path: string) => `${path}.part`;

let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => server.close());

/** A download of `content` from a path of its own. */
function target(): Download & { route: string } {
  const route = `/${randomBytes(8).toString('hex')}`;
  const path = join(mkdtempSync(join(tmpdir(), 'unroll-download-')), 'file');
  return { route, url: server.url + route, path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

const requestsOf = ({ route }: { route: string }) => server.requests.filter((each) => each.includes(route));

test('a file is downloaded, and its progress told', async () => {
  const file = target();
  server.answers.set(file.route, sendFile(content));
  const told: number[] = [];
  await download(file, { signal, patience, onProgress: (bytes) => told.push(bytes) });
  expect(readFileSync(file.path)).toEqual(content);
  expect(existsSync(part(file.path))).toBe(false);
  expect(told.at(-1)).toBe(content.length);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});

test('whatever part of the file is there, only the rest is fetched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: content.length }), async (count) => {
      const file = target();
      server.answers.set(file.route, sendFile(content));
      writeFileSync(part(file.path), content.subarray(0, count));
      await download(file, { signal, patience });
      expect(readFileSync(file.path)).toEqual(content);
      expect(requestsOf(file)).toEqual(count === content.length ? [] : [`GET ${file.route} bytes=${count}-`]);
    }),
    { numRuns: 20, examples: [[1], [content.length - 1], [content.length]] },
  );
});

test('a connection that is cut again and again is continued, as long as each one brings something', async () => {
  const file = target();
  server.answers.set(file.route, sendPieces(content, 9000));
  const reasons: string[] = [];
  await download(file, { signal, patience, onRetry: (reason) => reasons.push(reason) });
  expect(readFileSync(file.path)).toEqual(content);
  expect(reasons.length).toBeGreaterThan(patience.attempts);
});

test('a server without ranges sends the whole file again', async () => {
  const file = target();
  server.answers.set(file.route, (_request, response) => response.writeHead(200).end(content));
  writeFileSync(part(file.path), content.subarray(0, 500));
  await download(file, { signal, patience });
  expect(readFileSync(file.path)).toEqual(content);
});

test.each([
  ['of another file', randomBytes(500)],
  ['longer than the file', randomBytes(content.length + 1)],
  ['complete but damaged', Buffer.concat([Buffer.of((content[0] ?? 0) ^ 1), content.subarray(1)])],
])('a part that is %s is replaced', async (_what, before) => {
  const file = target();
  server.answers.set(file.route, sendFile(content));
  writeFileSync(part(file.path), before);
  await download(file, { signal, patience });
  expect(readFileSync(file.path)).toEqual(content);
});

test('another file of the same size is refused with both digests, and nothing is kept', async () => {
  const file = target();
  const other = randomBytes(content.length);
  server.answers.set(file.route, sendFile(other));
  const otherDigest = createHash('sha256').update(other).digest('hex');
  await expect(download(file, { signal, patience })).rejects.toThrow(`SHA-256 ${otherDigest} instead of ${file.sha256}`);
  expect([existsSync(file.path), existsSync(part(file.path))]).toEqual([false, false]);
});

test('a file of another size, such as the page of a login, is refused before it is fetched', async () => {
  const file = target();
  server.answers.set(file.route, sendFile(Buffer.from('<html>')));
  const message = `cannot download ${file.url}: the server has a file of 6 bytes under this name, expected 100000`;
  await expect(download(file, { signal, patience })).rejects.toThrow(message);
  expect(existsSync(part(file.path))).toBe(false);
});

test('a file without end is not written to the disk', async () => {
  const file = target();
  server.answers.set(file.route, (_request, response) => {
    const more = (error?: Error | null) => error ?? response.write(content, more);
    more();
  });
  await expect(download(file, { signal, patience })).rejects.toThrow(`cannot download ${file.url}: the file is longer than 100000 bytes`);
  expect(readFileSync(part(file.path)).length).toBeLessThanOrEqual(content.length);
});

test('a missing file fails at once; a server in trouble is asked again', async () => {
  const missing = target();
  await expect(download(missing, { signal, patience })).rejects.toThrow(
    `cannot download ${missing.url}: the server answered 404 Not Found`,
  );
  expect(requestsOf(missing)).toHaveLength(1);
  const troubled = target();
  server.answers.set(troubled.route, sendStatus(503));
  await expect(download(troubled, { signal, patience })).rejects.toThrow('the server answered 503');
  expect(requestsOf(troubled)).toHaveLength(patience.attempts);
});

test('a server that stops sending counts as stalled, and what arrived is kept', async () => {
  const file = target();
  server.answers.set(file.route, stallAfter(content, 5000));
  await expect(download(file, { signal, patience })).rejects.toThrow(
    'no data for 0.3 s; what has arrived is kept, and the same command continues',
  );
  expect(readFileSync(part(file.path))).toEqual(content.subarray(0, 5000));
  server.answers.set(file.route, sendFile(content));
  await download(file, { signal, patience });
  expect(requestsOf(file).at(-1)).toBe(`GET ${file.route} bytes=5000-`);
});

test('without a network the error names the server and the reason', async () => {
  const closed = await startFileServer();
  closed.close();
  const file = { ...target(), url: `${closed.url}/file` };
  await expect(download(file, { signal, patience })).rejects.toThrow(new RegExp(`cannot download ${closed.url}/file: .*ECONNREFUSED`));
});

test('an abort ends the download at once, without a retry', async () => {
  const file = target();
  server.answers.set(file.route, stallAfter(content, 5000));
  const user = new AbortController();
  const ended = download(file, { signal: user.signal, patience: { ...patience, stallMs: 60_000 }, onProgress: () => user.abort() });
  await expect(ended).rejects.toThrow(/aborted/);
  expect(requestsOf(file)).toHaveLength(1);
});

test('a folder that cannot be written to is an error of the disk, not of the server', async () => {
  const file = target();
  server.answers.set(file.route, sendFile(content));
  await expect(download({ ...file, path: '/sys/unroll-download' }, { signal, patience })).rejects.toThrow(
    /^cannot write \/sys\/unroll-download.part: /,
  );
  expect(requestsOf(file)).toHaveLength(1);
});
