import { finite, int, positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

const factor = (standard: number) => v.optional(v.pipe(finite, v.minValue(0)), standard);

/** Keras' regularizers: a penalty l1·Σ|w| + l2·Σw² in the training loss. */
export const regularizerSpec = v.variant('type', [
  v.strictObject({ type: v.literal('l1'), l1: factor(0.01) }),
  v.strictObject({ type: v.literal('l2'), l2: factor(0.01) }),
  v.strictObject({ type: v.literal('l1l2'), l1: factor(0), l2: factor(0) }),
]);
export type Regularizer = v.InferOutput<typeof regularizerSpec>;

const axis = v.optional(v.pipe(int, v.minValue(0)), 0);

/** Keras' constraints, applied to a weight after each step. `axis` is the one that a norm sums over: 0 for the columns of a kernel. */
export const constraintSpec = v.variant('type', [
  v.strictObject({ type: v.literal('maxNorm'), maxValue: v.optional(positive, 2), axis }),
  v.strictObject({ type: v.literal('unitNorm'), axis }),
  v.strictObject({ type: v.literal('nonNeg') }),
]);
export type Constraint = v.InferOutput<typeof constraintSpec>;

type Named<Name extends string> = {
  [Key in `${Name}Regularizer`]: v.OptionalSchema<typeof regularizerSpec, undefined>;
} & { [Key in `${Name}Constraint`]: v.OptionalSchema<typeof constraintSpec, undefined> };

/** The options of a layer for one of its weights: kernelRegularizer and kernelConstraint. */
export const weightOptions = <const Name extends string>(name: Name) =>
  ({ [`${name}Regularizer`]: v.optional(regularizerSpec), [`${name}Constraint`]: v.optional(constraintSpec) }) as Named<Name>;

/**
 * What those options say about the weight.
 * @throws if a constraint sums over an axis that the weight does not have.
 */
export function weightRules(
  name: string,
  shape: readonly number[],
  regularizer: Regularizer | undefined,
  constraint: Constraint | undefined,
): { regularizer?: Regularizer; constraint?: Constraint } {
  if (constraint && 'axis' in constraint && constraint.axis >= shape.length) {
    throw new Error(`${name}Constraint: expected an axis below ${shape.length}, the axes of [${shape}], got ${constraint.axis}`);
  }
  return { ...(regularizer && { regularizer }), ...(constraint && { constraint }) };
}
