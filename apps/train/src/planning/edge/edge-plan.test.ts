import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cost, prices } from './cloudflare.ts';
import { httpCost, planEdge, sessionCost } from './edge-plan.ts';

describe("Cloudflare's own examples of a month", () => {
  test.each([
    [15e6, 7, 8],
    [100e6, 7, 45.4],
  ])('Workers: %d requests of %d ms', (requests, ms, dollars) => expect(httpCost(requests, requests * ms, 0)).toBeCloseTo(dollars, 9));

  test('R2: ten million reads a day', () => expect(cost(prices.r2.reads, 300e6)).toBeCloseTo(104.4, 9));

  test('Durable Objects: 1.5 million requests and 128,000 GB-s', () => {
    expect(cost(prices.durableObjects.requests, 1.5e6)).toBeCloseTo(0.15, 9);
    expect(cost(prices.durableObjects.gigabyteSeconds, 128_000)).toBeCloseTo(0, 9);
  });

  test('Durable Objects: 432 million messages of 10 ms, without the rows that they write', () => {
    const rows = cost(prices.durableObjects.rowsWritten, 432e6);
    expect(sessionCost(432e6, 10) - rows).toBeCloseTo(20.65, 9);
  });

  test('units that have begun count as whole ones where the page says so', () => {
    expect(cost(prices.r2.reads, 10e6)).toBeCloseTo(0, 9);
    expect(cost(prices.r2.reads, 10e6 + 1)).toBe(0.36);
    expect(cost(prices.workers.requests, 10.5e6)).toBeCloseTo(0.15, 9);
  });
});

const request = { predictMs: 0.3, cpuMs: 0.5, isolateBytes: 4e7, startMs: 65 };
const machine = { cores: 2 };

describe('a service', () => {
  test('by hand: 86.4 million requests a day are 1,000 a second, half a core', () => {
    const plan = planEdge(request, 86.4e6, machine);
    expect(plan.requestsPerSecond).toBe(1000);
    expect(plan.cores).toBe(0.5);
    // 1,000 a second · 3 · 0.5 ms = 1.5 cores of 2 · 0.6.
    expect(plan.machines).toBe(2);
    expect(plan.httpCost).toBeGreaterThan(5 + (2592 - 10) * 0.3 + (1296 - 30) * 0.02);
  });

  test('more requests never cost less, need fewer machines or find an isolate cold more often', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e3, max: 1e10, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true }), (load, times) => {
        const [less, more] = [planEdge(request, load, machine), planEdge(request, load * times, machine)];
        for (const name of ['httpCost', 'sessionCost', 'machines', 'cores'] as const) expect(more[name]).toBeGreaterThanOrEqual(less[name]);
        expect(more.coldShare).toBeLessThanOrEqual(less.coldShare + 1e-12);
        expect(more.coldShare).toBeGreaterThanOrEqual(0.0001 - 1e-12);
        expect(less.coldShare).toBeLessThanOrEqual(1);
        expect(more.isolates).toBeGreaterThanOrEqual(less.isolates - 1e-9);
      }),
    );
  });

  test('a few requests a day find every isolate gone', () => expect(planEdge(request, 1, machine).coldShare).toBeCloseTo(1, 2));
});
