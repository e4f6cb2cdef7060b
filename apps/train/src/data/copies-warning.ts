import type { Sequences } from './sequences.ts';

/** Copies of the data that take a larger share of a machine's memory are worth a warning. */
const SHARE = 0.25;
const MB = 2 ** 20;

/**
 * A warning if each rank of a machine keeps a copy of large data.
 * @param copies ranks on this machine.
 * @param memory of the machine, in bytes.
 */
export function copiesWarning(sequences: Sequences, copies: number, memory: number): string[] {
  if ('file' in sequences || copies === 1) return [];
  const { inputs, targets, starts, lengths, targetsOf, features } = sequences;
  const bytes = inputs.byteLength + targets.byteLength + starts.byteLength + lengths.byteLength;
  if (bytes * copies <= SHARE * memory) return [];
  const size = (count: number) => `${Math.round(count / MB).toLocaleString('en')} MB`;
  const isCorpus = targetsOf === 'step' && features === 0;
  return [
    `each of the ${copies} ranks on this machine keeps a copy of the data: ${size(bytes * copies)} of ${size(memory)}. Start fewer ranks with more --workers, ` +
      `which share one copy${isCorpus ? '; or pack a long text with: unroll pack. Ranks read only their windows of a token file' : ''}`,
  ];
}
