import { expect, test } from 'vitest';
import type { Case } from './cases.ts';
import { compare, median } from './compare.ts';
import { type Peer, startPeer } from './peer.ts';

const each: Case = { suite: 'train', cell: 'lstm', B: 1, T: 1, I: 1, H: 1 };
const options = { rounds: 3, warmUpMs: 10, roundMs: 10 };

/** A real process that reports `ms` per call, or an error. */
const saying = (name: string, answer: object): Peer =>
  startPeer({ name, command: process.execPath, args: ['-e', `process.stdin.on('data', () => console.log('${JSON.stringify(answer)}'))`] });

test('a peer that takes three times as long has ratio 3', async () => {
  const peers = [saying('ours', { ms: 2 }), saying('theirs', { ms: 6 }), saying('other', { error: 'no such layer' })];
  const row = await compare(each, peers, options);
  for (const peer of peers) peer.stop();
  const { suite, ...sizes } = each;
  expect(row).toEqual({ ...sizes, ms: { ours: 2, theirs: 6 }, ratio: { theirs: 3 }, skipped: { other: 'no such layer' } });
});

test('a peer that cannot be started is skipped with its reason; ours may not be', async () => {
  const ours = saying('ours', { ms: 2 });
  const missing = () => startPeer({ name: 'missing', command: '/no/such/python', args: [] });
  expect((await compare(each, [ours, missing()], options)).skipped.missing).toContain('ENOENT');
  await expect(compare(each, [missing(), ours], options)).rejects.toThrow('our own side failed');
  ours.stop();
});

test('the median is the middle value', () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([])).toBeNaN();
});
