import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../testing/exit-while-compiling.ts', import.meta.url));

/** A process that does not end is killed; it has no exit code. */
function run(): Promise<{ code: unknown; stdout: string }> {
  const args = ['--stress-concurrent-allocation', '--max-old-space-size=64', '--disable-warning=ExperimentalWarning', program];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { timeout: 50_000, killSignal: 'SIGKILL' }, (_, stdout) =>
      resolve({ code: child.exitCode, stdout }),
    );
  });
}

test('process.exit ends the process although threads of V8 wait for it', { timeout: 60_000 }, async () => {
  const ends = await Promise.all(Array.from({ length: 4 }, run));
  expect(ends).toEqual(ends.map(() => ({ code: 3, stdout: 'true' })));
});
