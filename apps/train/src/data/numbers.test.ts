import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inMemory } from '../testing/in-memory.ts';
import { expectRefused, recipeOf } from '../testing/recipe-of.ts';
import { prepare } from './prepare.ts';

describe('rows of a table', () => {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-prepare-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'petals.csv');
  const write = (rows: readonly string[]) => writeFileSync(path, `length,income,flat,kind\n${rows.join('\n')}\n`);
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${20_000 + 1000 * (i % 11)},0.1,${i % 2 ? 'a' : 'b'}`);
  const table = (maxLength = 3) =>
    recipeOf({
      data: { type: 'numberFile', path, columns: ['income', 'length', 'flat'], label: 'kind', validation: 0.2, test: 0.2 },
      model: ({ features, labels }: { features: number; labels: string[] }) => ({
        input: { type: 'features', features, maxLength },
        layers: [{ type: 'gru', units: 2 }],
        task: { type: 'classify', labels },
      }),
    });

  test('are scaled column by column by the training rows, and the spec says how', () => {
    write(rows);
    const { model, data, sequences } = prepare(table(), 1);
    if (model.spec.input?.type !== 'features') throw new Error('features');
    const { columns = [] } = model.spec.input;
    expect(columns.map(({ name }) => name)).toEqual(['income', 'length', 'flat']);
    expect(columns[2]).toEqual({ name: 'flat', mean: 0.1, scale: 1 });
    for (const column of [0, 1]) {
      const values = Array.from(data.split.train, (row) => inMemory(sequences).inputs[3 * row + column] as number);
      const mean = values.reduce((sum, value) => sum + value) / values.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(values.reduce((sum, value) => sum + value ** 2, 0) / values.length).toBeCloseTo(1, 5);
    }
  });

  test('with numbers to predict: a row without one is left out, and the model file says how they are scaled', () => {
    write([...rows, '1,2,0.1,none']);
    const predicting = (data: object) =>
      recipeOf({
        data: { type: 'numberFile', path, columns: ['flat', 'length'], validation: 0.2, test: 0.2, ...data },
        model: ({ features, regress }: { features: number; regress: { targets: unknown[] } }) => ({
          input: { type: 'features', features, maxLength: 3 },
          layers: [
            { type: 'gru', units: 2 },
            { type: 'dense', units: regress.targets.length },
          ],
          task: regress,
        }),
      });
    const { sequences, model, data, digest } = prepare(predicting({ targets: ['income'] }), 1);
    expect(data.split.train.length + data.split.validation.length + data.split.test.length).toBe(41);
    const { targets } = model.spec.task as { targets: { name: string; mean: number; scale: number }[] };
    expect(targets.map(({ name }) => name)).toEqual(['income']);
    const { mean, scale } = targets[0] as { mean: number; scale: number };
    expect((inMemory(sequences).targets[3] as number) * scale + mean).toBeCloseTo(23_000, 1);

    write([...rows, '1,x,0.1,none']);
    expect(prepare(predicting({ targets: ['income'] }), 1).data.warnings[0]).toMatch(/column 'income' .*the row is left out/);
    expect(() => prepare(predicting({ targets: ['length'] }), 1)).toThrow('a target cannot be among the columns');
    expect(() => prepare(predicting({ targets: ['income'], label: 'kind' }), 1)).toThrow("expected either 'label' or 'targets'");
    expect(prepare(predicting({ targets: ['income'] }), 1).digest).not.toBe(digest);
    write(rows);
    expect(() => prepare(predicting({ columns: ['length'], targets: ['flat'] }), 1, { model })).toThrow(
      "the model reads the column 'flat'",
    );
    expect(() => prepare(predicting({ columns: ['flat', 'length', 'income'], targets: ['kind'] }), 1)).toThrow('no row to learn from');
  });

  test('are encoded for a trained model with its scaling, not with that of the current rows', () => {
    write(rows);
    const { model } = prepare(table(), 1);
    write(rows.map((row, i) => (i % 3 ? row : row.replace(/,2/, ',9'))));
    const again = prepare(table(), 1, { model });
    expect(again.model).toBe(model);
    const [first] = (model.spec.input as { columns: { mean: number; scale: number }[] }).columns;
    if (!first) throw new Error('a column');
    expect(inMemory(again.sequences).inputs[0]).toBeCloseTo((90_000 - first.mean) / first.scale, 3);
    write(rows.map((row) => row.replace(/b$/, 'c')));
    expect(() => prepare(table(), 1, { model })).toThrow('its data hold the classes a, c; the model was trained on a, b');
  });

  test('are found by name for a trained model, which must have their scaling', () => {
    write(rows);
    const { model, sequences } = prepare(table(), 1);
    const { input } = model.spec;
    const { inputs: trained } = inMemory(sequences);
    if (input?.type !== 'features' || !input.columns) throw new Error('columns');
    const withInput = (changed: object) => ({ model: { ...model, spec: { ...model.spec, input: { ...input, ...changed } } } });
    const turned = prepare(table(), 1, withInput({ columns: input.columns.toReversed() }));
    expect([...inMemory(turned.sequences).inputs.subarray(0, 3)]).toEqual([...trained.subarray(0, 3)].reverse());
    const fewer = prepare(table(), 1, withInput({ columns: input.columns.slice(1) }));
    expect([...inMemory(fewer.sequences).inputs.subarray(0, 2)]).toEqual([...trained.subarray(1, 3)]);
    const { columns: _, ...plain } = input;
    const older = { model: { ...model, spec: { ...model.spec, input: plain } } };
    expect(() => prepare(table(), 1, older)).toThrow('the model file does not say how its columns are scaled');
    const other = [{ name: 'age', mean: 0, scale: 1 }];
    expect(() => prepare(table(), 1, withInput({ columns: other }))).toThrow(
      "the model reads the column 'age', which is not among data.columns",
    );
  });

  test('longer than the model reads', () => {
    write(rows);
    expectRefused(table(2), 'expected features 1, and a maxLength of at least the number of columns');
  });
});
