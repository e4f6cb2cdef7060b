import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { clusterOf, type PlanOptions, planCommand } from './plan.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-plan-'));
const options: PlanOptions = { ranks: 8, json: false, runs: 'runs', signal: new AbortController().signal };
const tiny = join(import.meta.dirname, '../testing/tiny-recipe.ts');

function unroll(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../cli.ts'), 'plan', ...args], {
    cwd: scratch,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('prints the plan of a recipe, its warnings, and writes its curves', () => {
  const { status, stdout, stderr } = unroll(tiny, '--ranks', '8', '--network', '10Gb', '--workers', '1');
  expect(stderr).not.toContain('unroll:');
  expect(status).toBe(0);
  expect(stdout).toMatch(/ranks +1 a machine; between machines 10 Gb\/s and 20 µs/);
  expect(stdout).toMatch(/│ ranks │ +step │ speed-up │ efficiency │ sequences\/s │ +epoch │/);
  for (const ranks of [1, 2, 4, 8]) expect(stdout).toMatch(new RegExp(`│ +${ranks} │ +[\\d.]+ (µs|ms|s) │ +[\\d.]+x │`));
  expect(stdout).toMatch(/Sum of [\d.]+ kB over 8 ranks: (owners|chain) [\d.]+ \S+ \(used\), /);
  expect(stdout).toMatch(/│ +1,000,000,000 │ +11,600 │/);
  expect(stdout).toContain('https://developers.cloudflare.com/workers/platform/pricing/');
  expect(stdout).toContain('warning: 8 ranks, but a batch has 4 shards: 4 ranks compute nothing. Plan more shards with --shards.');
  for (const line of stdout.split('\n').filter((each) => !/^(warning|report)/.test(each))) expect(line.length).toBeLessThanOrEqual(100);
  const page = readFileSync(join(scratch, 'runs/plan-tiny/plan.html'), 'utf8');
  const charts = JSON.parse(/id="charts">([^<]+)</.exec(page)?.[1] ?? '') as { id: string; lines: { label: string }[] }[];
  expect(charts.map(({ id }) => id)).toEqual(['speed-ups', 'parts', 'costs', 'machines']);
  expect(charts[0]?.lines.map(({ label }) => label)).toEqual(['100 Gb/s', '10 Gb/s', '1 Gb/s', 'ideal']);
});

test('--json prints one line of JSON and writes nothing', () => {
  const { status, stdout } = unroll(tiny, '--ranks', '2', '--shards', '2', '--batch', '8', '--json', '--runs', 'none');
  expect(status).toBe(0);
  const plan = JSON.parse(stdout);
  expect(plan.cluster).toMatchObject({ ranks: 2, ranksPerMachine: 2, network: { latency: 20e-6, secondsPerByte: 0 } });
  expect(plan.training.rows).toHaveLength(2);
  expect(plan.training.rows[0]).toMatchObject({ ranks: 1, speedUp: 1, efficiency: 1 });
  expect(plan.edge.map(({ requestsPerDay }: { requestsPerDay: number }) => requestsPerDay)).toEqual([1e6, 1e7, 1e9]);
  expect(existsSync(join(scratch, 'none'))).toBe(false);
});

test('a value that is none is an error with the name of its option', () => {
  const { status, stderr } = unroll(tiny, '--network', '10');
  expect(status).toBe(1);
  expect(stderr).toContain("option '--network <bandwidth>' argument '10' is invalid. expected a bandwidth such as 10Gb");
});

test('an unknown recipe is an error with the nearest name', () =>
  expect(planCommand('sentimnt', options)).rejects.toThrow("no recipe 'sentimnt'. Did you mean 'sentiment'?"));

test('only the wasm engine can be planned for', async () => {
  vi.stubEnv('UNROLL_ENGINE', 'tensorflow');
  await expect(planCommand(tiny, options)).rejects.toThrow("plan: it measures the wasm engine and cannot plan for 'tensorflow'");
  vi.unstubAllEnvs();
});

test('Ctrl-C ends it without a plan', async () => {
  await planCommand(tiny, { ...options, runs: join(scratch, 'interrupted'), signal: AbortSignal.abort() });
  expect(existsSync(join(scratch, 'interrupted'))).toBe(false);
});

describe('the cluster of the options', () => {
  test('without a network all ranks are on this machine', () =>
    expect(clusterOf(options)).toMatchObject({ ranks: 8, ranksPerMachine: 8, workers: 1 }));

  test('with one each rank has a machine, or several share one', () => {
    expect(clusterOf({ ...options, network: 1e9 })).toMatchObject({
      ranksPerMachine: 1,
      network: { latency: 20e-6, secondsPerByte: 1e-9 },
    });
    expect(clusterOf({ ...options, network: 1e9, ranksPerMachine: 100, workers: 3, latency: 0 })).toMatchObject({
      ranksPerMachine: 8,
      workers: 3,
      network: { latency: 0 },
    });
  });

  test('has at most 65,536 ranks', () =>
    expect(() => clusterOf({ ...options, ranks: 65_537 })).toThrow('plan: expected at most 65,536 ranks, got 65537'));

  test('what describes a network needs one', () => {
    expect(() => clusterOf({ ...options, ranksPerMachine: 2 })).toThrow('--ranks-per-machine is for ranks on several machines');
    expect(() => clusterOf({ ...options, latency: 0 })).toThrow('name their network with --network 10Gb');
  });
});
