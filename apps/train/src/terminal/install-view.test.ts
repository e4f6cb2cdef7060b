import { expect, test } from 'vitest';
import { createInstallView, megabytes } from './install-view.ts';

test('without a terminal, steps and warnings are plain lines, and a download is told every ten seconds', () => {
  let said = '';
  let now = 0;
  const stream = { isTTY: false, write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
  const view = createInstallView(stream, () => now);
  view.step('tensorflow-cpu\u001b[2J');
  // Seconds since the start, and millions of bytes. The first 100 were there before.
  for (const [seconds, megabytes] of [
    [1, 100],
    [10, 190],
    [11, 200],
    [16, 210],
  ] as const) {
    now = seconds * 1000;
    view.progress('file', megabytes * 1e6, 400e6);
  }
  view.warn('no data for 30 s');
  view.done();
  expect(said).toBe('tensorflow-cpu\\u001b[2J\n  200 MB of 400 MB, 10.0 MB/s, 20 s left\nwarning: no data for 30 s\n');
});

test('sizes are in megabytes, and from 1000 of them on in gigabytes', () => {
  expect([0, 273_601_549, 5_506_000_000].map(megabytes)).toEqual(['0 MB', '274 MB', '5.5 GB']);
});
