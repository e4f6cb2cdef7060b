import { RNN_RELU, RNN_TANH } from './cell';
import { relu, reluGradient, sigmoid, sigmoidGradient, tanh, tanhGradient } from './gate-functions';

/** One sequence's step: sums become activations in place, which are the state h. */
export function rnnStep(cell: i32, table: usize, units: usize, sums: usize, h: usize): void {
  const end = h + (units << 2);
  if (cell == RNN_TANH) {
    for (; h < end; sums += 32, h += 32) {
      const h0 = tanh(table, v128.load(sums)), h1 = tanh(table, v128.load(sums, 16));
      v128.store(sums, h0), v128.store(sums, h1, 16);
      v128.store(h, h0), v128.store(h, h1, 16);
    }
  } else if (cell == RNN_RELU) {
    for (; h < end; sums += 32, h += 32) {
      const h0 = relu(table, v128.load(sums)), h1 = relu(table, v128.load(sums, 16));
      v128.store(sums, h0), v128.store(sums, h1, 16);
      v128.store(h, h0), v128.store(h, h1, 16);
    }
  } else {
    for (; h < end; sums += 32, h += 32) {
      const h0 = sigmoid(table, v128.load(sums)), h1 = sigmoid(table, v128.load(sums, 16));
      v128.store(sums, h0), v128.store(sums, h1, 16);
      v128.store(h, h0), v128.store(h, h1, 16);
    }
  }
}

/** The gradient of one sequence's step: from dh to the gradient of the sums. */
export function rnnStepGradient(cell: i32, table: usize, units: usize, activation: usize, dh: usize, dSums: usize): void {
  const end = dh + (units << 2);
  if (cell == RNN_TANH) {
    for (; dh < end; activation += 32, dh += 32, dSums += 32) {
      const d0 = tanhGradient(table, v128.load(dh), v128.load(activation)), d1 = tanhGradient(table, v128.load(dh, 16), v128.load(activation, 16));
      v128.store(dSums, d0), v128.store(dSums, d1, 16);
    }
  } else if (cell == RNN_RELU) {
    for (; dh < end; activation += 32, dh += 32, dSums += 32) {
      const d0 = reluGradient(table, v128.load(dh), v128.load(activation)), d1 = reluGradient(table, v128.load(dh, 16), v128.load(activation, 16));
      v128.store(dSums, d0), v128.store(dSums, d1, 16);
    }
  } else {
    for (; dh < end; activation += 32, dh += 32, dSums += 32) {
      const d0 = sigmoidGradient(table, v128.load(dh), v128.load(activation)), d1 = sigmoidGradient(table, v128.load(dh, 16), v128.load(activation, 16));
      v128.store(dSums, d0), v128.store(dSums, d1, 16);
    }
  }
}
