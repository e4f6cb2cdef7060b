/** Two network namespaces as two hosts: each has its own network and meets the other over TCP only. Needs root and iproute2. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestLauncher } from './mpiexec.ts';

const ADDRESSES = ['10.77.0.1', '10.77.0.2'];

/** Why this machine cannot have namespaces; undefined if it can. */
export function whyNoTwoHosts(): string | undefined {
  const { status, error } = spawnSync('ip', ['netns', 'add', 'unroll-probe']);
  spawnSync('ip', ['netns', 'delete', 'unroll-probe']);
  return status === 0 ? undefined : `no network namespaces: ${error?.message ?? 'ip netns add failed'} (they need root and iproute2)`;
}

/** Makes the two hosts. Call `remove` at the end. */
export function makeTwoHosts() {
  const folder = mkdtempSync(join(tmpdir(), 'unroll-hosts-'));
  const names = ADDRESSES.map((_, i) => `unroll-${process.pid}-${i}`);
  const links = ADDRESSES.map((_, i) => `un${process.pid % 1e6}x${i}`);
  const ip = (...args: string[]) => execFileSync('ip', args);
  for (const name of names) ip('netns', 'add', name);
  const [a, b] = names as [string, string];
  const [linkA, linkB] = links as [string, string];
  ip('link', 'add', linkA, 'netns', a, 'type', 'veth', 'peer', 'name', linkB, 'netns', b);
  for (const [i, name] of names.entries()) {
    ip('-n', name, 'addr', 'add', `${ADDRESSES[i]}/24`, 'dev', links[i] as string);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', links[i] as string, 'up');
  }
  // A library ignores a link that the kernel has not yet marked as running.
  for (const [i, name] of names.entries())
    execFileSync('sh', ['-c', `until ip -n ${name} link show ${links[i]} | grep -q 'state UP'; do sleep 0.05; done`], { timeout: 10_000 });
  const shell = join(folder, 'shell');
  const cases = names.map((name, i) => `${ADDRESSES[i]}) name=${name};;`).join(' ');
  writeFileSync(
    shell,
    `#!/bin/sh\nwhile [ "\${1#-}" != "$1" ]; do shift; done\ncase $1 in ${cases} esac\nshift\nexec ip netns exec $name sh -c "$*"\n`,
  );
  chmodSync(shell, 0o755);
  return {
    /** A launcher whose ranks alternate between the two hosts. */
    launcher({ name, mpiexec, env }: TestLauncher): TestLauncher & { args: string[] } {
      const options =
        name === 'MPICH'
          ? ['-launcher', 'ssh', '-launcher-exec', shell, '-hosts', ADDRESSES.join(','), '-genv', 'UCX_TLS', 'tcp,self']
          : [
              '--mca',
              'plm_rsh_agent',
              shell,
              '--mca',
              'pml',
              'ob1',
              '--mca',
              'btl',
              'tcp,self',
              '--map-by',
              'node',
              '--host',
              ADDRESSES.map((address) => `${address}:2`).join(','),
            ];
      return { name, mpiexec: 'ip', env, args: ['netns', 'exec', a, mpiexec, ...options] };
    },
    /** Bytes that the hosts have sent each other. */
    bytesSent(): number {
      const [link] = JSON.parse(String(ip('-n', a, '-s', '-j', 'link', 'show', linkA))) as {
        stats64: { rx: { bytes: number }; tx: { bytes: number } };
      }[];
      return (link?.stats64.tx.bytes ?? 0) + (link?.stats64.rx.bytes ?? 0);
    },
    remove() {
      for (const name of names) spawnSync('ip', ['netns', 'delete', name]);
      rmSync(folder, { recursive: true });
    },
  };
}
