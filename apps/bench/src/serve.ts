/** The peer's side: reads one JSON case per line and prints one result per line. */
import { createInterface } from 'node:readline';
import type { Case } from './cases.ts';

/** Runs a prepared case once. */
export type Work = () => void | Promise<void>;

/** Calls `prepare` for each new case and prints {ms, cpuMs} per call, wall clock and CPU time of the process, or {error}. */
export async function serveCases(prepare: (each: Case) => Work | Promise<Work>): Promise<void> {
  const prepared = new Map<string, Work>();
  for await (const line of createInterface({ input: process.stdin })) {
    const { calls, ...each } = JSON.parse(line) as Case & { calls: number };
    try {
      const key = JSON.stringify(each);
      const work = prepared.get(key) ?? (await prepare(each));
      if (!prepared.has(key)) prepared.clear();
      prepared.set(key, work);
      const started = performance.now();
      const startedCpu = process.cpuUsage();
      for (let i = 0; i < calls; i++) await work();
      const ms = (performance.now() - started) / calls;
      const { user, system } = process.cpuUsage(startedCpu);
      console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000 / calls }));
    } catch (error) {
      console.log(JSON.stringify({ error: String((error as Error).message).slice(0, 300) }));
    }
  }
}
