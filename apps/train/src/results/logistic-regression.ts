import { minimize } from './lbfgs.ts';
import { gramsOf, type RivalClassifier, type RivalText } from './rival-text.ts';
import { createTfIdf, type SparseRow } from './tf-idf.ts';

/** scikit-learn's C: the weight of the texts' losses relative to ½|w|². */
const INVERSE_PENALTY = 10;

/**
 * Logistic regression on tf-idf of words and pairs of words, with an L2 penalty, one class against the rest, as in scikit-learn's
 * liblinear solver. A text with probabilities counts as that much of each class.
 */
export function fitLogisticRegression(texts: readonly RivalText[], classes: number): RivalClassifier {
  const tfIdf = createTfIdf(texts.map(({ tokens }) => gramsOf(tokens)));
  const rows = texts.map(({ tokens }) => tfIdf.rowOf(gramsOf(tokens)));
  // For two classes the second one's model is enough.
  const modelled = classes === 2 ? [1] : Array.from({ length: classes }, (_, c) => c);
  const models = modelled.map((c) => {
    const targets = texts.map(({ probabilities }) => probabilities[c] as number);
    return fitBinary(rows, targets, { weights: texts.map(({ weight }) => weight), features: tfIdf.size });
  });
  return {
    bytes: modelled.length * (tfIdf.size + 1) * 4,
    classOf(tokens) {
      const row = tfIdf.rowOf(gramsOf(tokens));
      const scores = models.map((model) => logit(model, row));
      return classes === 2 ? Number((scores[0] as number) > 0) : scores.indexOf(Math.max(...scores));
    },
  };
}

/** One weight per feature, then the bias. */
function fitBinary(
  rows: readonly SparseRow[],
  targets: readonly number[],
  { weights, features }: { weights: readonly number[]; features: number },
): Float64Array {
  const scale = scaleOf(rows, weights, features);
  const model = new Float64Array(features + 1);
  const solution = new Float64Array(features + 1);
  const rescale = (from: Float64Array, into: Float64Array) => {
    for (let k = 0; k < into.length; k++) into[k] = (from[k] as number) * (scale[k] as number);
  };
  minimize((scaled, gradient) => {
    rescale(scaled, model);
    let loss = 0;
    for (let k = 0; k < features; k++) {
      loss += (model[k] as number) ** 2 / 2;
      gradient[k] = model[k] as number;
    }
    gradient[features] = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as SparseRow;
      const z = logit(model, row);
      const target = targets[i] as number;
      const weight = INVERSE_PENALTY * (weights[i] as number);
      loss += weight * (Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z))));
      addScaled(gradient, row, weight * (1 / (1 + Math.exp(-z)) - target));
    }
    rescale(gradient, gradient);
    return loss;
  }, solution);
  rescale(solution, model);
  return model;
}

/** 1 / √ of each weight's greatest curvature. In these units rare and frequent features converge equally fast (Jacobi preconditioning). */
function scaleOf(rows: readonly SparseRow[], weights: readonly number[], features: number): Float64Array {
  const curvatures = new Float64Array(features + 1).fill(1);
  for (const [i, row] of rows.entries()) {
    // The slope of a sigmoid is at most 1/4.
    addScaled(curvatures, { ...row, values: row.values.map((value) => value * value) }, (INVERSE_PENALTY * (weights[i] as number)) / 4);
  }
  return curvatures.map((curvature) => 1 / Math.sqrt(curvature));
}

// Indexed loops, because these two functions take nearly all of the time.
function logit(model: Float64Array, { features, values }: SparseRow): number {
  let sum = model[model.length - 1] as number;
  for (let n = 0; n < features.length; n++) sum += (model[features[n] as number] as number) * (values[n] as number);
  return sum;
}

function addScaled(into: Float64Array, { features, values }: SparseRow, factor: number): void {
  const bias = into.length - 1;
  into[bias] = (into[bias] as number) + factor;
  for (let n = 0; n < features.length; n++) {
    const k = features[n] as number;
    into[k] = (into[k] as number) + factor * (values[n] as number);
  }
}
