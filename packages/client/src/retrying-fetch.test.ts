import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { retryingFetch } from './retrying-fetch.ts';

/** A server that answers each request with the next of these. */
async function serving(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  let asked = 0;
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    request.resume().on('end', () => answer?.(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/`, asked: () => asked };
}
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const answer =
  (status: number, headers: Record<string, string> = {}) =>
  (_: unknown, response: ServerResponse) =>
    response.writeHead(status, headers).end('{}');
const breakOff = (request: IncomingMessage) => request.socket.destroy();

/** Waits that were asked for, none of which is waited. */
function recorder() {
  const waits: number[] = [];
  return { waits, sleep: async (milliseconds: number) => void waits.push(milliseconds) };
}

test('asks again after 429, 503 and no answer, each time later', async () => {
  const server = await serving(answer(503), breakOff, answer(429, { 'retry-after': '7' }), answer(200));
  const { waits, sleep } = recorder();
  const response = await retryingFetch(fetch, { sleep, delay: 100 })(server.url, { method: 'POST', body: 'x' });
  expect(response.status).toBe(200);
  expect(server.asked()).toBe(4);
  const [first = 0, second = 0, third = 0] = waits;
  expect(first).toBeGreaterThanOrEqual(50);
  expect(first).toBeLessThanOrEqual(100);
  expect(second).toBeGreaterThanOrEqual(100);
  expect(second).toBeLessThanOrEqual(200);
  expect(third).toBe(7000);
});

test('gives up after as many tries as it may, and at once on any other answer', async () => {
  const busy = await serving(answer(503));
  const { sleep } = recorder();
  expect((await retryingFetch(fetch, { sleep, retries: 2 })(busy.url)).status).toBe(503);
  expect(busy.asked()).toBe(3);
  const failing = await serving(answer(500));
  expect((await retryingFetch(fetch, { sleep })(failing.url)).status).toBe(500);
  expect(failing.asked()).toBe(1);
  const gone = await serving(breakOff);
  await expect(retryingFetch(fetch, { sleep, retries: 1 })(gone.url)).rejects.toThrow();
  expect(gone.asked()).toBe(2);
});

test('a body that can be read once is sent once', async () => {
  const busy = await serving(answer(503));
  const body = new Blob(['x']).stream();
  const response = await retryingFetch(fetch)(busy.url, { method: 'POST', body, duplex: 'half' } as RequestInit);
  expect([response.status, busy.asked()]).toEqual([503, 1]);
});

test('a signal ends the waiting', async () => {
  const busy = await serving(answer(503));
  const leaving = new AbortController();
  const asking = retryingFetch(fetch, { delay: 60_000, maxDelay: 60_000 })(busy.url, { signal: leaving.signal });
  setTimeout(() => leaving.abort(new Error('enough')), 50);
  await expect(asking).rejects.toThrow('enough');
});
