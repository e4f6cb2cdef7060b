import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRunDirectory, openRunDirectory } from './run-directory.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-train-'));

describe('run directories', () => {
  const about = { recipe: 'x', seed: 3, epochs: 2 };
  const now = new Date('2026-03-04T05:06:07Z');

  test('two runs of the same second get directories of their own', async () => {
    const runs = join(scratch, 'runs');
    const [a, b] = [await createRunDirectory(runs, 'x', now, about), await createRunDirectory(runs, 'x', now, about)];
    expect([a.id, b.id]).toEqual(['x-20260304-050607', 'x-20260304-050607-2']);
  });

  test('record the options of the run', async () => {
    const { path } = await createRunDirectory(join(scratch, 'again'), 'x', now, about);
    expect(openRunDirectory(path).about).toEqual(about);
  });

  test('that cannot be made, or are none, are named', async () => {
    const file = join(scratch, 'file');
    writeFileSync(file, '');
    await expect(createRunDirectory(file, 'x', now, about)).rejects.toThrow(/file/);
    expect(() => openRunDirectory(scratch)).toThrow(`resume: ${scratch} is not the directory of a run: it has no run.json`);
  });
});
