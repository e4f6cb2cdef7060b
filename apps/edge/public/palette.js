// Colours of classes. They are variables in styles/base.css, which adapt to the light and the dark scheme.

/** The number of colours; more classes repeat them. */
const CATEGORIES = 8;
/** The label of taggers for steps outside any entity. */
const OUTSIDE = 'O';

/** The colour of a label. Two classes get the two ends of a scale. @param {readonly string[]} labels @param {string} label */
export function colourOf(labels, label) {
  if (labels.length === 2) return label === labels[1] ? 'var(--positive)' : 'var(--negative)';
  return label === OUTSIDE ? 'transparent' : `var(--category-${(Math.max(0, labels.indexOf(label)) % CATEGORIES) + 1})`;
}

/** @param {HTMLElement} element @param {string} colour @param {number} strength 0 to 1 */
export function tint(element, colour, strength) {
  // Half a colour at most: text must stay readable on it.
  element.style.background = `color-mix(in srgb, ${colour} ${Math.round(Math.min(1, strength) * 45)}%, transparent)`;
}

/** How far a probability is above chance: 0 at `chance`, 1 at certainty. @param {number} share @param {number} chance */
export const certainty = (share, chance) => Math.max(0, share - chance) / (1 - chance);
