/** Classifiers in the page: running verdicts, their chart, legend and marks; live sessions. */
import { describe, expect, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

describe('a classifier of texts', () => {
  test('colours each word, has a legend of the colours, and follows typing', async () => {
    const { page, problems } = await open('/#sentiment');
    await page.waitForSelector('#words span');
    expect(await page.textContent('#words')).toBe('The food was not good at first, but the dessert was absolutely wonderful.');
    expect(await page.locator('#words .read').count()).toBe(13);
    expect(await page.textContent('#verdict')).toMatch(/^(negative|positive), \d+ %$/);
    expect(await page.locator('section .legend').textContent()).toBe('Verdict so far: negativepositive');

    await page.fill('#text', "Bad SERVICE... isn't <b>good</b>!");
    await page.locator('#words', { hasText: /^Bad/ }).waitFor();
    expect(await page.textContent('#words')).toBe("Bad SERVICE... isn't <b>good</b>!");
    expect(await page.locator('#words b').count()).toBe(0);
    expect(await page.locator('#words .word').allTextContents()).toEqual(['Bad', 'SERVICE', 'is', "n't", 'b', 'good', 'b']);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('draws the verdicts over their words, with the line at one half', async () => {
    const { page, problems } = await open('/#sentiment');
    await page.fill('#text', 'The food was not good');
    await page.locator('#words', { hasText: /^The food was not good$/ }).waitFor();
    const labels = await page.locator('#curve .tick').allTextContents();
    expect(labels).toEqual(['100 %', '50 %', '0 %', 'The', 'food', 'was', 'not', 'good']);
    const y = async (selector: string) => Number(await page.locator(selector).first().getAttribute('y1'));
    expect(await y('#curve .half')).toBeCloseTo(((await y('#curve .edge')) * 2 + 116) / 2, 5);
    expect(await page.locator('#curve .dot').count()).toBe(5);
    const first = await page.locator('#curve .dot title').first().textContent();
    expect(first).toMatch(/^The: \d+ % positive$/);
    await page.getByText('The numbers').click();
    expect(await page.locator('.figures tbody th').allTextContents()).toEqual(['The', 'food', 'was', 'not', 'good']);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('draws hundreds of words within its width, on any screen', async () => {
    const { page } = await open('/#sentiment', { viewport: { width: 360, height: 740 } });
    await page.fill('#text', 'wonderful '.repeat(200));
    await page.getByText('120 words not read').waitFor();
    const [width, room] = await page.evaluate<[number, number]>('[curve.getBBox().width, curve.parentElement.clientWidth]');
    expect(width).toBeLessThanOrEqual(room + 1);
    await page.setViewportSize({ width: 900, height: 740 });
    await page.waitForSelector('#curve[width^="7"], #curve[width^="6"]');
    await page.close();
  });

  test('marks words outside the vocabulary and words that are cut off', async () => {
    const { page } = await open('/#sentiment');
    await page.fill('#text', `A zorblax dinner ${'so good '.repeat(45)}`);
    await page.getByText('13 words not read: the model reads 80 of 93').waitFor();
    await page.getByText('1 word not in the vocabulary').waitFor();
    expect(await page.locator('#words .unknown').allTextContents()).toEqual(['zorblax']);
    expect(await page.locator('#words .cut').count()).toBe(13);
    expect(await page.locator('#words .read').count()).toBe(79);
    await page.close();
  });

  test('sends no request for an empty text, and shows no old answer', async () => {
    const { page, problems } = await open('/#sentiment');
    await page.waitForSelector('#curve');
    await page.fill('#text', '  ');
    await page.getByText('Type something.').waitFor();
    expect(await page.locator('#curve, #words span, .legend li').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('an old answer does not outlive a change of its text', async () => {
    const { page } = await open('/#sentiment');
    await page.waitForSelector('#curve');
    await page.route('**/predict', () => new Promise(() => {}));
    await page.fill('#text', 'Another text');
    await page.waitForSelector('[aria-busy=true]');
    await page.waitForSelector('#curve', { state: 'detached' });
    expect(await page.textContent('#verdict')).toBe('…');
    await page.close();
  });

  test('examples and verdict are visible on a phone without scrolling', async () => {
    const { page } = await open('/#sentiment', { viewport: { width: 390, height: 664 } }, ['sentiment', 'weather', 'moby-dick']);
    await page.waitForSelector('#words span');
    for (const selector of ['#verdict', '#words', '[aria-label=Examples]']) {
      const box = await page.locator(selector).boundingBox();
      expect((box?.y ?? 999) + (box?.height ?? 0)).toBeLessThan(664);
    }
    await page.getByRole('button', { name: 'Praise' }).click();
    await page.locator('#words', { hasText: /^Loved every minute/ }).waitFor();
    await page.close();
  });
});

test('several classes: bars, words in the colour of the class that leads, and a legend of these', async () => {
  const { page, problems } = await open('/#topics');
  await page.fill('#text', 'Anna drives from Oslo to Bergen');
  await page.locator('#words', { hasText: 'Bergen' }).waitFor();
  expect((await page.locator('.bars span:first-child').allTextContents()).sort()).toEqual(['money', 'sport', 'travel']);
  const widths = await page
    .locator('.bar i')
    .evaluateAll((bars) => bars.map((bar) => Number.parseFloat((bar as unknown as { style: { width: string } }).style.width)));
  expect(widths.reduce((sum, width) => sum + width)).toBeCloseTo(100, 3);
  expect(await page.locator('.legend li').first().textContent()).toMatch(/^(travel|sport|money) so far$/);
  expect(problems).toEqual([]);
  await page.close();
});

test('a model that reads backwards too answers once', async () => {
  const { page, problems } = await open('/#both-ways');
  await page.locator('.bar').first().waitFor();
  expect(await page.locator('#words span, .figures:visible, .live').count()).toBe(0);
  expect(problems).toEqual([]);
  await page.close();
});

test('a row of a table is typed by column, and a wrong value gets an error at its field', async () => {
  const { page, problems } = await open('/#flowers');
  await page.locator('#verdict', { hasText: '%' }).waitFor();
  await page.getByLabel('width', { exact: true }).fill('35');
  await page.getByText('The numbers').click();
  expect(await page.locator('.figures tbody th').allTextContents()).toEqual(['length', 'width']);
  await page.getByLabel('length', { exact: true }).fill('');
  await page.getByText("'length' is not a number").waitFor();
  expect(await page.locator('#curve').count()).toBe(0);
  expect(problems).toEqual([]);
  await page.close();
});
