/** A text with the index of its label, or with a probability for each label. */
export interface TextSample {
  text: string;
  label: number | readonly number[];
}

export interface TextDataset {
  name: string;
  /** Class names by index. */
  labels: readonly string[];
  samples: readonly TextSample[];
  /** Where it comes from and under which license. */
  source: string;
}

/** How far the sum of a sample's probabilities may be from 1. */
const TOLERANCE = 1e-6;

/** The index of a sample's label, or of its most probable label. */
export function classOf(label: TextSample['label']): number {
  return typeof label === 'number' ? label : label.indexOf(Math.max(...label));
}

/** @throws if the data set has no samples, a wrong label, or only one class. */
export function checkDataset({ name, labels, samples }: TextDataset): void {
  if (samples.length === 0) throw new Error(`data set '${name}' is empty: there is nothing to learn from`);
  for (const { text, label } of samples) {
    const problem = typeof label === 'number' ? indexProblem(label, labels) : probabilitiesProblem(label, labels);
    if (problem) throw new Error(`data set '${name}': ${problem(JSON.stringify(text.slice(0, 40)))}`);
  }
  const present = new Set(samples.map(({ label }) => classOf(label)));
  if (present.size < 2) {
    const [only] = present;
    throw new Error(`data set '${name}' holds one class only, '${labels[only as number]}': there is nothing to tell apart`);
  }
}

type Problem = ((text: string) => string) | undefined;

function indexProblem(label: number, labels: readonly string[]): Problem {
  if (labels[label] !== undefined) return undefined;
  return (text) => `label ${label} of ${text} has no name; labels are ${labels.join(', ')}`;
}

function probabilitiesProblem(probabilities: readonly number[], labels: readonly string[]): Problem {
  if (probabilities.length !== labels.length) {
    return (text) => `${text} has ${probabilities.length} probabilities; expected one for each of ${labels.join(', ')}`;
  }
  const wrong = probabilities.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) return (text) => `a probability of ${text} is ${wrong}; expected a number from 0 to 1`;
  const sum = probabilities.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) > TOLERANCE) return (text) => `the probabilities of ${text} sum to ${sum}; expected 1`;
  return undefined;
}
