import type { SpanScheme } from '../decoding/label-constraints.ts';

/** Labels from `start` to `end`, inclusive, that are one span of a kind. */
export interface Span {
  kind: string;
  start: number;
  end: number;
}

/**
 * The spans of a sequence of labels such as O, B-person, I-person.
 *
 *   lenient  as conlleval and seqeval's default: any letter of B, I, E, S; a span begins at B and S, and at I or E that continue none
 *   bio      as seqeval's strict IOB2: only B begins a span, and I of the same kind continues it
 *   bioes    as seqeval's strict IOBES: B … E of one kind, or S; a span without its end is none
 */
export function spansOf(labels: readonly string[], scheme: SpanScheme | 'lenient' = 'lenient'): Span[] {
  const parts = labels.map(partOf);
  return scheme === 'lenient' ? lenientSpans(parts) : strictSpans(parts, scheme);
}

/** Spans by kind: those of the gold labels, of the prediction, and of both. Sums over sequences give the scores of all. */
export type SpanCounts = Map<string, { gold: number; predicted: number; hits: number }>;

/** Adds a sequence to `counts`. A predicted span is a hit if kind, start and end are right. @throws if lengths differ. */
export function countSpans(
  counts: SpanCounts,
  gold: readonly string[],
  predicted: readonly string[],
  scheme?: SpanScheme | 'lenient',
): void {
  if (gold.length !== predicted.length) {
    throw new Error(`spans: expected as many predicted labels as gold ones, ${gold.length}, got ${predicted.length}`);
  }
  const keyOf = ({ kind, start, end }: Span) => `${start} ${end} ${kind}`;
  const goldSpans = spansOf(gold, scheme);
  const known = new Set(goldSpans.map(keyOf));
  const add = ({ kind }: Span, name: 'gold' | 'predicted' | 'hits') => {
    const count = counts.get(kind) ?? { gold: 0, predicted: 0, hits: 0 };
    count[name]++;
    counts.set(kind, count);
  };
  for (const span of goldSpans) add(span, 'gold');
  for (const span of spansOf(predicted, scheme)) {
    add(span, 'predicted');
    if (known.has(keyOf(span))) add(span, 'hits');
  }
}

export interface SpanScores {
  precision: number;
  recall: number;
  f1: number;
  /** Gold spans. */
  support: number;
}

/** Precision, recall and F1 of all spans together (micro averages) and by kind; 0 where undefined. */
export function spanScores(counts: SpanCounts): { all: SpanScores; kinds: Record<string, SpanScores> } {
  const sum = { gold: 0, predicted: 0, hits: 0 };
  for (const { gold, predicted, hits } of counts.values()) {
    sum.gold += gold;
    sum.predicted += predicted;
    sum.hits += hits;
  }
  const kinds = [...counts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => [kind, scoresOf(count)] as const);
  return { all: scoresOf(sum), kinds: Object.fromEntries(kinds) };
}

function scoresOf({ gold, predicted, hits }: { gold: number; predicted: number; hits: number }): SpanScores {
  const precision = predicted ? hits / predicted : 0;
  const recall = gold ? hits / gold : 0;
  const f1 = precision + recall ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, f1, support: gold };
}

interface Part {
  letter: string;
  kind: string;
}

/** A label without a kind has the kind '_'. */
function partOf(label: string): Part {
  if (!/^(O|[BIES](-.*)?)$/su.test(label)) {
    throw new Error(`spans: expected labels such as O, B-kind, I-kind, E-kind or S-kind, got '${label}'`);
  }
  return { letter: label.slice(0, 1), kind: label.slice(2) || '_' };
}

function lenientSpans(parts: readonly Part[]): Span[] {
  const spans: Span[] = [];
  for (const [i, { letter, kind }] of parts.entries()) {
    if (letter === 'O') continue;
    const before = parts[i - 1];
    const continues =
      (letter === 'I' || letter === 'E') && before && (before.letter === 'B' || before.letter === 'I') && before.kind === kind;
    if (continues) (spans.at(-1) as Span).end = i;
    else spans.push({ kind, start: i, end: i });
  }
  return spans;
}

function strictSpans(parts: readonly Part[], scheme: SpanScheme): Span[] {
  const spans: Span[] = [];
  for (let start = 0; start < parts.length; start++) {
    const { letter, kind } = parts[start] as Part;
    if (letter === 'S' && scheme === 'bioes') spans.push({ kind, start, end: start });
    if (letter !== 'B') continue;
    const is = (i: number, expected: string) => parts[i]?.letter === expected && parts[i]?.kind === kind;
    let end = start;
    while (is(end + 1, 'I')) end++;
    if (scheme === 'bio') spans.push({ kind, start, end });
    else if (is(end + 1, 'E')) spans.push({ kind, start, end: end + 1 });
  }
  return spans;
}
