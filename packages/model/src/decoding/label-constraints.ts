/** Which labels may follow which, and which may be first and last: L·L flags, row by row, and L each. */
export interface AllowedLabels {
  transitions: boolean[];
  start: boolean[];
  end: boolean[];
}

/**
 * How spans of labels are written. `bio` (IOB2): B-X begins a span, I-X continues it. `bioes`: E-X also ends a span of several labels, and S-X
 * is a span of one. O is outside of all spans.
 */
export const spanSchemes = ['bio', 'bioes'] as const;
export type SpanScheme = (typeof spanSchemes)[number];

/** A label in its parts: its letter and the kind of its span. */
interface Part {
  letter: string;
  kind: string;
}

/**
 * What a scheme allows between labels such as O, B-person and I-person.
 * @throws if a label is not of the scheme.
 */
export function allowedLabels(labels: readonly string[], scheme: SpanScheme): AllowedLabels {
  const parts = labels.map((label) => partOf(label, scheme));
  return {
    transitions: parts.flatMap((from) => parts.map((to) => mayFollow(from, to, scheme))),
    start: parts.map((to) => mayFollow(undefined, to, scheme)),
    end: parts.map((from) => scheme === 'bio' || !isOpen(from)),
  };
}

/** The first label of a sequence that breaks the constraints, as its position; undefined if none does. */
export function firstForbidden(labels: ArrayLike<number>, { transitions, start, end }: AllowedLabels): number | undefined {
  for (let t = 0; t < labels.length; t++) {
    const label = labels[t] as number;
    const mayStand = t ? transitions[(labels[t - 1] as number) * start.length + label] : start[label];
    if (!mayStand || (t === labels.length - 1 && !end[label])) return t;
  }
  return undefined;
}

const letters = { bio: ['B', 'I'], bioes: ['B', 'I', 'E', 'S'] };

function partOf(label: string, scheme: SpanScheme): Part {
  if (label === 'O') return { letter: 'O', kind: '' };
  const letter = label.slice(0, 1);
  if (!letters[scheme].includes(letter) || (label.length > 1 && label[1] !== '-')) {
    const expected = letters[scheme].map((each) => `${each}-…`).join(', ');
    throw new Error(`label '${label}' is not of the scheme '${scheme}': expected O, ${expected}`);
  }
  return { letter, kind: label.slice(2) };
}

/** Whether a span goes on after this label, or may. */
const isOpen = ({ letter }: Part) => letter === 'B' || letter === 'I';

function mayFollow(from: Part | undefined, to: Part, scheme: SpanScheme): boolean {
  const continues = to.letter === 'I' || to.letter === 'E';
  if (continues) return from !== undefined && isOpen(from) && from.kind === to.kind;
  return scheme === 'bio' || !from || !isOpen(from);
}
