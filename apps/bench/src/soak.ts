/** npm run soak -w @unroll/bench: 10,000 training steps leave tfjs's tensors and the WASM heap where they were after 100. */
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { createSoak, memoryUse } from '@unroll/model/testing/soak.ts';

const STEPS = 10_000;

await startWasmBackend(compileWasmModules());
const step = createSoak();
for (let i = 0; i < 100; i++) step(i);
const early = JSON.stringify(memoryUse());
for (let i = 100; i < STEPS; i++) step(i);
const late = JSON.stringify(memoryUse());
console.log(`after 100 steps    ${early}\nafter ${STEPS} steps ${late}`);
if (early !== late) {
  console.error('soak: memory grew');
  process.exitCode = 1;
}
