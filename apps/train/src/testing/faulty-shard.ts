/**
 * The real worker with injected faults. UNROLL_TEST_FAULT is JSON: the fault of the first `times` jobs of a type. Files in `directory`
 * count them over all workers.
 */
import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../workers/protocol.ts';
import run from '../workers/worker.ts';

export interface Fault {
  /** 'error': the worker's own code throws and reports it. */
  kind: 'error' | 'throw' | 'exit' | 'memory' | 'hang' | 'exit half-way';
  job: Job['type'];
  times: number;
  /** Of the error that is thrown. */
  message?: string;
  directory: string;
}

const fault = JSON.parse(process.env.UNROLL_TEST_FAULT as string) as Fault;

/** Uses up one of the faults. Returns false if none is left. */
function takeFault(): boolean {
  for (let i = 0; i < fault.times; i++) {
    try {
      openSync(join(fault.directory, String(i)), 'wx');
      return true;
    } catch {}
  }
  return false;
}

export default function faulty(job: Job): ReturnType<typeof run> {
  if (job.type === fault.job && takeFault()) {
    if (fault.kind === 'error') return run({ ...job, buffer: 9 } as Job);
    if (fault.kind === 'throw') throw new Error(fault.message ?? 'thrown on purpose');
    if (fault.kind === 'exit half-way' && 'to' in job) run({ ...job, to: job.from + Math.floor((job.to - job.from) / 2) });
    if (fault.kind.startsWith('exit')) process.exit(3);
    const hoard: number[][] = [];
    while (true) if (fault.kind === 'memory') hoard.push(new Array<number>(1e6).fill(hoard.length));
  }
  return run(job);
}
