import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectFreePort } from './commands/free-port.ts';
import { createRunDirectory, openRunDirectory } from './run/run-directory.ts';
import { writeAtomically } from './run/write-atomically.ts';
import { checkMemory } from './workers/check-memory.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-train-'));

describe('writeAtomically', () => {
  test('replaces a file and leaves nothing beside it', async () => {
    const path = join(scratch, 'a.txt');
    await writeAtomically(path, 'old');
    await writeAtomically(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(scratch).filter((name) => name.startsWith('a.txt'))).toEqual(['a.txt']);
  });

  test('keeps the old file when the new one cannot be written', async () => {
    await expect(writeAtomically(join(scratch, 'absent', 'b.txt'), 'x')).rejects.toThrow();
    const directory = join(scratch, 'taken');
    mkdirSync(join(directory, 'c.txt'), { recursive: true });
    await expect(writeAtomically(join(directory, 'c.txt'), 'x')).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['c.txt']);
  });

  test('of many writes at once the last one stays, and one that fails stops no other', async () => {
    const path = join(scratch, 'many.txt');
    const writes = Array.from({ length: 20 }, (_, i) => writeAtomically(path, `${i}`.repeat(1000 * (20 - i))));
    await Promise.all(writes);
    expect(readFileSync(path, 'utf8')).toBe('19'.repeat(1000));
    const directory = join(scratch, 'soon');
    const early = writeAtomically(join(directory, 'd.txt'), 'early');
    await expect(early).rejects.toThrow('ENOENT');
    mkdirSync(directory);
    await writeAtomically(join(directory, 'd.txt'), 'late');
    expect(readFileSync(join(directory, 'd.txt'), 'utf8')).toBe('late');
  });

  test('a process killed at any moment leaves the old content or the new, never half', async () => {
    const path = join(scratch, 'killed.bin');
    const writer = join(scratch, 'writer.mjs');
    const size = 3_000_000;
    writeFileSync(
      writer,
      `import { writeAtomically } from ${JSON.stringify(join(import.meta.dirname, 'write-atomically.ts'))};
for (let i = 0; ; i = (i + 1) % 256) await writeAtomically(${JSON.stringify(path)}, new Uint8Array(${size}).fill(i));`,
    );
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [writer], { stdio: 'ignore' });
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 120 + round * 7));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const content = readFileSync(path);
      expect(content.length).toBe(size);
      expect(content.equals(Buffer.alloc(size, content[0]))).toBe(true);
    }
  });
});

describe('run directories', () => {
  const about = { recipe: 'x', seed: 3, epochs: 2 };
  const now = new Date('2026-03-04T05:06:07Z');

  test('two runs of the same second get directories of their own', async () => {
    const runs = join(scratch, 'runs');
    const [a, b] = [await createRunDirectory(runs, 'x', now, about), await createRunDirectory(runs, 'x', now, about)];
    expect([a.id, b.id]).toEqual(['x-20260304-050607', 'x-20260304-050607-2']);
  });

  test('say what they were started with', async () => {
    const { path } = await createRunDirectory(join(scratch, 'again'), 'x', now, about);
    expect(openRunDirectory(path).about).toEqual(about);
  });

  test('that cannot be made, or are none, are named', async () => {
    const file = join(scratch, 'file');
    writeFileSync(file, '');
    await expect(createRunDirectory(file, 'x', now, about)).rejects.toThrow(/file/);
    expect(() => openRunDirectory(scratch)).toThrow(`resume: ${scratch} is not the directory of a run: ENOENT`);
  });
});

test('too little memory says how many workers would fit', () => {
  expect(() => checkMemory(8, 1_000_000, 4, 2 * 2 ** 30)).not.toThrow();
  expect(() => checkMemory(8, 1_000_000, 4, 700 * 2 ** 20)).toThrow(
    /too little memory: 8 workers need about 767 MB, 700 MB are available\. Pass --workers 6\./,
  );
  expect(() => checkMemory(1, 1_000_000, 4, 2 ** 20)).toThrow('not even one worker fits');
});

test('a port in use is refused with one that is free', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(expectFreePort(port)).rejects.toThrow(
    new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use\\. Pass --port \\d+, which is free\\.`),
  );
  server.close();
  await once(server, 'close');
  await expect(expectFreePort(port)).resolves.toBeUndefined();
  await expect(expectFreePort(70000)).rejects.toThrow('from 1 to 65535');
});
