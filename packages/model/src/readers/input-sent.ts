import { type InputSpec, inputsOf, type ModelSpec } from '../spec.ts';
import { inputsSent } from '../tasks/registry.ts';

/** The name and the spec of the one input that a person sends. @throws an error with their names if there are several. */
export function inputSent(spec: ModelSpec): readonly [string, InputSpec] {
  const inputs = inputsOf(spec);
  const [name, ...more] = inputsSent(spec, Object.keys(inputs)) as [string, ...string[]];
  if (more.length > 0) throw new Error(`model spec: expected one input to be sent, got ${[name, ...more].join(', ')}`);
  return [name, inputs[name] as InputSpec];
}
