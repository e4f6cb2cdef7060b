import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InstallView } from '../terminal/install-view.ts';
import { type AddOptions, addEngine } from './add-engine.ts';
import { readManifest } from './manifest.ts';
import type { Release } from './release.ts';
import { removeEngine } from './remove-engine.ts';
import { findEngines, stateOf } from './state.ts';
import { tryMadeEngine } from './testing/add-made-engine.ts';
import { type FileServer, sendFile, startFileServer } from './testing/file-server.ts';
import { ANSWER, environmentOf, hasCompiler, makeRelease } from './testing/made-release.ts';

const { signal } = new AbortController();
const patience = { stallMs: 20_000, retryMs: 1, attempts: 2 };
if (!hasCompiler) console.log('skipped: adding an engine needs Linux and g++');

describe.skipIf(!hasCompiler)('adding an engine', () => {
  let server: FileServer;
  let env: NodeJS.ProcessEnv;
  let release: Release;
  let said: string[];
  const view: InstallView = { step: (text) => said.push(text), warn: (text) => said.push(text), progress: () => {}, done: () => {} };

  beforeAll(async () => {
    server = await startFileServer();
    env = environmentOf(server);
    release = await makeRelease(server, 'cpu');
  });
  afterAll(() => server.close());

  let complete = '';
  /** A copy of a folder with a complete engine. */
  async function folderWithEngine(): Promise<string> {
    if (!complete) {
      complete = emptyFolder();
      await add(complete);
    }
    const copy = emptyFolder();
    cpSync(complete, copy, { recursive: true });
    return copy;
  }
  /** The same without the addon. */
  async function folderWithoutAddon(): Promise<string> {
    const engines = await folderWithEngine();
    rmSync(join(engines, 'tensorflow-1.2.3-cpu/node_modules/@tensorflow/tfjs-node/lib'), { recursive: true });
    return engines;
  }
  const emptyFolder = () => mkdtempSync(join(tmpdir(), 'unroll-engines-'));
  function add(engines: string, { of = release, ...changes }: Partial<AddOptions> & { of?: Release } = {}) {
    said = [];
    server.requests.length = 0;
    return addEngine(of, { engines, env, signal, patience, view, tryEngine: tryMadeEngine, device: 'cpu', ...changes });
  }

  test('makes a folder that holds what is needed and nothing else, and that needs no network', async () => {
    const engines = emptyFolder();
    const { folder, trial } = await add(engines);
    expect(trial.description).toBe(`${ANSWER}`);
    expect(folder).toBe(join(engines, 'tensorflow-1.2.3-cpu'));
    expect(readdirSync(engines).sort()).toEqual(['.lock', 'tensorflow-1.2.3-cpu']);
    expect(readdirSync(folder).sort()).toEqual(['engine.json', 'node_modules']);
    const { parts, ...about } = readManifest(folder) ?? { parts: [] };
    expect(about).toEqual({ engine: 'tensorflow', device: 'cpu', version: '1.2.3', package: '@tensorflow/tfjs-node' });
    const listed = parts.flatMap(({ files }) => files.map(({ path }) => path));
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile());
    expect(listed.sort()).toEqual(found.filter((path) => path !== 'engine.json').sort());
    expect(listed.join()).not.toMatch(/not_needed|src\//);

    rmSync(join(engines, '.lock'));
    const again = await add(engines, {
      env: { ...env, CXX: 'no-compiler', PIP_INDEX_URL: 'http://127.0.0.1:1', npm_config_registry: 'http://127.0.0.1:1' },
    });
    expect(again.trial.description).toBe(`${ANSWER}`);
    expect(server.requests).toEqual([]);
    // Nor does it need write access.
    expect(readdirSync(engines)).toEqual(['tensorflow-1.2.3-cpu']);
  });

  test('gives tfjs-node the tfjs-core of the process', async () => {
    const folder = join(await folderWithEngine(), 'tensorflow-1.2.3-cpu');
    const require = createRequire(join(folder, 'package.json'));
    const core = {};
    Object.assign(globalThis, { [Symbol.for('unroll.tfjs-core')]: core });
    for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs']) expect(require(name)).toBe(core);
  });

  test('for a GPU lays out the wheels so that libraries find each other and programs run', async () => {
    const gpu = await makeRelease(server, 'gpu');
    const { folder, trial } = await add(emptyFolder(), { of: gpu });
    expect(trial.description).toBe(`${ANSWER}`);
    const ptxas = join(folder, 'node_modules/@tensorflow/tfjs-node-gpu/deps/site/nvidia/cuda_runtime/bin/ptxas');
    expect(statSync(ptxas).mode & 0o100).toBe(0o100);
  });

  test('repairs a damaged engine by what is damaged', async () => {
    const engines = await folderWithEngine();
    const folder = join(engines, 'tensorflow-1.2.3-cpu');
    const site = join(folder, 'node_modules/@tensorflow/tfjs-node/deps/site/tensorflow');
    writeFileSync(join(site, 'libtensorflow_cc.so.2'), 'cut short');
    expect(findEngines(engines)).toMatchObject([
      { path: folder, state: { state: 'damaged', reason: expect.stringMatching(/libtensorflow_cc.so.2 has 9 bytes instead of \d+/) } },
    ]);
    await add(engines);
    expect(server.requests.map((each) => each.split('/')[1])).toEqual(['simple', 'files']);
    expect(stateOf(folder).state).toBe('complete');
    rmSync(join(folder, 'node_modules/made-dependency-cpu/index.js'));
    expect(stateOf(folder)).toMatchObject({ reason: 'node_modules/made-dependency-cpu/index.js is missing' });
    expect((await add(engines)).trial.description).toBe(`${ANSWER}`);
    expect(server.requests.join()).not.toMatch(/files|tfjs-node/);
    writeFileSync(join(folder, 'engine.json'), '{');
    expect(stateOf(folder)).toMatchObject({ state: 'damaged', reason: expect.stringContaining('cannot read') });
    expect((await add(engines)).trial.description).toBe(`${ANSWER}`);
    expect(stateOf(folder).state).toBe('complete');
  });

  test('refuses a wheel with another digest, keeps what was right, and resumes', async () => {
    const engines = emptyFolder();
    const [wheel] = release.wheels;
    if (!wheel) throw new Error('a release has a wheel');
    const route = `/files/${wheel.file}`;
    const right = server.answers.get(route);
    server.answers.set(route, sendFile(new Uint8Array(wheel.bytes)));
    await expect(add(engines)).rejects.toThrow(`instead of ${wheel.sha256}. Nothing of it is kept.`);
    const partial = join(engines, 'tensorflow-1.2.3-cpu.partial');
    expect(readdirSync(join(partial, 'scratch')).filter((name) => name.includes('whl'))).toEqual([]);
    expect(findEngines(engines)).toMatchObject([{ path: partial, version: '1.2.3', device: 'cpu', state: { state: 'unfinished' } }]);
    server.answers.set(route, right ?? sendFile(new Uint8Array()));
    expect((await add(engines)).trial.description).toBe(`${ANSWER}`);
    expect(server.requests.some((each) => each.includes('made-dependency'))).toBe(false);
    expect(existsSync(partial)).toBe(false);
  });

  test('refuses an npm package with another integrity', async () => {
    const other = { ...release, binding: { ...release.binding, integrity: 'sha512-AAAA' } };
    await expect(add(emptyFolder(), { of: other })).rejects.toThrow(
      `@tensorflow/tfjs-node@4.5.6 is not the package that this version of Unroll expects: ${release.binding.integrity} instead of sha512-AAAA`,
    );
  });

  test('passes on what npm says', async () => {
    const missing = { ...release, headers: { ...release.headers, name: 'not-there' } };
    await expect(add(emptyFolder(), { of: missing })).rejects.toThrow(/npm cannot download .*not-there@4.5.6:\n[\s\S]*404 Not Found/);
  });

  test('without a compiler says which package brings one, before anything is downloaded', async () => {
    const empty = emptyFolder();
    await expect(add(emptyFolder(), { env: { ...env, PATH: empty } })).rejects.toThrow(/^no C\+\+ compiler: .*Install one: .*g(cc-c)?\+\+/);
    await expect(add(emptyFolder(), { env: { ...env, CXX: 'no-such-compiler -x' } })).rejects.toThrow("CXX is 'no-such-compiler -x'");
    expect(server.requests).toEqual([]);
  });

  test('shows the errors of the compiler, and takes $CXX with its arguments', async () => {
    const engines = await folderWithoutAddon();
    await expect(add(engines, { env: { ...env, CXX: 'g++ -include no-such-header.h' } })).rejects.toThrow(
      /g\+\+ -include no-such-header.h cannot compile the addon:\n[\s\S]*no-such-header.h/,
    );
    expect((await add(engines, { env: { ...env, CXX: ' g++  -O1 ' } })).trial.description).toBe(`${ANSWER}`);
  });

  test('an engine that does not run is not called complete', async () => {
    const engines = await folderWithoutAddon();
    const tryEngine = async () => Promise.reject(new Error('it does not run'));
    await expect(add(engines, { tryEngine })).rejects.toThrow('it does not run');
    expect(findEngines(engines)).toMatchObject([{ state: { state: 'unfinished' } }]);
    await add(engines);
    expect(server.requests).toEqual([]);
  });

  test('says when the disk is too small', async () => {
    const wheels = release.wheels.map((wheel) => ({ ...wheel, unpackedBytes: 1e18 }));
    await expect(add(emptyFolder(), { of: { ...release, wheels } })).rejects.toThrow(
      /needs 1000000000.0 GB, and its disk has .* free. Make room, or set UNROLL_ENGINES to a folder on another disk/,
    );
  });

  test('says when the folder of engines cannot be made or written to', async () => {
    const file = join(emptyFolder(), 'file');
    writeFileSync(file, '');
    await expect(add(join(file, 'engines'))).rejects.toThrow(/cannot write to the folder of engines .*ENOTDIR.*Set UNROLL_ENGINES/);
    await expect(add('/sys/unroll')).rejects.toThrow(/cannot write to the folder of engines \/sys\/unroll: .*Set UNROLL_ENGINES/);
    await expect(add('/sys')).rejects.toThrow(/cannot write to the folder of engines \/sys: .*Set UNROLL_ENGINES/);
  });

  test('removing takes the engine of the device, also an unfinished one, and no other', async () => {
    const engines = await folderWithEngine();
    for (const name of ['tensorflow-1.3.0-cpu.partial', 'tensorflow-1.2.3-gpu']) {
      cpSync(join(engines, 'tensorflow-1.2.3-cpu'), join(engines, name), { recursive: true });
    }
    writeFileSync(join(engines, 'notes.txt'), 'mine');
    const removed = await removeEngine(engines, 'cpu', { signal, onWait: () => {} });
    expect(removed.map((path) => path.slice(engines.length + 1))).toEqual(['tensorflow-1.2.3-cpu', 'tensorflow-1.3.0-cpu.partial']);
    expect(readdirSync(engines).sort()).toEqual(['.lock', 'notes.txt', 'tensorflow-1.2.3-gpu']);
    expect(await removeEngine(engines, 'cpu', { signal, onWait: () => {} })).toEqual([]);
    expect(readFileSync(join(engines, 'notes.txt'), 'utf8')).toBe('mine');
  });
});
