/** Training leaves memory where it was: the short form of `npm run soak -w @unroll/bench`. */
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { expect, test } from 'vitest';
import { createSoak, memoryUse } from '../testing/soak.ts';

test('300 steps of changing batch sizes and lengths: no tensor more, the heap no larger than after 100', async () => {
  await startWasmBackend(compileWasmModules());
  const step = createSoak();
  for (let i = 0; i < 100; i++) expect(step(i)).toBeGreaterThan(0);
  const before = memoryUse();
  for (let i = 100; i < 300; i++) step(i);
  expect(memoryUse()).toEqual(before);
});
