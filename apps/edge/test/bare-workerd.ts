import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundledModules, compatibilityDate } from '../scripts/workerd-bundle.ts';
import { freePort, waitFor } from './servers.ts';

const built = join(import.meta.dirname, '../dist');

export interface BareWorkerd {
  origin: string;
  process: ChildProcess;
}

/**
 * The bundle that `wrangler deploy` would upload (npm run build made it), with the built assets, in a workerd of its own:
 * no wrangler, no bucket.
 * @param directory scratch, kept by the caller: sessions are stored there.
 * @param bindings texts, as variables and secrets are.
 */
export async function startBareWorkerd(directory: string, bindings: Readonly<Record<string, string>> = {}): Promise<BareWorkerd> {
  const port = await freePort();
  // workerd embeds files by paths relative to its configuration.
  cpSync(join(built, 'worker'), directory, { recursive: true });
  mkdirSync(join(directory, 'assets'), { recursive: true });
  mkdirSync(join(directory, 'sessions'), { recursive: true });
  cpSync(join(built, 'assets'), join(directory, 'assets'), { recursive: true });
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  const config = join(directory, 'config.capnp');
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${bundledModules(directory, '.').join(', ')}],
      compatibilityDate = "${compatibilityDate()}",
      bindings = [
        (name = "ASSETS", service = "assets"),
        (name = "SESSIONS", durableObjectNamespace = "Session"),
        ${texts.join(', ')}
      ],
      durableObjectNamespaces = [(className = "Session", uniqueKey = "unroll-session", enableSql = true)],
      durableObjectStorage = (localDisk = "sessions"),
    )),
    (name = "assets", disk = "${directory}/assets"),
    (name = "sessions", disk = (path = "${directory}/sessions", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);`,
  );
  const workerd = createRequire(import.meta.url).resolve('workerd/bin/workerd');
  const process = spawn(workerd, ['serve', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  const origin = `http://127.0.0.1:${port}`;
  await waitFor(`${origin}/healthz`, process);
  return { origin, process };
}
