/**
 * UnrollRecurrent of the tensorflow engine against that of wasm: every cell, mask, direction and output, by each way of running it.
 * UNROLL_TEST_EVERY_OPTION=1 takes every combination of the other options.
 */
import '@unroll/backend/gradients.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RecurrentCase, recurrentCases, runCase, worstDifference } from '../../testing/recurrent-crossing.ts';
import { everyOption, hasTensorflow, onGpu, startTensorflow, startWasm } from '../../testing/tensorflow-engine.ts';

const cases = recurrentCases(everyOption);
const isPlain = ({ drop, hardSigmoid }: RecurrentCase) => !drop && !hardSigmoid;
const takenByBlock = (each: RecurrentCase) => each.cell === 'lstm' && isPlain(each);
const takenByCudnn = (each: RecurrentCase) => ['lstm', 'gruResetAfter', 'rnnTanh', 'rnnRelu'].includes(each.cell) && isPlain(each);
const ways = [
  ['auto', () => true],
  // On a CPU, 'auto' has already run the other cells by graph.
  ['graph', ({ cell }: RecurrentCase) => onGpu || cell === 'lstm'],
  ['block', takenByBlock],
  ...(onGpu ? ([['cudnn', takenByCudnn]] as const) : []),
] as const;

describe.skipIf(!hasTensorflow)('gradients on tensorflow equal those on wasm', () => {
  const expected = new Map<RecurrentCase, Record<string, number[]>>();
  beforeAll(async () => {
    await startWasm();
    for (const each of cases) expected.set(each, runCase(each));
  });

  test.each(ways)('%s', async (recurrent, takes) => {
    await startTensorflow(recurrent);
    for (const each of cases.filter(takes)) {
      const { name, difference } = worstDifference(runCase(each), expected.get(each) as Record<string, number[]>);
      expect(difference, `${name} of ${JSON.stringify(each)}`).toBeLessThan(1e-4);
    }
  });

  test('a way that does not run a cell says so', async () => {
    await startTensorflow('block');
    const gru = cases.find(({ cell, drop, hardSigmoid }) => cell === 'gruResetAfter' && !drop && hardSigmoid) as RecurrentCase;
    expect(() => runCase(gru)).toThrow("recurrent gruResetAfter: 'block' does not run this cell with hard sigmoid; choose 'auto'");
  });
});
