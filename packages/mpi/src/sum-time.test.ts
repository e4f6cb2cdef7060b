import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chainTime, ownerTime, planChain, planOwners, planSum, type SumCosts, type SumSize } from './sum-time.ts';

/** Round numbers to calculate with by hand. A message of a float takes 10 + 8, a copy of it 1, its addition 1. */
const costs: SumCosts = {
  machines: [0, 1, 2],
  cores: 1,
  network: { latency: 10, secondsPerByte: 2 },
  memoryLatency: 10,
  perMessage: 0,
  perByteCopied: 0.25,
  perByteAdded: 0.25,
};
const ones = (ranks: number, vectors = 1) => new Array<number>(ranks).fill(vectors);

describe('a chain of 3 ranks with 2 parts of a float: the way of the first part, then a period', () => {
  const time = (more: Partial<SumCosts>, size: Partial<SumSize> = {}) =>
    chainTime({ ...costs, ...more }, { floats: 2, counts: ones(3), ...size }, 1);
  // The way: 3 additions, four messages of 18 and 8 copies. The period: a message on a card.
  test('a machine for each rank', () => expect(time({})).toBe(3 + 4 * 18 + 8 + 8));
  test('many parts: all leave the card of the middle rank twice', () =>
    expect(time({}, { floats: 100 })).toBe(3 + 4 * 18 + 8 + 100 * 2 * 8 - 3 * 8 - 10));
  test('a fast network: the thread of the middle rank', () =>
    expect(time({ network: { latency: 10, secondsPerByte: 0 } })).toBe(3 + 4 * 10 + 8 + 5));
  test('a machine of one core for all: three threads in turn', () =>
    expect(time({ machines: [0, 0, 0] })).toBe(3 + 4 * 10 + 8 + 3 + 5 + 3));
  test('a time per message', () => expect(time({ perMessage: 1 })).toBe(3 + 4 * 18 + 16 + 9));
  test('an earlier total is one more vector', () => expect(time({}, { accumulated: true })).toBe(time({}) + 1));
  test('more vectors of a rank', () => expect(time({}, { counts: [1, 3, 1] })).toBe(time({}) + 2));
});

describe('owners: two exchanges, with the additions between', () => {
  const four = { ...costs, machines: [0, 1, 2, 3] };
  const size = { floats: 4, counts: ones(4) };
  // A rank sends a float to each of the three others.
  test('a machine for each rank', () => expect(ownerTime(four, size, 1)).toBe(10 + 3 * 8 + 4 + 10 + 3 * 8));
  test('two vectors of each rank', () => expect(ownerTime(four, { ...size, counts: ones(4, 2) }, 1)).toBe(10 + 6 * 8 + 8 + 10 + 3 * 8));
  test('two ranks a machine: four messages leave it', () =>
    expect(ownerTime({ ...costs, cores: 2, machines: [0, 0, 1, 1] }, size, 1)).toBe(10 + 4 * 8 + 4 + 10 + 4 * 8));
  test('one machine of two cores: 6 copies of each rank, and ranks take turns', () =>
    expect(ownerTime({ ...costs, cores: 2, machines: ones(4) }, size, 1)).toBe(10 + 2 * 6 + 2 * 4 + 10 + 2 * 6));
});

describe('the choice', () => {
  const tenGigabit: SumCosts = {
    machines: Array.from({ length: 64 }, (_, rank) => rank),
    cores: 2,
    network: { latency: 20e-6, secondsPerByte: 8e-10 },
    memoryLatency: 1e-5,
    perMessage: 5e-6,
    perByteCopied: 6e-11,
    perByteAdded: 8e-11,
  };
  test('64 ranks with a shard each: owners, several times as fast', () => {
    const size = { floats: 500_000, counts: ones(64) };
    expect(planSum(tenGigabit, size).algorithm).toBe('owners');
    expect(planChain(tenGigabit, size).seconds).toBeGreaterThan(2 * planOwners(tenGigabit, size).seconds);
  });
  test('two ranks with many shards: the chain sends each rank’s sum only', () =>
    expect(planSum({ ...tenGigabit, machines: [0, 1] }, { floats: 500_000, counts: [16, 16] }).algorithm).toBe('chain'));
  test('two ranks of a machine: the chain', () =>
    expect(planSum({ ...tenGigabit, machines: [0, 0] }, { floats: 1_000_000, counts: [1, 1] }).algorithm).toBe('chain'));
  test('eight ranks a machine share a card: the chain crosses it once each way', () => {
    const machines = tenGigabit.machines.map((rank) => rank >> 3);
    expect(planSum({ ...tenGigabit, machines, cores: 8 }, { floats: 20e6, counts: ones(64) }).algorithm).toBe('chain');
  });
});

describe('of any size', () => {
  const cases = fc.record({
    counts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 30 }),
    perMachine: fc.integer({ min: 1, max: 8 }),
    floats: fc.integer({ min: 1, max: 1e7 }),
    latency: fc.double({ min: 0, max: 1e-3, noNaN: true }),
    secondsPerByte: fc.double({ min: 1e-12, max: 1e-6, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  test('a faster network is never slower, and messages stay within the memory for them', () => {
    fc.assert(
      fc.property(cases, ({ counts, perMachine, floats, latency, secondsPerByte, share }) => {
        const machines = counts.map((_, rank) => Math.floor(rank / perMachine));
        const given = { ...costs, machines, perByteCopied: 1e-10, perByteAdded: 1e-10, memoryLatency: 0 };
        const at = (factor: number): SumCosts => ({
          ...given,
          network: { latency: factor * latency, secondsPerByte: factor * secondsPerByte },
        });
        const plan = planSum(at(1), { floats, counts });
        expect(planSum(at(share), { floats, counts }).seconds).toBeLessThanOrEqual(plan.seconds * (1 + 1e-9));
        expect(plan.messageFloats).toBeGreaterThan(0);
        const vectors = counts.reduce((a, b) => a + b, 0);
        const owners = planOwners(at(1), { floats, counts });
        expect(8 * owners.messageFloats * vectors).toBeLessThanOrEqual(Math.max(2 ** 24, 8 * 2048 * vectors));
      }),
    );
  });

  test('the formula of the chain agrees with a simulation of its messages', () => {
    const chains = fc.record({
      ranks: fc.integer({ min: 2, max: 12 }),
      parts: fc.integer({ min: 1, max: 20 }),
      latency: fc.double({ min: 0, max: 5, noNaN: true }),
      // An addition is shorter than its message; otherwise returning parts wait for it too.
      add: fc.double({ min: 0, max: 0.1, noNaN: true }),
      copy: fc.double({ min: 0, max: 0.02, noNaN: true }),
    });
    fc.assert(
      fc.property(chains, ({ ranks, parts, latency, add, copy }) => {
        const machines = Array.from({ length: ranks }, (_, rank) => rank);
        const given = { ...costs, machines, network: { latency, secondsPerByte: 0.25 }, perByteAdded: add, perByteCopied: copy };
        const size = { floats: 10 * parts, counts: ones(ranks) };
        const ratio = chainTime(given, size, 10) / simulate(given, size, 10);
        expect(ratio).toBeGreaterThan(0.85);
        expect(ratio).toBeLessThan(1.1);
      }),
      { numRuns: 300 },
    );
  });
});

interface Task {
  /** A rank's thread, or what leaves its network card. It is busy for `holds`; the task ends after `duration`. */
  resource: string;
  holds: number;
  duration: number;
  ready: number;
  next?: Task;
}

/** Takes every part along the chain, task by task: additions and copies on the threads of ranks, messages on network cards. */
function simulate({ network, perMessage, perByteCopied, perByteAdded }: SumCosts, { floats, counts }: SumSize, partFloats: number): number {
  const ranks = counts.length;
  const bytes = 4 * partFloats;
  const copy = perMessage + bytes * perByteCopied;
  const adding = counts.map((count) => count * bytes * perByteAdded);
  const onThread = (rank: number, duration: number): Task => ({ resource: `thread ${rank}`, holds: duration, duration, ready: 0 });
  function message(from: number): Task {
    const holds = bytes * network.secondsPerByte;
    return { resource: `card ${from}`, holds, duration: network.latency + holds, ready: 0 };
  }
  let waiting = Array.from({ length: floats / partFloats }, () => {
    // A thread copies what arrived, adds to it and copies it on without a pause.
    const tasks = [onThread(0, (adding[0] as number) + copy)];
    for (let rank = 1; rank < ranks; rank++) tasks.push(message(rank - 1), onThread(rank, (adding[rank] as number) + 2 * copy));
    for (let rank = ranks - 2; rank >= 0; rank--) tasks.push(message(rank + 1), onThread(rank, rank > 0 ? 2 * copy : copy));
    for (const [i, task] of tasks.entries()) if (tasks[i + 1]) task.next = tasks[i + 1] as Task;
    return tasks[0] as Task;
  });
  const free = new Map<string, number>();
  const startOf = ({ ready, resource }: Task) => Math.max(ready, free.get(resource) ?? 0);
  let end = 0;
  while (waiting.length) {
    const first = waiting.reduce((a, b) => (startOf(b) < startOf(a) ? b : a));
    const start = startOf(first);
    free.set(first.resource, start + first.holds);
    end = Math.max(end, start + first.duration);
    waiting = waiting.filter((task) => task !== first);
    // Of two tasks that can start at once, the one that is further on its way.
    if (first.next) waiting.unshift(Object.assign(first.next, { ready: start + first.duration }));
  }
  return end;
}
