import { afterEach, expect, test, vi } from 'vitest';
import { asProblem, problemResponse } from '../http/problem.ts';
import { expectProblem } from '../testing/worker.ts';
import { withinTime } from './within-time.ts';

afterEach(() => vi.useRealTimers());

test('a store that does not answer is a problem after twenty seconds', async () => {
  vi.useFakeTimers();
  const waiting = withinTime(new Promise(() => undefined)).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(20_000);
  const requestId = crypto.randomUUID();
  const response = problemResponse(asProblem(await waiting), requestId);
  response.headers.set('x-request-id', requestId);
  await expectProblem(response, 'timed-out', /Try again/);
});

test('one that does is passed on, with its failures', async () => {
  expect(await withinTime(Promise.resolve(5))).toBe(5);
  await expect(withinTime(Promise.reject(new Error('no')))).rejects.toThrow('no');
});
