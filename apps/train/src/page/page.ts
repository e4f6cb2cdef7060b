import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Chart } from './chart.ts';

export interface Page {
  title: string;
  description: string;
  body: HtmlEscapedString | Promise<HtmlEscapedString>;
  charts: readonly Chart[];
}

/** A self-contained HTML page, light and dark, without other files or network requests. */
export async function renderPage({ title, description, body, charts }: Page): Promise<string> {
  const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  const local = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
  // JSON inside a script element: no "</script>" and no "<!--" may survive in it.
  const data = JSON.stringify(charts).replaceAll('<', '\\u003c');
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(readFileSync(join(uplot, 'uPlot.min.css'), 'utf8'))}${raw(local('report.css'))}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="quiet">${description}</p>
${body}
</main>
<script type="application/json" id="charts">${raw(data)}</script>
<script>${raw(readFileSync(join(uplot, 'uPlot.iife.min.js'), 'utf8'))}</script>
<script>${raw(local('charts.js'))}</script>
</body>
</html>`;
  return String(page);
}
