import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeAtomically } from './write-atomically.ts';

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
