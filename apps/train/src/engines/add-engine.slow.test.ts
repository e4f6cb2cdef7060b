/** Adding a made engine in processes of their own: killed at any moment, several at once, on a full disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Release } from './release.ts';
import { stateOf } from './state.ts';
import { releaseToJson } from './testing/add-made-engine.ts';
import { type FileServer, startFileServer } from './testing/file-server.ts';
import { ANSWER, environmentOf, hasCompiler, makeRelease } from './testing/made-release.ts';

const program = fileURLToPath(new URL('testing/add-made-engine.ts', import.meta.url));

describe.skipIf(!hasCompiler)('processes that add an engine', () => {
  let server: FileServer;
  let env: NodeJS.ProcessEnv;
  let release: Release;
  beforeAll(async () => {
    server = await startFileServer();
    env = environmentOf(server);
    release = await makeRelease(server, 'gpu');
    slowDown(server);
  });
  afterAll(() => server.close());

  const emptyFolder = () => mkdtempSync(join(tmpdir(), 'unroll-engines-'));

  /** `before` is a command of the shell that runs first, such as a limit. */
  function start(engines: string, before = 'true'): { child: ChildProcess; ended: Promise<{ code: number | null; output: string }> } {
    const words = ['-c', `${before}; exec "$0" "$@"`, process.execPath, program, engines, releaseToJson(release)];
    const child = spawn('bash', words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) };
  }

  async function expectComplete(engines: string) {
    const { code, output } = await start(engines).ended;
    expect(output).toContain(`answer ${ANSWER}\n`);
    expect(code).toBe(0);
    expect(readdirSync(engines).sort()).toEqual(['.lock', 'tensorflow-1.2.3-gpu']);
    const folder = join(engines, 'tensorflow-1.2.3-gpu');
    expect(readdirSync(folder).sort()).toEqual(['engine.json', 'node_modules']);
    expect(stateOf(folder).state).toBe('complete');
  }

  test('killed at any moments, the next one completes the engine', async () => {
    const began = performance.now();
    await expectComplete(emptyFolder());
    const whole = performance.now() - began;
    const moments = fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(moments, async (fractions) => {
        const engines = emptyFolder();
        for (const fraction of fractions) {
          const { child, ended } = start(engines);
          setTimeout(() => child.kill('SIGKILL'), fraction * whole);
          await ended;
        }
        await expectComplete(engines);
        rmSync(engines, { recursive: true });
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  test('of several at once, one downloads and all end with the engine', async () => {
    const engines = emptyFolder();
    server.requests.length = 0;
    const results = await Promise.all(Array.from({ length: 3 }, () => start(engines).ended));
    for (const { code, output } of results) expect([code, output]).toEqual([0, expect.stringContaining(`answer ${ANSWER}\n`)]);
    for (const { file } of release.wheels) expect(server.requests.filter((each) => each.includes(file))).toHaveLength(1);
    expect(results.filter(({ output }) => output.includes('Another process adds or removes an engine'))).toHaveLength(2);
  });

  test('on a full disk, names the file and the reason, and resumes', async () => {
    const engines = emptyFolder();
    // A limit on the size of files in kilobytes stands for the disk: it fails each write beyond it.
    const { code, output } = await start(engines, 'ulimit -f 4').ended;
    expect(code).toBe(1);
    expect(output).toMatch(/cannot write .*\.part: file too large \(EFBIG\)|cannot unpack .*file too large \(EFBIG\)|npm cannot download/);
    await expectComplete(engines);
  });
});

/** Wheels arrive in pieces with pauses, so that there is a time to be killed in. */
function slowDown(server: FileServer): void {
  for (const [path, answer] of server.answers) {
    if (!path.startsWith('/files/')) continue;
    server.answers.set(path, (request, response) => {
      const end = response.end.bind(response);
      response.end = ((bytes?: Uint8Array) => {
        if (!(bytes instanceof Uint8Array)) return end(bytes);
        const half = bytes.length >> 1;
        response.write(bytes.subarray(0, half));
        setTimeout(() => end(bytes.subarray(half)), 400);
        return response;
      }) as typeof response.end;
      answer(request, response);
    });
  }
}
