/** UnrollRecurrent of the tensorflow engine against that of wasm: every cell, mask, direction and output, by each way of running it. */
import '@unroll/backend/gradients.ts';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { TensorflowSetup } from '@unroll/backend/engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RecurrentCase, recurrentCases, runCase, worstDifference } from '../../testing/recurrent-crossing.ts';

const offer = engines.tensorflow();
if (!offer.available) console.log(`tensorflow.test.ts skipped: the tensorflow engine: ${offer.description}. ${offer.missing}`);

const cases = recurrentCases(process.env.UNROLL_TEST_EVERY_OPTION === '1');
const takenByBlock = ({ cell, drop, hardSigmoid }: RecurrentCase) => cell === 'lstm' && !drop && !hardSigmoid;
const takenByCudnn = ({ cell, drop, hardSigmoid }: RecurrentCase) =>
  ['lstm', 'gruResetAfter', 'rnnTanh', 'rnnRelu'].includes(cell) && !drop && !hardSigmoid;
const onGpu = offer.available && offer.device === 'gpu';
const ways = [
  ['auto', () => true],
  // On a CPU, 'auto' has already run the other cells by graph.
  ['graph', ({ cell }: RecurrentCase) => onGpu || cell === 'lstm'],
  ['block', takenByBlock],
  ...(onGpu ? ([['cudnn', takenByCudnn]] as const) : []),
] as const;

describe.skipIf(!offer.available)('gradients on tensorflow equal those on wasm', () => {
  let setup: TensorflowSetup;
  const expected = new Map<RecurrentCase, Record<string, number[]>>();
  beforeAll(async () => {
    await startEngine(chooseEngine('wasm').setup);
    for (const each of cases) expected.set(each, runCase(each));
    setup = chooseEngine('tensorflow').setup as TensorflowSetup;
  });

  test.each(ways)('%s', async (recurrent, takes) => {
    await startEngine({ ...setup, recurrent });
    for (const each of cases.filter(takes)) {
      const { name, difference } = worstDifference(runCase(each), expected.get(each) as Record<string, number[]>);
      expect(difference, `${name} of ${JSON.stringify(each)}`).toBeLessThan(1e-4);
    }
  });

  test('a way that does not run a cell says so', async () => {
    await startEngine({ ...setup, recurrent: 'block' });
    const gru = cases.find(({ cell, drop, hardSigmoid }) => cell === 'gruResetAfter' && !drop && hardSigmoid) as RecurrentCase;
    expect(() => runCase(gru)).toThrow("recurrent gruResetAfter: 'block' does not run this cell with hard sigmoid; choose 'auto'");
  });
});
