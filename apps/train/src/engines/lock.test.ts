import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withLock } from './lock.ts';

const { signal } = new AbortController();
const lockPath = () => join(mkdtempSync(join(tmpdir(), 'unroll-lock-')), '.lock');

/** A process that holds the lock until it is killed. */
async function startHolder(path: string) {
  const program = `
    const { withLock } = await import(${JSON.stringify(new URL('lock.ts', import.meta.url).href)});
    await withLock(${JSON.stringify(path)}, { signal: new AbortController().signal, onWait() {} }, () => new Promise(() => {
      console.log('held');
      setInterval(() => {}, 1000);
    }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('a lock is waited for until its holder is killed', async () => {
  const path = lockPath();
  const holder = await startHolder(path);
  let waits = 0;
  let worked = false;
  const work = withLock(path, { signal, onWait: () => waits++ }, async () => {
    worked = true;
  });
  // The first attempt is made before the first wait.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect([waits, worked]).toEqual([1, false]);
  holder.kill('SIGKILL');
  await work;
  expect([waits, worked]).toEqual([1, true]);
});

test('waiting ends with an abort', async () => {
  const path = lockPath();
  await startHolder(path);
  const user = new AbortController();
  const work = withLock(path, { signal: user.signal, onWait: () => user.abort() }, async () => 'worked');
  await expect(work).rejects.toThrow(/abort/);
});

test('a lock is free again after work that failed', async () => {
  const path = lockPath();
  const options = { signal, onWait: () => expect.unreachable() };
  await expect(withLock(path, options, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withLock(path, options, async () => 'worked')).toBe('worked');
});

test('of many at once, one works at a time', async () => {
  const path = lockPath();
  let working = 0;
  const work = async () => {
    working++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(working--).toBe(1);
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(path, { signal, onWait: () => {} }, work)));
});
