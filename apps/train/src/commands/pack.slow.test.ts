import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadMobyDick } from '@unroll/datasets/moby-dick.ts';
import { openTokenFile } from '@unroll/datasets/token-file.ts';
import { afterAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'unroll-pack-killed-'));
afterAll(() => rmSync(directory, { recursive: true }));
const text = join(directory, 'book.txt');
const out = join(directory, 'book.tokens');
writeFileSync(text, loadMobyDick().text.repeat(3));
const parts = () => readdirSync(directory).filter((name) => name.endsWith('.part'));

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
function pack(...more: string[]) {
  const child = spawn(process.execPath, ['--no-warnings', cli, 'pack', text, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  child.stdout.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, output: () => said.join('') };
}

/** When to kill: as a pass begins, or when ids have been written. */
const moments: [string, (output: string) => boolean][] = [
  ...['detecting the encoding', 'counting characters', 'fitting the tokenizer', 'encoding\n'].map(
    (pass): [string, (output: string) => boolean] => [pass.trim(), (output) => output.includes(pass)],
  ),
  ['with ids written', () => parts().some((name) => statSync(join(directory, name)).size > 2_000_000)],
];

test('a packing that is killed at any moment leaves no file that trains, and the next one names what is left and packs the text', async () => {
  const whole = pack();
  expect(await whole.ended).toBe(0);
  const bytes = readFileSync(out);
  const { digest } = openTokenFile(out).file;
  for (const [moment, reached] of moments) {
    for (const old of [false, true]) {
      if (!old) rmSync(out);
      const killed = pack('--force');
      while (!reached(killed.output()) && killed.child.exitCode === null) await sleep(1);
      killed.child.kill('SIGKILL');
      await killed.ended;
      expect([moment, killed.child.signalCode]).toEqual([moment, 'SIGKILL']);
      // The file of before, or none.
      if (old) expect(readFileSync(out)).toEqual(bytes);
      else expect(existsSync(out)).toBe(false);
      for (const part of parts()) expect(() => openTokenFile(join(directory, part))).toThrow('it is not a token file');

      const next = pack('--force');
      expect(await next.ended).toBe(0);
      for (const part of parts()) {
        expect(next.output()).toContain(`${join(directory, part)} is left from a packing that was interrupted; remove it`);
        rmSync(join(directory, part));
      }
      expect(openTokenFile(out, { always: true }).file.digest).toBe(digest);
      bytes.set(readFileSync(out));
    }
  }
});
