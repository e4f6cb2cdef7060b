import type { Metric } from '@unroll/model/tasks/task.ts';
import Table from 'cli-table3';
import { html } from 'hono/html';
import type { Quantized } from '../artifact/quantize.ts';
import type { Section } from './task-results.ts';

const heads = ['layer', 'weights', 'activations', 'weight error', 'output error'];
const cellsOf = ({ layer, dtype, bits, weightError, outputError }: Quantized['layers'][number]) => [
  layer,
  dtype,
  bits ? `${bits} bits` : 'float32',
  `${(weightError * 100).toFixed(2)} %`,
  `${(outputError * 100).toFixed(2)} %`,
];

/** 'accuracy on the validation samples: 80.9 % in float32, 81.2 % in int8 (may get worse by 0.5 %)' */
export function verdict({ metric, float32, int8, budget }: Quantized, info: Metric | undefined): string {
  const format = info?.format ?? ((value: number) => value.toFixed(4));
  return `${metric} on the validation samples: ${format(float32)} in float32, ${format(int8)} quantized (may get worse by ${format(budget)})`;
}

/** What quantization did, layer by layer, for the terminal. */
export function quantizationTable({ layers }: Quantized): string {
  const style = { head: process.stdout.isTTY ? ['bold'] : [], border: [] };
  const chars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const table = new Table({ head: heads, colAligns: ['left', 'left', 'left', 'right', 'right'], chars, style });
  table.push(...layers.map(cellsOf));
  return table.toString();
}

/** The same for the report. */
export function quantizationSection(quantized: Quantized, info: Metric | undefined): Section {
  const rows = quantized.layers.map((layer) => html`<tr>${cellsOf(layer).map((cell) => html`<td>${cell}</td>`)}</tr>`);
  const body = html`<p>${verdict(quantized, info)}.</p>
<div class="scroll"><table><thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
  return { title: 'Quantization', body };
}
