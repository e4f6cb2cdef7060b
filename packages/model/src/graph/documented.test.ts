import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';
import { taskOf } from '../tasks/registry.ts';

const page = readFileSync(new URL('../../../../docs/graphs.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, code]) => JSON.parse(code as string));

test('docs/graphs.md has examples', () => expect(examples).toHaveLength(3));

test.each(examples.map((example) => [Object.keys(example.inputs ?? { input: example.input }).join(', '), example]))(
  'an example that reads %s is a model',
  (_, example) => {
    const model = createModel(parseModelSpec(example));
    expect(model.weights.length).toBeGreaterThan(0);
    if (example.task) expect(taskOf(model).type).toBe(example.task.type);
  },
);
