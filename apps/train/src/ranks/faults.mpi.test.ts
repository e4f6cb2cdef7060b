import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launchers, runRanks, startRanks, whyNoLauncher } from '@unroll/mpi/testing/mpiexec.ts';
import { describe, expect, test } from 'vitest';
import { checkpointsIn, fresh, processOf, random, until } from '../testing/rank-jobs.ts';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const program = source('../testing/resume-on-ranks.ts');
const cli = source('../cli.ts');
const slow = source('../testing/slow-recipe.ts');

if (launchers.length === 0) test.skip(whyNoLauncher, () => {});

/** Whether the process still runs. A zombie does not. */
const isRunning = (pid: number) => !/^Z?$/.test(spawnSync('ps', ['-o', 'state=', '-p', `${pid}`], { encoding: 'utf8' }).stdout.trim());

describe.each(launchers)('$name', (launcher) => {
  test('ranks killed at random moments; the job resumes with other numbers of ranks and ends with the same bits', async () => {
    const whole = spawnSync(process.execPath, [program, fresh()], { encoding: 'utf8' });
    const expected = /sha256 .*/.exec(whole.stdout)?.[0];
    expect(expected).toBeDefined();

    const directory = fresh();
    const story: string[] = [];
    for (const ranks of [2, 4, 3]) {
      const job = startRanks(launcher, ranks, [program, directory]);
      const before = checkpointsIn(directory);
      await until(() => Number.isFinite(processOf(job, ranks - 1)) && checkpointsIn(directory) > Math.min(before, 2), job);
      const victim = random(ranks);
      const delay = random(400);
      story.push(`rank ${victim} of ${ranks} after ${delay} ms`);
      await sleep(delay);
      try {
        process.kill(processOf(job, victim), 'SIGKILL');
      } catch {
        story.push('it was done');
      }
      await job.ended;
    }
    const { stdout, code } = await runRanks(launcher, 2, [program, directory]);
    expect({ code, sha256: /sha256 .*/.exec(stdout)?.[0] }, story.join(', ')).toEqual({ code: 0, sha256: expected });
  });

  test('a rank that throws ends all, with its name and its error', async () => {
    const { code, stderr } = await runRanks(launcher, 3, [program, fresh(), '--fail-at', '5']);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^rank 1 on \S+ \(process \d+\) failed: no rate for step 5$/m);
  });

  test.each([1, 0])('rank %i that stops answering ends all, with its name', async (rank) => {
    const directory = fresh();
    const job = startRanks(launcher, 2, [program, directory]);
    await until(() => checkpointsIn(directory) > 0 && Number.isFinite(processOf(job, rank)), job);
    const stopped = processOf(job, rank);
    process.kill(stopped, 'SIGSTOP');
    const { code, stderr } = await job.ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain(`(process ${stopped}) has not answered for 5 s`);
    await expect.poll(() => isRunning(stopped), { timeout: 30_000 }).toBe(false);
  });

  test('the command line: SIGTERM to mpiexec ends with a checkpoint; the same command resumes on more ranks', async () => {
    const directory = fresh();
    const args = [cli, 'train', slow, '--workers', '1', '--run', directory];
    const job = startRanks(launcher, 2, args);
    await until(() => checkpointsIn(join(directory, 'checkpoints')) > 0, job);
    job.job.kill('SIGTERM');
    const { stdout } = await job.ended;
    expect(stdout).toContain(`Resume with: npm run unroll -- train --resume ${directory}`);
    // Open MPI's mpiexec closes the output before its ranks are done.
    if (launcher.name === 'MPICH') expect(stdout).toContain('Interrupted.');

    const again = startRanks(launcher, 3, args);
    await until(() => /3 ranks of 1 worker, resumes at epoch \d+/.test(again.output.stdout), again);
    again.job.kill('SIGTERM');
    await again.ended;
  });

  test('the command line: a killed rank is named', async () => {
    const directory = fresh();
    const job = startRanks(launcher, 2, [cli, 'train', slow, '--workers', '1', '--run', directory]);
    await until(() => checkpointsIn(join(directory, 'checkpoints')) > 0, job);
    const pids = spawnSync('pgrep', ['-f', `^${process.execPath} .*${directory}`], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .map(Number);
    const victim = Math.max(...pids);
    process.kill(victim, 'SIGKILL');
    const { code, stderr } = await job.ended;
    expect(code).not.toBe(0);
    if (launcher.name === 'MPICH') {
      expect(stderr).toContain(`Resume with: npm run unroll -- train --resume ${directory}`);
      expect(stderr).toMatch(new RegExp(`rank \\d on \\S+ \\(process ${victim}\\)`));
    } else expect(stderr).toMatch(/process rank \d .*exited on signal 9/);
  });
});

describe.runIf(launchers[0])('ranks that differ are refused with one message', () => {
  const [launcher] = launchers as [(typeof launchers)[0]];
  const separator = [':', '-n', '1', process.execPath, '--disable-warning=ExperimentalWarning', cli, 'train'];
  test.each([
    ['seed', [slow], [slow, '--seed', '2'], /command\.seed: none on rank 0 on \S+ \(process \d+\), 2 on rank 1/],
    [
      'recipe',
      [slow],
      [source('../testing/tiny-recipe.ts')],
      /command\.recipe: ".*slow-recipe\.ts" on rank 0 .*tiny-recipe\.ts" on rank 1/,
    ],
  ])('%s', async (_, first, second, message) => {
    const { code, stderr, stdout } = await runRanks(launcher, 1, [cli, 'train', ...first, ...separator, ...second]);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.match(/the ranks differ/g)).toHaveLength(1);
  });

  test('kernels with other bits', async () => {
    const simd = ['--kernels', 'simd'];
    const { stderr } = await runRanks(launcher, 1, [cli, ...simd, 'train', slow, ...separator, slow]);
    expect(stderr).toMatch(/kernels: "simd" on rank 0 .*, "relaxed" on rank 1/);
  });

  test('an error of all ranks is printed once', async () => {
    const { code, stderr } = await runRanks(launcher, 3, [cli, 'train', 'sentimant']);
    expect(code).not.toBe(0);
    expect(stderr.match(/no recipe 'sentimant'. Did you mean 'sentiment'\?/g)).toHaveLength(1);
  });

  test('an unusable MPI library of all ranks is reported once', async () => {
    const { code, stderr } = await runRanks(launcher, 3, [cli, 'train', slow], { UNROLL_MPI_LIB: '/nowhere/libmpi.so' });
    expect(code).not.toBe(0);
    expect(stderr.match(/cannot load the MPI library \/nowhere\/libmpi\.so/g)).toHaveLength(1);
  });

  test('an unusable MPI library of one rank is reported with its host', async () => {
    const without = [':', '-n', '1', '-env', 'UNROLL_MPI_LIB', '/nowhere/libmpi.so', ...separator.slice(3)];
    const withoutInOpenMpi = [':', '-n', '1', '-x', 'UNROLL_MPI_LIB=/nowhere/libmpi.so', ...separator.slice(3)];
    const second = launcher.name === 'MPICH' ? without : withoutInOpenMpi;
    const { code, stderr } = await runRanks(launcher, 1, [cli, 'train', slow, ...second, slow]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/rank 1 on \S+: mpi: cannot load the MPI library \/nowhere\/libmpi\.so/);
  });

  test('a command for one process', async () => {
    const { code, stderr } = await runRanks(launcher, 2, [cli, 'tune', slow]);
    expect(code).not.toBe(0);
    expect(stderr.match(/'tune' runs in one process/g)).toHaveLength(1);
  });
});
