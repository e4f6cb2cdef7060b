import type { Metric } from '@unroll/model/tasks/task.ts';
import { html } from 'hono/html';
import type { Quantized } from '../artifact/quantize.ts';
import { plainTable } from '../terminal/table.ts';
import type { Section } from './task-results.ts';

const heads = ['layer', 'weights', 'activations', 'weight error', 'output error'];
const cellsOf = ({ layer, dtype, bits, weightError, outputError }: Quantized['layers'][number]) => [
  layer,
  dtype,
  bits ? `${bits} bits` : 'float32',
  `${(weightError * 100).toFixed(2)} %`,
  `${(outputError * 100).toFixed(2)} %`,
];

/** 'validation accuracy: 80.9 % in float32, 81.2 % in int8 (allowed drop: 0.5 %)' */
export function verdict({ metric, float32, int8, budget }: Quantized, info: Metric | undefined): string {
  const format = info?.format ?? ((value: number) => value.toFixed(4));
  return `validation ${metric}: ${format(float32)} in float32, ${format(int8)} in int8 (allowed drop: ${format(budget)})`;
}

/** The effect of quantization on each layer, for the terminal. */
export const quantizationTable = ({ layers }: Quantized): string => plainTable(heads, layers.map(cellsOf), { left: 3 });

/** The same for the report. */
export function quantizationSection(quantized: Quantized, info: Metric | undefined): Section {
  const rows = quantized.layers.map((layer) => html`<tr>${cellsOf(layer).map((cell) => html`<td>${cell}</td>`)}</tr>`);
  const body = html`<p>This model's ${verdict(quantized, info)}.</p>
<div class="scroll"><table><thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
  return { title: 'Quantization', body };
}
