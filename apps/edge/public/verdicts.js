// The colour of a classifier's verdict after a step, and the legend of these colours.
import { h, percent } from './dom.js';
import { entry } from './legend.js';
import { certainty, colourOf } from './palette.js';

/** @typedef {{ labels: string[], probabilities: Record<string, number> }} Verdict */

/** @param {readonly string[]} labels @param {Verdict | undefined} step */
export function paintOf(labels, step) {
  const [label] = step?.labels ?? [];
  if (label === undefined) return { colour: 'transparent', strength: 0, title: 'none of the labels so far' };
  const share = step?.probabilities[label];
  return {
    colour: colourOf(labels, label),
    strength: certainty(share ?? 0, 1 / labels.length),
    title: `${label}, ${percent(share)} so far`,
  };
}

/** @param {readonly string[]} labels @param {readonly Verdict[]} steps */
export function colourKey(labels, steps) {
  if (labels.length === 2) {
    const [low = '', high = ''] = labels;
    return [h('li', {}, `Verdict so far: ${low}`, h('i', { class: 'swatch scale-bar' }), high)];
  }
  const leading = new Set(steps.map((step) => step.labels[0]));
  return labels.filter((label) => leading.has(label)).map((label) => entry('tint', `${label} so far`, colourOf(labels, label)));
}
