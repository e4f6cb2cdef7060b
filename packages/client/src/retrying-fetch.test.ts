import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { createClient } from './client.ts';
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

/** The requested waits; the test does not wait. */
function recorder() {
  const waits: number[] = [];
  return { waits, sleep: async (milliseconds: number) => void waits.push(milliseconds) };
}

test('retries after 429, 503 and no answer, each time later', async () => {
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

test('gives up after its retries, and at once on any other answer', async () => {
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

test('never retries before the time, and never waits longer than maxWait in total', async () => {
  const seconds = fc.array(fc.nat(90), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(seconds, fc.nat(200_000), fc.nat(5), async (asked, maxWait, retries) => {
      let met = 0;
      const busy = async () => new Response('', { status: 429, headers: { 'retry-after': String(asked[met++ % asked.length]) } });
      const { waits, sleep } = recorder();
      expect((await retryingFetch(busy, { sleep, maxWait, retries, delay: 1 })('http://x')).status).toBe(429);
      for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual((asked[i % asked.length] as number) * 1000);
      const total = waits.reduce((sum, wait) => sum + wait, 0);
      expect(total).toBeLessThanOrEqual(maxWait);
      // The next wait is what the server asks, or a pause of 1 to 32 ms.
      const next = (asked[waits.length % asked.length] as number) * 1000;
      expect(waits.length === retries || total + Math.max(next, 32) > maxWait).toBe(true);
    }),
  );
});

test('a date is waited for too', async () => {
  const at = new Date(Date.now() + 30_000);
  const server = await serving(answer(503, { 'retry-after': at.toUTCString() }), answer(200));
  const { waits, sleep } = recorder();
  expect((await retryingFetch(fetch, { sleep })(server.url)).status).toBe(200);
  // A date has whole seconds.
  expect(waits[0]).toBeGreaterThan(20_000);
  expect(waits[0]).toBeLessThanOrEqual(30_000);
});

test('an error has the time of the next attempt', async () => {
  const problem = { type: 'urn:unroll:problem:rate-limited', title: 'Too Many Requests', status: 429, detail: 'Wait.', requestId: 'x' };
  const refuse = (_: unknown, response: ServerResponse) =>
    response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '600' }).end(JSON.stringify(problem));
  const server = await serving(refuse);
  const before = Date.now();
  const error = await createClient({ url: server.url })
    .models()
    .catch((failure: unknown) => failure as { retryAt: Date; message: string });
  expect(server.asked()).toBe(1);
  const { retryAt, message } = error as { retryAt: Date; message: string };
  expect(retryAt.getTime()).toBeGreaterThanOrEqual(before + 600_000);
  expect(message).toBe(`Too Many Requests: Wait. Come back at ${retryAt.toISOString()}.`);
});
