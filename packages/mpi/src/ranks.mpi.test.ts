import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { launchers, runRanks, startRanks, whyNoLauncher } from '../testing/mpiexec.ts';
import { makeTwoHosts, whyNoTwoHosts } from '../testing/two-hosts.ts';

const program = fileURLToPath(new URL('../testing/rank-collectives.ts', import.meta.url));

if (launchers.length === 0) test.skip(whyNoLauncher, () => {});

describe.each(launchers)('$name', (launcher) => {
  test('sums in the order of shards, along a chain and by owners, whatever the number of ranks', async () => {
    const shards = 5;
    const length = 200_003;
    for (const ranks of [2, 3, 4, 6]) {
      const { code, stdout, stderr } = await runRanks(launcher, ranks, [program, `${shards}`, `${length}`]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { size, library, results, gathered, waited, expected } = JSON.parse(stdout);
      expect({ size, ranks: results.length }).toEqual({ size: ranks, ranks });
      expect(library).toMatch(launcher.name === 'MPICH' ? /^MPICH 4\.\d/ : /^Open MPI v\d/);
      expect(gathered).toEqual(Array.from({ length: ranks }, (_, rank) => [rank, 'NaN', rank]));
      expect(waited).toBeGreaterThan(10);
      for (const result of results) {
        expect(result).toEqual({
          ...results[0],
          text: 100_000,
          array: true,
          late: results.map((_: unknown, r: number) => (r === 1 ? 'late' : 'early')),
        });
      }
      expect(results[0].digests).toEqual([expected]);
      expect(results[0].loss[1]).toBe(2 ** ranks - 1);
    }
  });
});

const obstacle = whyNoTwoHosts();
if (obstacle) test.skip(`ranks of two hosts leave the job; skipped: ${obstacle}`, () => {});
test.runIf(!obstacle).each(launchers)('$name: ranks of two hosts leave the job, one of them late', async (launcher) => {
  const hosts = makeTwoHosts();
  try {
    const late = fileURLToPath(new URL('../testing/rank-late.ts', import.meta.url));
    for (const ranks of [2, 3]) {
      const { code, stdout, stderr } = await startRanks(hosts.launcher(launcher), ranks, [late], {}, 60_000).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.match(/rank \d left with its message/g)).toHaveLength(ranks);
    }
  } finally {
    hosts.remove();
  }
});

describe.runIf(launchers[0])('a job that does not end is killed, with its autopsy', () => {
  const [launcher] = launchers as [(typeof launchers)[0]];
  test('one rank leaves, the other waits', async () => {
    const waiting = fileURLToPath(new URL('../testing/rank-waits.ts', import.meta.url));
    const { code, stderr } = await startRanks(launcher, 2, [waiting], {}, 15_000).ended;
    expect(code).toBe(null);
    expect(stderr).toMatch(/did not end within 15 s/);
    expect(stderr).toMatch(/rank-waits\.ts/);
    // Rank 0 is in the library's barrier, rank 1 in its event loop. On a busy machine either may still be starting.
    expect(stderr.match(/^process \d+: (no report, so it is inside a native call|waits for .*; JavaScript:)$/gm)).toHaveLength(2);
  });
});

describe.runIf(launchers[0])('an unusable library ends every rank with the reason', () => {
  const [launcher] = launchers as [(typeof launchers)[0]];
  const other = launcher.name === 'MPICH' ? 'libmpi.so.40' : 'libmpich.so.12';
  const cases: [what: string, library: string, message: RegExp][] = [
    ['no file', '/nowhere/libmpi.so', /cannot load the MPI library \/nowhere\/libmpi\.so/],
    ['no MPI library', 'libm.so.6', /libm\.so\.6 is not an MPI library/],
    ...(launchers.length > 1
      ? ([['the library of another launcher', other, /the launcher started 2 processes .* finds 1/]] as typeof cases)
      : []),
  ];
  test.each(cases)('%s', async (_, library, message) => {
    const { code, stderr } = await runRanks(launcher, 2, [program, '2', '10'], { UNROLL_MPI_LIB: library });
    expect(code).not.toBe(0);
    expect(stderr.match(new RegExp(message, 'g'))?.length).toBeGreaterThanOrEqual(1);
  });
});
