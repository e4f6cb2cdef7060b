import * as tf from '@tensorflow/tfjs-core';
import type { Model, State } from '../model.ts';

/** Recurrent state in an array of floats, and as the tensors [rows, width] that a model takes. */
export interface StateArray {
  /** Floats of one row: of all tensors together. */
  readonly width: number;
  /** The state of `rows` rows from `first` on. Call inside tf.tidy. */
  read(array: Float32Array, first: number, rows: number): State;
  /** Writes a state to the rows from `first` on. */
  write(state: State, array: Float32Array, first: number): void;
}

/**
 * @param order 'rows': [rows, width], all floats of a row side by side. 'tensors': one tensor after the other, each [rows, its width].
 */
export function stateArray({ stateWidths }: Pick<Model, 'stateWidths'>, order: 'rows' | 'tensors'): StateArray {
  const width = stateWidth(stateWidths);
  let before = 0;
  const parts = Object.entries(stateWidths).flatMap(([layer, widths]) =>
    widths.map((own, index) => {
      const part = { layer, index, width: own, before };
      before += own;
      return part;
    }),
  );
  /** Where a row of a part begins. */
  function startOf(part: (typeof parts)[number], row: number, array: Float32Array): number {
    const rows = array.length / width;
    return order === 'rows' ? row * width + part.before : rows * part.before + row * part.width;
  }

  return {
    width,
    read(array, first, rows) {
      const state: State = {};
      for (const part of parts) {
        const values = new Float32Array(rows * part.width);
        for (let row = 0; row < rows; row++) {
          const start = startOf(part, first + row, array);
          values.set(array.subarray(start, start + part.width), row * part.width);
        }
        state[part.layer] ??= [];
        state[part.layer]?.push(tf.tensor2d(values, [rows, part.width]));
      }
      return state;
    },
    write(state, array, first) {
      for (const part of parts) {
        const tensor = state[part.layer]?.[part.index];
        if (!tensor) throw new Error(`state: tensor ${part.index} of layer '${part.layer}' is missing; run the model with a state`);
        const values = tensor.dataSync();
        for (let row = 0; row < tensor.shape[0]; row++) {
          array.set(values.subarray(row * part.width, (row + 1) * part.width), startOf(part, first + row, array));
        }
      }
    },
  };
}

/** Floats of one row of state. */
export const stateWidth = (widths: Model['stateWidths']): number =>
  Object.values(widths)
    .flat()
    .reduce((sum, width) => sum + width, 0);
