import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launchers, runRanks, startRanks, whyNoLauncher } from '@unroll/mpi/testing/mpiexec.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { packedRecipe } from '../testing/pack-text.ts';
import { checkpointsIn, fresh, processOf, random, until } from '../testing/rank-jobs.ts';
import tinyWriter from '../testing/tiny-writer.ts';

const program = fileURLToPath(new URL('../testing/resume-on-ranks.ts', import.meta.url));
const sha256 = (stdout: string) => /sha256 .*/.exec(stdout)?.[0];

if (launchers.length === 0) test.skip(whyNoLauncher, () => {});

describe.runIf(launchers.length > 0)('a token file gives the weights of its text in one process', () => {
  const tokens = fresh();
  let expected: string | undefined;
  beforeAll(async () => {
    await packedRecipe(tinyWriter, tokens);
    expected = sha256(spawnSync(process.execPath, [program, fresh()], { encoding: 'utf8' }).stdout);
    expect(expected).toBeDefined();
  });

  test.each(launchers)('$name: on 2 ranks', async (launcher) => {
    const { stdout, code } = await runRanks(launcher, 2, [program, fresh(), '--tokens', tokens]);
    expect({ code, sha256: sha256(stdout) }).toEqual({ code: 0, sha256: expected });
  });

  test.each(launchers)('$name: on 2 ranks, one of them killed, then on 3', async (launcher) => {
    const args = [program, fresh(), '--tokens', tokens];
    const [, directory = ''] = args;
    const job = startRanks(launcher, 2, args);
    await until(() => Number.isFinite(processOf(job, 1)) && checkpointsIn(directory) > 0, job);
    const victim = random(2);
    const delay = random(300);
    await sleep(delay);
    process.kill(processOf(job, victim), 'SIGKILL');
    expect((await job.ended).code).not.toBe(0);

    const { stdout, code } = await runRanks(launcher, 3, args);
    expect({ code, sha256: sha256(stdout) }, `rank ${victim} after ${delay} ms`).toEqual({ code: 0, sha256: expected });
  });
});
