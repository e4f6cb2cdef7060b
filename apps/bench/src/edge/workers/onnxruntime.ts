/** The model in onnxruntime-web. GET runs timed predictions as in the other Workers; POST {"ids": [...]} gives one answer. */

import * as ort from 'onnxruntime-web/wasm';
import { idsOf, STEPS } from '../bench-model.ts';
import type { Handler } from './handler.ts';
import model from './model.onnx';
import { timed } from './timed.ts';

let loading: Promise<(ids: readonly number[]) => Promise<number>> | undefined;

async function load() {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: './onnxruntime-glue.mjs', wasm: './ort-wasm-simd-threaded.wasm' };
  const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ['wasm'] });
  return async (ids: readonly number[]) => {
    const { y } = await session.run({ ids: new ort.Tensor('int32', Int32Array.from(ids), [STEPS]) });
    return (y as { data: Float32Array }).data[0] as number;
  };
}
const loaded = () => (loading ??= load());

const inARow = timed(async () => {
  const run = await loaded();
  return (number) => run(idsOf(number));
});

export default {
  async fetch(request) {
    if (request.method !== 'POST') return inARow.fetch(request);
    const { ids } = (await request.json()) as { ids: number[] };
    return Response.json({ yes: await (await loaded())(ids) });
  },
} satisfies Handler;
