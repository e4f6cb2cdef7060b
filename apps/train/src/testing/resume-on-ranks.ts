/**
 * A rank that trains the test recipe with streams, with a checkpoint after every step, and resumes from what it finds in a directory.
 * Each rank prints its process; rank 0 prints the SHA-256 of the weights at the end.
 * Usage: resume-on-ranks.ts DIRECTORY [--tokens FILE] [--fail-at STEP]: the token file has the recipe's corpus; rank 1 throws at that step.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { createSchedule } from '@unroll/model/schedules.ts';
import * as v from 'valibot';
import { withRanks } from '../ranks/with-ranks.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import { train } from '../training/train.ts';
import tinyWriter from './tiny-writer.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tokens: { type: 'string' }, 'fail-at': { type: 'string' } },
});
const [directory = ''] = positionals;
const failAt = Number(values['fail-at']);
const recipe = v.parse(recipeSchema, {
  ...tinyWriter,
  ...(values.tokens && { tokenizer: undefined, data: { type: 'tokenFile', path: values.tokens } }),
  training: { ...tinyWriter.training, schedule: undefined },
});
const schedule = createSchedule({ type: 'constant', warmup: 0 }, 0.01, { steps: 1000, stepsPerEpoch: 10 });

try {
  const sha256 = await withRanks(5, async (ranks) => {
    process.stdout.write(`rank ${ranks.rank} is process ${process.pid}\n`);
    ranks.watch('the same command');
    const { parameters } = await train(recipe, {
      ranks,
      workers: 1,
      engine: chooseEngine('wasm').setup,
      checkpoints: { directory, everySeconds: 0 },
      resume: { force: false },
      schedule(step) {
        if (ranks.rank === 1 && step === failAt) throw new Error(`no rate for step ${step}`);
        return schedule(step);
      },
    });
    await ranks.leave();
    return createHash('sha256')
      .update(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength))
      .digest('hex');
  });
  if (sha256) process.stdout.write(`sha256 ${sha256}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
