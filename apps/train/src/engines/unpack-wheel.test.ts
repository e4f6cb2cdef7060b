import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Wheel } from './release.ts';
import { zipOf } from './testing/made-release.ts';
import { unpackWheel } from './unpack-wheel.ts';

const { signal } = new AbortController();

/** A wheel on the disk, and a folder to unpack it into. */
function wheelOf(files: Record<string, string>, unpackedBytes: number, members = /^kept\//) {
  const scratch = mkdtempSync(join(tmpdir(), 'unroll-wheel-'));
  const path = join(scratch, 'made.whl');
  writeFileSync(path, zipOf(files));
  const wheel: Wheel = { project: 'made', file: 'made.whl', bytes: 0, sha256: '', members, unpackedBytes };
  return { path, wheel, folder: join(scratch, 'site') };
}

test('only the members are written, and programs stay executable', async () => {
  const { path, wheel, folder } = wheelOf({ 'kept/a/b.so': 'library', 'kept/tool*': '#!', 'kept/': '', 'other/c': 'c' }, 9);
  expect(await unpackWheel(path, wheel, folder, signal)).toEqual([
    { path: 'kept/a/b.so', bytes: 7 },
    { path: 'kept/tool', bytes: 2 },
  ]);
  expect(readFileSync(join(folder, 'kept/a/b.so'), 'utf8')).toBe('library');
  expect(statSync(join(folder, 'kept/tool')).mode & 0o777).toBe(0o755 & ~process.umask());
  expect(existsSync(join(folder, 'other'))).toBe(false);
});

test.each(['../evil', 'kept/../../evil', '/evil', 'C:/evil'])('a member called %s is refused', async (name) => {
  const { path, wheel, folder } = wheelOf({ [name]: 'evil' }, 4, /evil/);
  await expect(unpackWheel(path, wheel, folder, signal)).rejects.toThrow(/^cannot unpack made.whl .*(invalid relative path|absolute path)/);
  expect(existsSync(join(folder, '../evil'))).toBe(false);
});

test('members that are larger or smaller than expected are refused', async () => {
  const large = wheelOf({ 'kept/a': 'a'.repeat(1000), 'kept/b': 'b' }, 999);
  await expect(unpackWheel(large.path, large.wheel, large.folder, signal)).rejects.toThrow('more than 999 bytes');
  expect(existsSync(large.folder)).toBe(false);
  const small = wheelOf({ 'kept/a': 'a' }, 2);
  await expect(unpackWheel(small.path, small.wheel, small.folder, signal)).rejects.toThrow(
    'made.whl: the needed files have 1 bytes, expected 2',
  );
});

test('a member that unpacks to more than it says is refused', async () => {
  const { path, wheel, folder } = wheelOf({ 'kept/a': 'a'.repeat(5000) }, 10);
  const bytes = readFileSync(path);
  // The size in the central directory, 24 bytes after its signature 'PK\x01\x02'.
  bytes.writeUInt32LE(10, bytes.indexOf('PK\u0001\u0002') + 24);
  writeFileSync(path, bytes);
  await expect(unpackWheel(path, wheel, folder, signal)).rejects.toThrow(/^cannot unpack made.whl .*too many bytes/);
});

test('a file that is no zip is refused', async () => {
  const { path, wheel, folder } = wheelOf({}, 0);
  writeFileSync(path, 'not a zip file, although it is long enough to hold the end of a central directory');
  await expect(unpackWheel(path, wheel, folder, signal)).rejects.toThrow(/^cannot unpack made.whl/);
});
