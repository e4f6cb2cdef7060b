import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Chain, chainTime, type Link, messageTime, ringTime, treeTime } from './collectives.ts';

const link: Link = { latency: 10, secondsPerByte: 2 };

describe('closed forms', () => {
  test('a message takes α + nβ', () => expect(messageTime(link, 6)).toBe(22));

  // 2(R-1)α + 2n(R-1)/R·β + n(R-1)/R·γ with α 10, β 2, γ 1.
  test.each([
    [2, 8, 2 * 10 + 8 * 2 + 4],
    [4, 8, 6 * 10 + 12 * 2 + 6],
  ])('a ring of %d ranks, %d bytes: %d', (ranks, bytes, time) =>
    expect(ringTime({ ranks, bytes, secondsPerByteAdded: 1 }, link)).toBeCloseTo(time, 9),
  );

  // ⌈lg R⌉·(2α + 2nβ + nγ)
  test.each([
    [2, 8, 20 + 32 + 8],
    [4, 8, 2 * 60],
    [5, 8, 3 * 60],
  ])('a tree of %d ranks, %d bytes: %d', (ranks, bytes, time) =>
    expect(treeTime({ ranks, bytes, secondsPerByteAdded: 1 }, link)).toBeCloseTo(time, 9),
  );

  test('a chain of 3 ranks with 2 parts of 4 bytes: the way of the first part, then a period of the slowest link', () => {
    // Way: additions 3 · 1, four messages of 10 + 4·2 and two copies. Period: 4·2 on a link, against 1 + 4 copies in the middle rank.
    expect(chainTime({ ...chain(3, 2, 4), secondsPerByteCopied: 0.25 })).toBe(3 + 4 * 20 + 8);
    expect(chainTime({ ...chain(3, 2, 4), secondsPerByteCopied: 0.5 })).toBe(3 + 4 * 22 + 9);
    // Three ranks share a core: 1 + 2·2, 1 + 4·2 and 1 + 2·2 in turn.
    expect(chainTime({ ...chain(3, 2, 4), secondsPerByteCopied: 0.5, machine: { ranks: 3, cores: 1 } })).toBe(3 + 4 * 22 + 19);
  });
});

function chain(ranks: number, parts: number, partBytes: number): Chain {
  return {
    ranks,
    parts,
    partBytes,
    links: new Array<Link>(ranks - 1).fill(link),
    adding: new Array<number>(ranks).fill(1),
    secondsPerByteCopied: 0,
    machine: { ranks: 1, cores: 1 },
  };
}

describe('of any size', () => {
  const sizes = fc.record({
    ranks: fc.integer({ min: 1, max: 40 }),
    bytes: fc.integer({ min: 1, max: 1e8 }),
    latency: fc.double({ min: 0, max: 1e-3, noNaN: true }),
    bandwidth: fc.double({ min: 1e6, max: 1e11, noNaN: true }),
    faster: fc.double({ min: 1, max: 100, noNaN: true }),
  });
  const times = ({ ranks, bytes, latency }: { ranks: number; bytes: number; latency: number }, bandwidth: number) => {
    const one: Link = { latency, secondsPerByte: 1 / bandwidth };
    const reduction = { ranks, bytes, secondsPerByteAdded: 1e-10 };
    const parts = { ...chain(ranks, 8, bytes / 8), links: new Array<Link>(ranks - 1).fill(one), secondsPerByteCopied: 1e-11 };
    return { ring: ringTime(reduction, one), tree: treeTime(reduction, one), chain: chainTime(parts) };
  };

  test('more bandwidth is never slower, and one rank sends nothing', () => {
    fc.assert(
      fc.property(sizes, ({ bandwidth, faster, ...size }) => {
        const [slow, fast] = [times(size, bandwidth), times(size, bandwidth * faster)];
        for (const name of ['ring', 'tree', 'chain'] as const) expect(fast[name]).toBeLessThanOrEqual(slow[name] * (1 + 1e-12));
        const { ring, tree, chain: alone } = times({ ...size, ranks: 1 }, bandwidth);
        expect([ring, tree]).toEqual([0, 0]);
        expect(alone).toBe(8);
      }),
    );
  });

  test('the formula of the chain agrees with a simulation of its messages', () => {
    const cases = fc.record({
      ranks: fc.integer({ min: 2, max: 12 }),
      parts: fc.integer({ min: 1, max: 20 }),
      latency: fc.double({ min: 0, max: 5, noNaN: true }),
      // An addition is shorter than its message; otherwise returning parts wait for it too.
      add: fc.double({ min: 0, max: 4, noNaN: true }),
      copy: fc.double({ min: 0, max: 0.2, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ ranks, parts, latency, add, copy }) => {
        const links = new Array<Link>(ranks - 1).fill({ latency, secondsPerByte: 1 });
        const given: Chain = { ...chain(ranks, parts, 10), links, adding: new Array<number>(ranks).fill(add), secondsPerByteCopied: copy };
        const ratio = chainTime(given) / simulate(given);
        expect(ratio).toBeGreaterThan(0.85);
        expect(ratio).toBeLessThan(1.1);
      }),
      { numRuns: 300 },
    );
  });
});

interface Task {
  /** A rank's thread, or a link in one direction. It is busy for `holds`; the task ends after `duration`. */
  resource: string;
  holds: number;
  duration: number;
  ready: number;
  next?: Task;
}

/** Takes every part along the chain, task by task: additions and copies on the threads of ranks, messages on links. */
function simulate({ ranks, parts, partBytes, links, adding, secondsPerByteCopied }: Chain): number {
  const copy = partBytes * secondsPerByteCopied;
  const onThread = (rank: number, duration: number): Task => ({ resource: `thread ${rank}`, holds: duration, duration, ready: 0 });
  function message(from: number, to: number): Task {
    const link = links[Math.min(from, to)] as Link;
    const holds = partBytes * link.secondsPerByte;
    return { resource: `link ${from} to ${to}`, holds, duration: messageTime(link, partBytes), ready: 0 };
  }
  let waiting = Array.from({ length: parts }, () => {
    // A thread copies what arrived, adds to it and copies it on without a pause.
    const tasks = [onThread(0, (adding[0] as number) + copy)];
    for (let rank = 1; rank < ranks; rank++) tasks.push(message(rank - 1, rank), onThread(rank, (adding[rank] as number) + 2 * copy));
    for (let rank = ranks - 2; rank >= 0; rank--) tasks.push(message(rank + 1, rank), onThread(rank, rank > 0 ? 2 * copy : copy));
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
