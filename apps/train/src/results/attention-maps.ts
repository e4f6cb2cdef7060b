import { InputError } from '@unroll/model/input-error.ts';
import type { Translation } from '@unroll/model/tasks/translate.ts';
import { html } from 'hono/html';
import { translateSources } from '../artifact/translate-samples.ts';
import type { PreparedPairs } from '../data/pairs.ts';
import type { Candidate } from './contenders.ts';
import type { Section } from './task-results.ts';

const SHOWN = 4;

/** How much each word of some translations read of each source word. No section for a model that does not attend to its source. */
export function attentionMaps(data: PreparedPairs, { artifact }: Candidate): Section[] {
  const translations = attending(() => translateSources(artifact, data, data.split.test.slice(0, SHOWN), { attention: true }));
  const maps = translations.flatMap(({ attention }) => (attention?.target.length ? [heatMap(attention)] : []));
  if (maps.length === 0) return [];
  const body = html`<p class="quiet">Columns are the words of the text, rows those of the translation. Each row adds up to 100 %.</p>
<div class="charts">${maps}</div>`;
  return [{ title: 'Attention', body }];
}

function attending(translate: () => Translation[]): Translation[] {
  try {
    return translate();
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

function heatMap({ source, target, weights }: NonNullable<Translation['attention']>) {
  const rows = target.map((word, t) => {
    const cells = (weights[t] as number[]).map(
      (weight) => html`<td class="cell" style="--share:${weight}">${Math.round(100 * weight)}</td>`,
    );
    return html`<tr><th scope="row">${word}</th>${cells}</tr>`;
  });
  return html`<figure class="scroll"><table class="numbers"><thead><tr><th></th>${source.map((word) => html`<th>${word}</th>`)}</tr></thead><tbody>${rows}</tbody></table></figure>`;
}
