/**
 * The real worker with a fault before it. UNROLL_TEST_FAULT is JSON: what happens to the first `times` tasks of a type, counted over
 * all workers by files in `directory`.
 */
import { openSync } from 'node:fs';
import { join } from 'node:path';
import run from '../workers/shard.ts';
import type { ShardTask } from '../workers/shard-task.ts';

export interface Fault {
  kind: 'throw' | 'exit' | 'memory' | 'hang' | 'exit half-way';
  task: ShardTask['type'];
  times: number;
  directory: string;
}

const fault = JSON.parse(process.env.UNROLL_TEST_FAULT as string) as Fault;

/** Takes one of the faults, if any is left. */
function takeFault(): boolean {
  for (let i = 0; i < fault.times; i++) {
    try {
      openSync(join(fault.directory, String(i)), 'wx');
      return true;
    } catch {}
  }
  return false;
}

export default function faulty(task: ShardTask): ReturnType<typeof run> {
  if (task.type === fault.task && takeFault()) {
    if (fault.kind === 'throw') throw new Error('thrown on purpose');
    if (fault.kind === 'exit half-way' && 'to' in task) run({ ...task, to: task.from + Math.floor((task.to - task.from) / 2) });
    if (fault.kind.startsWith('exit')) process.exit(3);
    const hoard: number[][] = [];
    while (true) if (fault.kind === 'memory') hoard.push(new Array<number>(1e6).fill(hoard.length));
  }
  return run(task);
}
