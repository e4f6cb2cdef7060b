/** The list of models in the page: links, groups, search, the keyboard. */
import { describe, expect, test } from 'vitest';
import { builtIn, open, useBrowser } from './open.ts';

useBrowser();

describe('a few models', () => {
  test('are a row of links that the keyboard reaches', async () => {
    const { page, problems } = await open('/', {}, builtIn);
    await page.waitForSelector('#words span');
    expect(await page.locator('nav a').allTextContents()).toEqual(['sentimentclassify', 'weatherforecast', 'moby-dickgenerate']);
    expect(await page.locator('nav input').count()).toBe(0);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.charts canvas').first().waitFor();
    expect(await page.locator('nav [aria-current=page]').textContent()).toContain('weather');
    expect(await page.title()).toBe('weather · Unroll');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('an unknown model gives a notice, and another model is shown', async () => {
    const { page } = await open('/#gone', {}, builtIn);
    await page.getByText('No model here is called “gone”. This is sentiment.').waitFor();
    await page.waitForSelector('#words span');
    await page.close();
  });

  test('the last chosen model is shown, also after fast choices', async () => {
    const { page, problems } = await open('/', {}, builtIn);
    await page.route('**/v1/models/weather', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      await route.continue();
    });
    await page.getByRole('link', { name: 'weather' }).click();
    await page.getByRole('link', { name: 'moby-dick' }).click();
    await page.getByText(/^300 tokens/).waitFor();
    await page.waitForTimeout(1000);
    expect(await page.title()).toBe('moby-dick · Unroll');
    expect(await page.locator('.charts').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('ten models and more', () => {
  test('are in groups by task, and the view stays visible', async () => {
    const { page, problems } = await open('/#sentiment', { viewport: { width: 390, height: 844 } });
    await page.waitForSelector('#words span');
    expect(await page.locator('.group h2').allTextContents()).toEqual([
      'Classify',
      'Tag',
      'Translate',
      'Predict numbers',
      'Forecast',
      'Generate',
    ]);
    expect(await page.locator('.group').last().locator('a').allTextContents()).toEqual(['moby-dick', 'writer']);
    const box = await page.locator('#text').boundingBox();
    expect(box?.y).toBeLessThan(500);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('are found by typing, and chosen by the keyboard alone', async () => {
    const { page, problems } = await open('/#sentiment');
    await page.waitForSelector('#words span');
    const focused = () => page.evaluate<string>('document.activeElement.textContent || document.activeElement.id');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('search');
    await page.keyboard.type('OA');
    expect(await page.locator('nav a:visible').allTextContents()).toEqual(['road-tags', 'load']);
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('road-tags');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('load');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('search');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#tags .word');
    await page.getByLabel('Find a model').fill('nothing like it');
    await page.getByText('No model is called “nothing like it”.').waitFor();
    await page.getByLabel('Find a model').fill('');
    expect(await page.locator('nav a:visible').count()).toBe(13);
    await page.getByRole('button', { name: 'Skip the list' }).press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('text');
    expect(problems).toEqual([]);
    await page.close();
  });
});
