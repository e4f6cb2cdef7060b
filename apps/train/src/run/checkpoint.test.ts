import type { EngineName } from '@unroll/backend/engine.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { prepare } from '../data/prepare.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import { checkIdentity, identityOf } from './checkpoint.ts';

test('columns and scaling from the data may differ; the digest of the data must match', () => {
  const prepared = prepare(v.parse(recipeSchema, tiny), 1);
  const { model } = prepared;
  const named = { ...model, spec: { ...model.spec, input: { type: 'tokens' as const, maxLength: 20, column: 'review' } } };
  expect(() => checkIdentity(identityOf(prepared, 'wasm'), identityOf({ ...prepared, model: named }, 'wasm'), false)).not.toThrow();
  const shorter = { ...model, spec: { ...model.spec, input: { type: 'tokens' as const, maxLength: 10 } } };
  expect(() => checkIdentity(identityOf(prepared, 'wasm'), identityOf({ ...prepared, model: shorter }, 'wasm'), false)).toThrow(
    'spec.input.maxLength: 20 in the checkpoint, 10 now',
  );
  expect(() => checkIdentity(identityOf(prepared, 'wasm'), identityOf({ ...prepared, digest: 'other' }, 'wasm'), false)).toThrow(
    'the data changed',
  );
});

describe('another engine', () => {
  const prepared = prepare(v.parse(recipeSchema, tiny), 1);
  const of = (engine: EngineName) => identityOf(prepared, engine);

  test('is refused by name, unless it is forced', () => {
    expect(() => checkIdentity(of('wasm'), of('wasm'), false)).not.toThrow();
    expect(() => checkIdentity(of('wasm'), of('tensorflow'), false)).toThrow(
      'resume: the wasm engine trained this run, and tensorflow was chosen now. Their results differ in the last bits. ' +
        'Resume with --engine wasm, or pass --force to continue with tensorflow.',
    );
    expect(() => checkIdentity(of('tensorflow'), of('wasm'), false)).toThrow('the tensorflow engine trained this run');
    expect(() => checkIdentity(of('tensorflow'), of('wasm'), true)).not.toThrow();
  });

  test('a checkpoint that names no engine is of wasm', () => {
    const { engine: _, ...old } = of('wasm');
    expect(() => checkIdentity(old, of('wasm'), false)).not.toThrow();
    expect(() => checkIdentity(old, of('tensorflow'), false)).toThrow('the wasm engine trained this run');
  });

  test("the recipe's wish is not part of the identity, only the engine itself", () => {
    const wishing = { ...prepared, recipe: { ...prepared.recipe, training: { ...prepared.recipe.training, engine: 'auto' as const } } };
    expect(() => checkIdentity(of('wasm'), identityOf(wishing, 'wasm'), false)).not.toThrow();
  });
});
