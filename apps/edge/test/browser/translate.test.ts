/** The view of translators: a translation, other ones with their scores, and what is refused. */
import { createClient } from '@unroll/client/client.ts';
import { expect, inject, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

interface Candidate {
  text: string;
  score: number;
  finishReason: string;
}
interface Attention {
  source: string[];
  target: string[];
  weights: number[][];
}
const asked = async (text: string, search: { beam: number; nBest: number; attention?: boolean }) => {
  const { predictions } = await createClient({ url: inject('origin') }).predict('german', [text], { search });
  return predictions[0] as Candidate & { alternatives: Candidate[]; attention?: Attention };
};
const shown = ({ text, finishReason }: Candidate) => `${text || '(no text)'}${finishReason === 'length' ? ' …' : ''}`;

test('shows the translation and the others with their scores, for the beam that is asked for', async () => {
  const { page, problems } = await open('/#german');
  await page.getByLabel('Beam', { exact: true }).fill('6');
  await page.getByLabel('Translations').fill('4');
  await page.fill('#text', 'Der Hund schläft');
  await page.locator('.others li').nth(2).waitFor();
  const { alternatives, ...best } = await asked('Der Hund schläft', { beam: 6, nBest: 4 });
  expect(await page.locator('#translation').textContent()).toBe(shown(best));
  const scores = alternatives.map(({ score }) => `score ${score.toFixed(2).replace('-', '−')}`);
  const others = await page.locator('.others li').allTextContents();
  expect(others.map((text) => text.replace(/, cut off.*/, ''))).toEqual(alternatives.map((other, i) => `${shown(other)} ${scores[i]}`));

  await page.getByLabel('Translations').fill('1');
  await page.getByText('Other translations').waitFor({ state: 'hidden' });
  await page.fill('#text', 'hund '.repeat(12));
  await page.getByText('4 tokens not read: the model reads 8 of 12').waitFor();
  expect(problems).toEqual([]);
  await page.close();
});

test('shows what each token of the translation attended to', async () => {
  const { page } = await open('/#german');
  await page.fill('#text', 'im haus schläft');
  await page.locator('.heat thead tr', { hasText: /^imhausschläft$/ }).waitFor();
  const { attention } = await asked('im haus schläft', { beam: 3, nBest: 3, attention: true });
  if (!attention) throw new Error('expected attention weights');
  expect(await page.locator('.heat thead th').allTextContents()).toEqual(attention.source);
  expect(await page.locator('.heat tbody th').allTextContents()).toEqual(attention.target);
  const cells = await page.locator('.heat tbody td').allTextContents();
  expect(cells).toEqual(attention.weights.flat().map((weight) => String(Math.round(weight * 100))));
  await page.close();
});

test('says at each field what it refuses', async () => {
  const { page } = await open('/#german');
  await page.locator('.others li').first().waitFor();
  await page.getByLabel('Beam', { exact: true }).fill('1000');
  await page.getByText('Expected a whole number from 1 to 64.').waitFor();
  await page.getByLabel('Beam', { exact: true }).fill('2');
  await page.getByText('Expected at most the beam, 2.').waitFor();
  await page.getByLabel('Translations').fill('2');
  await page.locator('.others li').first().waitFor();
  await page.fill('#text', 'hello');
  await page.getByText('the input holds no token that the model knows').waitFor();
  expect(await page.locator('#text').getAttribute('aria-invalid')).toBe('true');
  await page.close();
});
