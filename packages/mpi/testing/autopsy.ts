/** What the processes of a job are doing that does not end. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Node's report of a process, as far as it is read here. */
interface Report {
  javascriptStack: { message?: string; stack?: string[] };
  libuv: { type: string; is_active?: boolean; is_referenced?: boolean }[];
}

/** Milliseconds for the ranks to write their reports. A rank inside a call of the MPI library writes none. */
const REPORT_MS = 5000;

/** Options of Node for a process that an autopsy can ask for its report. */
export const reporting = ['--report-on-signal', `--report-directory=${tmpdir()}`];

/** @returns the processes of a job, what each rank waits for, and the stacks of all threads. */
export async function autopsy(job: number): Promise<string> {
  const pids = processesOf(job);
  const table = execFileSync('ps', ['-o', 'pid,ppid,stat,etime,time,wchan:24,args', '-p', pids.join(',')], { encoding: 'utf8' });
  const ranks = pids.filter(isReporting);
  for (const pid of ranks) process.kill(pid, 'SIGUSR2');
  await sleep(REPORT_MS);
  return [table, ...ranks.map(stateOf), ...pids.map(nativeStackOf)].join('\n');
}

/** A process and its descendants. */
export function processesOf(root: number): number[] {
  const pairs = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (parent: number): number[] => pairs.filter(([, ppid]) => ppid === parent).flatMap(([pid]) => [pid, ...below(pid)]);
  return [root, ...below(root)];
}

/** Whether a process writes a report at SIGUSR2; it would end any other. */
function isReporting(pid: number): boolean {
  const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return program === process.execPath && args.includes('--report-on-signal');
}

function stateOf(pid: number): string {
  const name = readdirSync(tmpdir()).find((file) => file.startsWith('report.') && file.split('.')[3] === `${pid}`);
  if (!name) return `process ${pid}: no report, so it is inside a native call`;
  const { javascriptStack, libuv } = JSON.parse(readFileSync(join(tmpdir(), name), 'utf8')) as Report;
  const handles = libuv.filter(({ is_active, is_referenced }) => is_active && is_referenced).map(({ type }) => type);
  const stack = [javascriptStack.message, ...(javascriptStack.stack ?? [])].join('\n    ');
  return `process ${pid}: waits for ${handles.join(', ') || 'nothing'}; JavaScript:\n    ${stack}`;
}

/** The stacks of all threads, if gdb is installed. */
function nativeStackOf(pid: number): string {
  const { error, stdout } = spawnSync('gdb', ['-batch', '-p', `${pid}`, '-ex', 'thread apply all bt 20'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error) return `process ${pid}: no native stack (${error.message})`;
  return `process ${pid}:\n${stdout
    .split('\n')
    .filter((line) => /^(Thread|#)/.test(line))
    .join('\n')}`;
}
