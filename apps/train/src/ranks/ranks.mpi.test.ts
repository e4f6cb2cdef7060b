import { fileURLToPath } from 'node:url';
import { launchers, runRanks, type TestLauncher, whyNoLauncher } from '@unroll/mpi/testing/mpiexec.ts';
import { makeTwoHosts, whyNoTwoHosts } from '@unroll/mpi/testing/two-hosts.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Trained, trainAll } from '../testing/train-on-ranks.ts';
import { alone } from './ranks.ts';

const program = fileURLToPath(new URL('../testing/train-on-ranks.ts', import.meta.url));

if (launchers.length === 0) test.skip(whyNoLauncher, () => {});

describe.runIf(launchers.length > 0)('weights and scores have the bits of one process', () => {
  let reference: Trained;
  beforeAll(async () => {
    reference = await trainAll(alone, 2);
  });

  const cases = launchers.flatMap((launcher) =>
    (launcher.name === 'MPICH'
      ? [
          [2, 1],
          [2, 2],
          [3, 1],
          [4, 1],
        ]
      : [
          [2, 2],
          [4, 1],
          [6, 1],
        ]
    ).map(([ranks = 1, workers = 1]) => ({
      launcher,
      name: launcher.name,
      ranks,
      workers,
    })),
  );
  async function expectSame(launcher: TestLauncher, ranks: number, workers: number) {
    const { code, stdout, stderr } = await runRanks(launcher, ranks, [program, `${workers}`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { outcomes, final } = JSON.parse(stdout) as Trained;
    for (const [r, recipe] of reference.outcomes.entries()) {
      expect(outcomes[r]).toEqual(Array.from({ length: ranks }, () => recipe[0]));
    }
    expect(final).toEqual(reference.final);
  }
  test.each(cases)('$name: $ranks ranks of $workers workers', ({ launcher, ranks, workers }) => expectSame(launcher, ranks, workers));

  const obstacle = whyNoTwoHosts();
  if (obstacle) test.skip(`on two hosts; skipped: ${obstacle}`, () => {});
  test.runIf(!obstacle).each(launchers)('$name: on two hosts that exchange the gradients over TCP', async (launcher) => {
    const hosts = makeTwoHosts();
    try {
      await expectSame(hosts.launcher(launcher), 2, 1);
      expect(hosts.bytesSent()).toBeGreaterThan(10_000_000);
    } finally {
      hosts.remove();
    }
  });
});
