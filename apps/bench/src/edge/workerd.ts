import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { basename, extname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** Bundles a Worker into a directory. Imported modules and data other than scripts are copied beside it. */
export async function bundleWorker(entry: string, directory: string, nodePaths: string[] = []): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await build({
    entryPoints: [entry],
    outfile: join(directory, 'worker.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    define: { 'process.versions.node': 'undefined' },
    nodePaths,
    plugins: [modulesBeside(directory)],
    logLevel: 'error',
  });
}

/** Keeps imports of compiled modules and data external, and copies the files into the directory. */
function modulesBeside(directory: string): Plugin {
  return {
    name: 'modules beside',
    setup(building) {
      building.onResolve({ filter: /\.(wasm|bin|onnx)$/ }, async ({ path, resolveDir, kind, pluginData }) => {
        if (pluginData === 'found') return undefined;
        if (!path.startsWith('./')) {
          const found = await building.resolve(path, { resolveDir, kind, pluginData: 'found' });
          if (found.errors.length) return { errors: found.errors };
          copyFileSync(found.path, join(directory, basename(found.path)));
        }
        return { path: `./${basename(path)}`, external: true };
      });
    },
  };
}

const moduleKinds: Record<string, string> = { '.js': 'esModule', '.mjs': 'esModule', '.wasm': 'wasm', '.bin': 'data', '.onnx': 'data' };

export interface WorkerdOptions {
  /** Static files, as the binding ASSETS. */
  assets?: string;
  /** A Worker whose dependency takes its Node branch if Node's modules exist needs a date before workerd enabled them by default. */
  compatibilityDate?: string;
  /** Whether the Worker has the edge app's Durable Object. */
  sessions?: boolean;
}

export interface Workerd {
  url: string;
  process: ChildProcess;
  stop(): void;
}

/** Writes the configuration of a bundled Worker for `workerd serve`. */
export function configure(
  directory: string,
  port: number,
  { assets, sessions = false, compatibilityDate = '2026-10-20' }: WorkerdOptions = {},
): string {
  const names = readdirSync(directory).filter((name) => extname(name) in moduleKinds);
  const module = (name: string) =>
    `(name = "${name === 'worker.js' ? name : `./${name}`}", ${moduleKinds[extname(name)]} = embed "${name}")`;
  const ordered = ['worker.js', ...names.filter((name) => name !== 'worker.js')];
  const bindings = [
    ...(assets ? ['(name = "ASSETS", service = "assets")'] : []),
    ...(sessions ? ['(name = "SESSIONS", durableObjectNamespace = "Session")'] : []),
  ];
  const storage = sessions
    ? `durableObjectNamespaces = [(className = "Session", uniqueKey = "bench", enableSql = true)], durableObjectStorage = (inMemory = void),`
    : '';
  const path = join(directory, 'config.capnp');
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${ordered.map(module).join(', ')}],
      compatibilityDate = "${compatibilityDate}",
      bindings = [${bindings.join(', ')}],
      ${storage}
    )),
    ${assets ? `(name = "assets", disk = "${assets}"),` : ''}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);`,
  );
  return path;
}

/** Starts workerd and waits until `answers` succeeds. `startMs` is the time from the start of the process to that answer. */
export async function startWorkerd(
  directory: string,
  options: WorkerdOptions,
  answers: (url: string) => Promise<unknown>,
): Promise<Workerd & { startMs: number }> {
  const port = await freePort();
  const config = configure(directory, port, options);
  const url = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const process = spawn(require.resolve('workerd/bin/workerd'), ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  process.stderr?.on('data', (chunk) => (said += chunk));
  for (;;) {
    try {
      await answers(url);
      return { url, process, startMs: performance.now() - started, stop: () => void process.kill('SIGKILL') };
    } catch (error) {
      if (process.exitCode !== null || performance.now() - started > 20_000) {
        process.kill('SIGKILL');
        throw new Error(`workerd did not answer: ${(error as Error).message}\n${said.slice(0, 2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

/** Resident bytes of a process and its child processes. */
export function residentBytes({ pid }: ChildProcess): number {
  return processTree(pid as number).reduce((sum, id) => sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(read(id, 'status'))?.[1] ?? 0) * 1024, 0);
}

/** CPU milliseconds used by a process and its child processes. */
export function cpuMs({ pid }: ChildProcess): number {
  const ticks = processTree(pid as number).map((id) => {
    const fields = read(id, 'stat').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return ticks.reduce((sum, tick) => sum + tick, 0) * 10;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function processTree(pid: number): number[] {
  const children = read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(processTree)];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
