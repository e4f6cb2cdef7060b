// Colours of classes. They are variables of styles/base.css, so that they follow the light and the dark scheme.

/** How many colours there are before they repeat. */
const CATEGORIES = 8;
/** What taggers call steps that belong to nothing. */
const OUTSIDE = 'O';

/** Two classes are the ends of a scale. @param {readonly string[]} labels @param {string} label */
export function colourOf(labels, label) {
  if (labels.length === 2) return label === labels[1] ? 'var(--positive)' : 'var(--negative)';
  return label === OUTSIDE ? 'transparent' : `var(--category-${(Math.max(0, labels.indexOf(label)) % CATEGORIES) + 1})`;
}

/** @param {HTMLElement} element @param {string} colour @param {number} strength 0 to 1 */
export function tint(element, colour, strength) {
  // Half a colour at most: text must stay readable on it.
  element.style.background = `color-mix(in srgb, ${colour} ${Math.round(Math.min(1, strength) * 45)}%, transparent)`;
}

/** How sure a share is, where `chance` would be a guess: 0 to 1. @param {number} share @param {number} chance */
export const certainty = (share, chance) => Math.max(0, share - chance) / (1 - chance);
