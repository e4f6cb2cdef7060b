/** The view of taggers: labels over tokens. */
import { createClient } from '@unroll/client/client.ts';
import { expect, inject, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

const text = 'Anna drives from Oslo to Bergen on Monday, in a red car with nine others';

test('shows each token with its label, its probability, and a legend of the labels', async () => {
  const { predictions } = await createClient({ url: inject('origin') }).predict('road-tags', [text]);
  const { steps } = predictions[0] as { steps: { token: string; label: string; probability: number; unknown?: true }[] };
  const { page, problems } = await open('/#road-tags');
  await page.fill('#text', text);
  await page.getByText('3 words not read: the model reads 12 of 15').waitFor();

  expect(await page.locator('.tagged .word').allTextContents()).toEqual(
    'Anna drives from Oslo to Bergen on Monday in a red car'.split(' '),
  );
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  expect(await page.locator('.tagged small').allTextContents()).toEqual(
    steps.map(({ label, probability }) => `${label} ${percent(probability)}`),
  );
  expect(await page.locator('#tags .unknown').count()).toBe(steps.filter(({ unknown }) => unknown).length);
  expect(await page.locator('#tags .cut').allTextContents()).toEqual(['with', 'nine', 'others']);

  const labels = ['O', 'person', 'place', 'day'].filter((label) => steps.some((step) => step.label === label));
  const legend = await page.locator('.legend li').allTextContents();
  expect(legend.slice(0, labels.length)).toEqual(labels.map((label) => `${label}: ${steps.filter((step) => step.label === label).length}`));

  await page.getByText('The numbers').click();
  expect(await page.locator('.figures tbody tr').count()).toBe(12);
  expect(await page.locator('main').textContent()).not.toContain('{');
  expect(problems).toEqual([]);
  await page.close();
});
