import Table from 'cli-table3';
import type { EdgeFigures } from './measure-edge.ts';

/** One line per figure: each contestant's value, and the ratio to ours. */
export function edgeTable({ inIsolate, http, start, bundleBytes, memoryBytes }: EdgeFigures): string {
  const names = Object.keys(inIsolate.ms);
  const table = new Table({ head: ['', ...names, 'against us'], style: { head: [], border: [], compact: true } });
  const line = (what: string, values: Record<string, number>, show: (value: number) => string, ratio: Record<string, number> = {}) => {
    const against = Object.entries(ratio).map(([peer, value]) => `${peer} ${value.toFixed(2)}x`);
    table.push([what, ...names.map((name) => (values[name] === undefined ? '' : show(values[name]))), against.join('\n')]);
  };
  line('in the isolate, ms', inIsolate.ms, (ms) => ms.toFixed(2), inIsolate.ratio);
  line('requests a second, 8 connections', http.perSecond, (each) => each.toFixed(0), http.ratio);
  line('CPU ms a request, whole process', http.cpuMs, (ms) => ms.toFixed(2));
  line('process start to first answer, ms', start.ms, (ms) => ms.toFixed(0), start.ratio);
  line('bundle, KB compressed', bundleBytes, (bytes) => (bytes / 1000).toFixed(0));
  const mb = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
  return `${table}\nthree models of 2 MB loaded: ${mb(memoryBytes.app)} resident, ${mb(memoryBytes.above)} above a Worker that does nothing`;
}
