/** axe-core over every view, in light and dark, on a desk and on a phone. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { builtIn, open, useBrowser } from './open.ts';

useBrowser();

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** axe's serious and critical findings: the rule and the element. */
async function findings(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

const long = `The zorblax food was not good, but ${'we loved it '.repeat(30)}`;
/** Each view with everything in it that can be opened, and in the state of an error. */
const views: [name: string, path: string, models: string[] | undefined, prepare: (page: Page) => Promise<void>][] = [
  [
    'classify',
    '/#sentiment',
    builtIn,
    async (page) => {
      await page.fill('#text', long);
      await page.getByText('words not read').waitFor();
      await page.getByText('Live session').click();
      await page.getByLabel('Next word').fill('great');
      await page.keyboard.press('Enter');
      await page.locator('.live .word').waitFor();
    },
  ],
  ['marks', '/#marks', undefined, async (page) => page.locator('.bar').first().waitFor()],
  ['ids', '/#ids', undefined, async (page) => page.locator('.tagged').first().waitFor()],
  ['classes', '/#topics', undefined, async (page) => page.locator('.bar').first().waitFor()],
  [
    'a table row with an error',
    '/#flowers',
    undefined,
    async (page) => {
      await page.getByLabel('width', { exact: true }).fill('');
      await page.locator('#row-error:visible').waitFor();
    },
  ],
  ['tag', '/#road-tags', undefined, async (page) => page.fill('#text', 'Anna drives a red car to Oslo and then on to the far north today')],
  [
    'forecast',
    '/#weather',
    builtIn,
    async (page) => {
      await page.locator('.charts canvas').nth(1).waitFor();
      await page.getByText('Live session').click();
      await page.getByRole('button', { name: 'Push the next row' }).click();
      await page.getByText('After 1 row').waitFor();
    },
  ],
  [
    'forecast of a wrong table',
    '/#weather',
    builtIn,
    async (page) => {
      await page.locator('.charts canvas').nth(1).waitFor();
      await page.fill('#table', 'date');
      await page.locator('#table-error:visible').waitFor();
    },
  ],
  ['generate', '/#moby-dick', builtIn, async (page) => page.getByText(/^300 tokens/).waitFor()],
  [
    'generate with an error',
    '/#moby-dick',
    undefined,
    async (page) => {
      await page.getByText(/^300 tokens/).waitFor();
      await page.fill('#prompt', '');
      await page.getByRole('button', { name: 'Write' }).click();
      await page.locator('#prompt-error:visible').waitFor();
    },
  ],
  ['translate', '/#german', undefined, async (page) => page.locator('.others li').nth(1).waitFor()],
  ['no such model', '/#no-such-model', undefined, async (page) => page.getByText('No model here is called').waitFor()],
];

describe.for([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('%s, %i pixels wide', ([colorScheme, width]) => {
  test.for(views)('%s', async ([, path, models, prepare]) => {
    const { page } = await open(path, { viewport: { width, height: 900 }, colorScheme, bypassCSP: true }, models);
    await prepare(page);
    for (const summary of await page.getByText('The numbers').all()) if (await summary.isVisible()) await summary.click();
    await page.waitForSelector('[aria-busy]', { state: 'detached' });
    expect(await findings(page)).toEqual([]);
    const [scroll, client] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    expect(scroll).toBeLessThanOrEqual(client);
    await page.close();
  });
});
