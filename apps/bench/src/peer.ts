import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Case } from './cases.ts';

/** A contestant in its own process, so that its V8 flags, threads and garbage do not affect the others. */
export interface Peer {
  name: string;
  /** Mean milliseconds over `calls` calls. @throws the peer's error. */
  time(each: Case, calls: number): Promise<number>;
  /** The peer's whole answer about `calls` calls. */
  ask(each: Case, calls: number): Promise<Record<string, number>>;
  stop(): void;
}

export interface PeerCommand {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
}

/** What counts as a call's time. CPU time is of use on a machine with other work, for contestants on one thread. */
export type Clock = 'ms' | 'cpuMs';

export function startPeer({ name, command, args, env }: PeerCommand, clock: Clock = 'ms'): Peer {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-500);
  });
  child.on('error', (error) => {
    said += error.message;
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function ask(each: Case, calls: number): Promise<Record<string, number>> {
    child.stdin.write(`${JSON.stringify({ ...each, calls })}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`ended: ${said.trim().split('\n').at(-1) ?? ''}`);
      if (!value.startsWith('{')) continue;
      const { error, ...answer } = JSON.parse(value) as Record<string, number> & { error?: string };
      if (answer.ms === undefined) throw new Error(error);
      return answer;
    }
  }
  return {
    name,
    ask,
    async time(each, calls) {
      const time = (await ask(each, calls))[clock];
      if (time === undefined) throw new Error('does not report its CPU time');
      return time;
    },
    stop: () => child.kill(),
  };
}
