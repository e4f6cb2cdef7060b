/** The proxies of infra/self-hosted in front of a real server. Needs Debian's caddy and nginx-light; skips the one that is missing. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@unroll/client/client.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEY, killServers, SETTINGS, type SelfHosted, startServer } from './self-hosted-server.ts';
import { freePort } from './servers.ts';

const configurations = join(import.meta.dirname, '../../../infra/self-hosted');
const scratch = mkdtempSync(join(tmpdir(), 'unroll-proxies-'));
// nginx started by root works as another user.
chmodSync(scratch, 0o755);
const proxies: ChildProcess[] = [];
let server: SelfHosted;
beforeAll(async () => {
  server = await startServer(join(scratch, 'data'), { ...SETTINGS, BEHIND_PROXY: 'yes', REQUESTS_PER_ADDRESS: '30' });
});
afterAll(() => {
  for (const child of proxies) child.kill('SIGTERM');
  killServers();
  rmSync(scratch, { recursive: true });
});

const isInstalled = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function start(command: string, args: readonly string[], environment: Record<string, string> = {}): void {
  proxies.push(spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'inherit'] }));
}

/** Starts Caddy on a port without TLS: a certificate of its own would go into the system's store. */
async function startCaddy(): Promise<string> {
  const url = `http://localhost:${await freePort()}`;
  const environment = { DOMAIN: url, UPSTREAM: new URL(server.url).host, XDG_DATA_HOME: scratch, XDG_CONFIG_HOME: scratch };
  // Its administration has a fixed port, which another Caddy may have.
  const options = '{\n\tadmin off\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n';
  const file = join(scratch, 'Caddyfile');
  writeFileSync(file, options + readFileSync(join(configurations, 'Caddyfile'), 'utf8'));
  start('caddy', ['run', '--config', file], environment);
  return url;
}

/** Starts nginx with TLS and a certificate of its own. */
async function startNginx(): Promise<string> {
  const [plain, secure] = [await freePort(), await freePort()];
  const folder = join(scratch, 'nginx');
  mkdirSync(folder);
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...made, '-keyout', 'key.pem', '-out', 'fullchain.pem'], { cwd: folder, stdio: 'ignore' });
  const site = readFileSync(join(configurations, 'nginx.conf'), 'utf8')
    .replace('listen 80;', `listen 127.0.0.1:${plain};`)
    .replace('listen 443 ', `listen 127.0.0.1:${secure} `)
    .replaceAll('/etc/ssl/unroll', folder)
    .replace('http://127.0.0.1:8080', server.url);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  const http = ['access_log off;', ...paths, site].join('\n');
  writeFileSync(join(folder, 'nginx.conf'), `daemon off;\npid ${folder}/pid;\nevents {}\nhttp {\n${http}\n}\n`);
  start('nginx', ['-e', 'stderr', '-c', join(folder, 'nginx.conf')]);
  return `https://localhost:${secure}`;
}

describe.each([
  ['caddy', startCaddy],
  ['nginx', startNginx],
])('%s', (command, startProxy) => {
  test.skipIf(!isInstalled(command))(`passes what clients send (needs ${command})`, async () => {
    // The certificate is the test's own.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const url = await startProxy();
    for (let tries = 0; tries < 100 && !(await fetch(url).catch(() => undefined)); tries++) await new Promise((r) => setTimeout(r, 100));
    const client = createClient({ url, key: KEY });

    const large = await fetch(`${url}/v1/models/large/versions`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${KEY}` },
      body: new Uint8Array(25 * 1024 * 1024),
    });
    expect([large.status, await large.json()]).toMatchObject([422, { type: 'urn:unroll:problem:model-file-refused' }]);

    const events = [];
    for await (const event of client.generate('moby-dick', { prompt: 'Call me ', maxTokens: 40, seed: 1 })) events.push(event.event);
    expect(events).toHaveLength(41);

    // A browser sends the page's origin: the one that the proxy has.
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/sessions/behind-${command}?model=sentiment`, {
      headers: { origin: url, 'sec-websocket-protocol': `unroll.v1, unroll.key.${KEY}` },
    } as unknown as string[]);
    const frame = () =>
      new Promise<string>((resolve, reject) => {
        socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true });
        socket.addEventListener('error', reject, { once: true });
      });
    expect(JSON.parse(await frame())).toMatchObject({ steps: 0 });
    socket.send(JSON.stringify({ input: 'good' }));
    expect(JSON.parse(await frame())).toMatchObject({ steps: 1 });
    socket.close();

    // Each claimed address would have a limit of its own.
    const statuses = new Set<number>();
    for (let i = 0; i < 70; i++) {
      const claims = { 'x-forwarded-for': `198.51.100.${i}`, 'cf-connecting-ip': `198.51.100.${i}`, authorization: 'Bearer wrong' };
      statuses.add((await fetch(`${url}/v1/models`, { headers: claims })).status);
    }
    expect([...statuses]).toContain(429);
  });
});
