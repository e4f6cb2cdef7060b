import { profileFile } from '@unroll/datasets/profile.ts';
import { recordsInMemory } from '@unroll/datasets/records.ts';
import { describe, expect, test } from 'vitest';
import { type Purpose, purposeOf, type Wishes } from './purpose.ts';

const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
const wave = (i: number) => (10 + 5 * Math.sin(i / 3)).toFixed(2);
const words = (i: number) => `this is the text number ${i} of many`;

/** A table with a header and a row for each i. */
function purposeFor(
  header: string,
  row: (i: number) => readonly unknown[],
  { rows = 120, ...wishes }: Wishes & { rows?: number } = {},
): Purpose {
  const lines = [header, ...Array.from({ length: rows }, (_, i) => row(i).join())];
  const file = recordsInMemory('table.csv', Buffer.from(`${lines.join('\n')}\n`));
  return purposeOf(file, profileFile(file), wishes);
}

describe('texts', () => {
  test('with a category are classified, read as far as the longest', () => {
    expect(purposeFor('text,mood', (i) => [words(i), ['good', 'bad'][i % 2]])).toEqual({
      type: 'classify texts',
      text: 'text',
      label: 'mood',
      id: undefined,
      characters: false,
      maxLength: 20,
    });
  });
  test('with stars beside them are', () =>
    expect(purposeFor('review,stars', (i) => [words(i), 1 + (i % 5)])).toMatchObject({ text: 'review', label: 'stars' }));
  test('with ratings beside other numbers are', () => {
    expect(purposeFor('review,helpful,rating,price', (i) => [words(i), i % 7, 1 + (i % 5), wave(i)])).toMatchObject({
      text: 'review',
      label: 'rating',
    });
  });
  test('with an author column use it as the id', () =>
    expect(purposeFor('author,text,label', (i) => [i % 9, words(i), 'ab'[i % 2]])).toMatchObject({ id: 'author' }));
  test.each([
    ['Chinese', '早餐很好房间干净'],
    ['Thai', 'อาหารเช้าดีมากห้องสะอาด'],
    ['Khmer', 'អាហារពេលព្រឹកល្អ'],
    ['Lao', 'ອາຫານເຊົ້າດີຫຼາຍ'],
    ['emoji', '☕🏨👍😀'],
  ])('in %s are read by characters', (_, text) =>
    expect(purposeFor('text,label', (i) => [`${text}${i % 7}`.repeat(2), 'ab'[i % 2]])).toMatchObject({ characters: true }),
  );
  test('of single words are too', () =>
    expect(purposeFor('name,language', (i) => [`Name${'abcdefghij'[i % 10]}${i}`, ['de', 'fr'][i % 2]])).toMatchObject({
      text: 'name',
      characters: true,
    }));
  test('next to numbers are not single words or names', () => {
    const row = (i: number) => [`Last${i} and First`, `C-${i}`, wave(i), i % 2 ? 'male' : 'female'];
    expect(purposeFor('name,cabin,fare,sex', row)).toEqual({ type: 'classify numbers', columns: ['fare'], label: 'sex' });
  });
  test('are not labelled by their author if another column can be the label', () =>
    expect(purposeFor('polarity,user,text', (i) => [4 * (i % 2), `user${i % 9}`, words(i)])).toMatchObject({
      text: 'text',
      label: 'polarity',
      id: 'user',
    }));
  test('in English with an emoji are read by words', () =>
    expect(purposeFor('text,label', (i) => [`${words(i)} 😀`, 'ab'[i % 2]])).toMatchObject({ characters: false }));
  test('with several labels per row are refused, with the possible tasks', () => {
    expect(() => purposeFor('ticket,billing,shipping', (i) => [words(i), i % 2, Number(i % 3 === 0)])).toThrow(
      'init: billing, shipping all hold 0 and 1. Several labels per row are not supported in a file; learn one at a time: --label billing',
    );
  });
  test('without classes are refused', () =>
    expect(() => purposeFor('text', (i) => [words(i)])).toThrow(
      "init: 'text' holds texts, but no column holds their classes (found: text (texts)); name it with --label",
    ));
  test('of one class are refused with it', () =>
    expect(() => purposeFor('text,label', (i) => [words(i), 'praise'])).toThrow(
      "init: column 'label' holds one class only, 'praise': there is nothing to tell apart",
    ));
});

describe('two columns of texts', () => {
  const row = (i: number) => [words(i), `das ist der Text Nummer ${i}`];
  const side = (column: string, maxLength: number, characters = false) => ({ column, characters, maxLength });
  test('are a text and its translation, the first column the source', () =>
    expect(purposeFor('id,en,de', (i) => [i, ...row(i)])).toEqual({ type: 'translate', source: side('en', 20), target: side('de', 21) }));
  test('are turned round if their names tell so', () =>
    expect(purposeFor('target,source', row)).toMatchObject({ source: { column: 'source' }, target: { column: 'target' } }));
  test('are read by characters where no blanks separate words', () =>
    expect(purposeFor('en,zh', (i) => [words(i), `早餐很好房间干净${i}`])).toMatchObject({ target: { column: 'zh', characters: true } }));
  test('beside classes, numbers or more texts are not', () => {
    expect(purposeFor('en,de,mood', (i) => [...row(i), 'ab'[i % 2]])).toMatchObject({ type: 'classify texts' });
    expect(() => purposeFor('en,de,fr', (i) => [...row(i), `le texte ${i}`])).toThrow('no column holds their classes');
    expect(() => purposeFor('title,text', (i) => [`Name${i}`, words(i)])).toThrow('no column holds their classes');
  });
  test('may be named among others, and single words too', () => {
    const wishes = { source: 'word', targets: ['sounds'] };
    expect(purposeFor('word,sounds,mood', (i) => [`wort${i}`, `W O R T ${i}`, 'ab'[i % 2]], wishes)).toEqual({
      type: 'translate',
      source: side('word', 20, true),
      target: side('sounds', 21),
    });
    expect(() => purposeFor('en,de', row, { source: 'en' })).toThrow(
      'init: --source en needs one other column with the translations; name it with --target (found: en (texts), de (texts))',
    );
    expect(() => purposeFor('en,de', row, { source: 'em', targets: ['de'] })).toThrow("there is no column 'em'. Did you mean 'en'?");
  });
});

describe('numbers', () => {
  test('with a category are classified without ids, times and columns that are mostly empty', () => {
    expect(
      purposeFor('id,a,b,month,rare,when,kind', (i) => [i, wave(i), i % 17, 1 + (i % 12), i % 3 ? '' : 4.5 + i, day(i * 40), 'xyz'[i % 3]]),
    ).toEqual({
      type: 'classify numbers',
      columns: ['a', 'b', 'month'],
      label: 'kind',
    });
  });
  test('with a column of 0 and 1 are classified by it', () =>
    expect(purposeFor('a,b,bought', (i) => [wave(i), i % 17, i % 2])).toEqual({
      type: 'classify numbers',
      columns: ['a', 'b'],
      label: 'bought',
    }));
  test.each(['NaN', 'n/a', '-', 'NA', 'null', '', '?', '#N/A'])('of which some are %s are numbers still', (missing) => {
    expect(purposeFor('a,b,kind', (i) => [i % 9 ? wave(i) : missing, i % 17, 'xy'[i % 2]])).toMatchObject({ columns: ['a', 'b'] });
  });
  test('alone, without times, are no series', () => {
    expect(() => purposeFor('rooms,area,price', (i) => [i % 5, 40 + (i % 60), 1000 + ((i * 37) % 991)])).toThrow(
      /^init: no column holds classes or times .* Name what to learn from the rest of each row with --label, for example --label price;/,
    );
  });
  test('are forecast without times if that is wanted', () =>
    expect(purposeFor('a,b', (i) => [wave(i), i % 17], { targets: ['b'] })).toMatchObject({
      type: 'forecast',
      columns: ['a', 'b'],
      targets: ['b'],
      time: undefined,
    }));
  test('are predicted if that is wanted, or if one has the name of a label', () => {
    const predicted = { type: 'predict a number', columns: ['a', 'b'] };
    expect(purposeFor('a,b,price', (i) => [wave(i), i % 17, i * 3.7], { label: 'price' })).toEqual({ ...predicted, target: 'price' });
    expect(purposeFor('a,target,b', (i) => [wave(i), i * 3.7, i % 17])).toEqual({ ...predicted, target: 'target' });
  });
  test('are not predicted from texts', () =>
    expect(() =>
      purposeFor('text,price', (i) => [`a text of several words number ${i} about it`, i * 3.7], { text: 'text', label: 'price' }),
    ).toThrow('too many for classes (at most 50). Predicting a number from texts is not supported'));
});

describe('a series', () => {
  test.each([
    ['an id', 'id,date,load', (i: number) => [1000 + i, day(i), wave(i)]],
    ['a constant id', 'store_id,date,load', (i: number) => [7, day(i), wave(i)]],
    [
      'a year and a month',
      'year,month,date,load',
      (i: number) => [2024 + Math.floor(i / 365), 1 + (Math.floor(i / 30) % 12), day(i), wave(i)],
    ],
    ['Unix seconds', 'timestamp,load', (i: number) => [1_700_000_000 + 3600 * i, wave(i)]],
    ['Unix milliseconds', 'ts,load', (i: number) => [1_700_000_000_000 + 60_000 * i + (i % 2), wave(i)]],
    ['dates without marks', 'day,load', (i: number) => [day(i).replaceAll('-', ''), wave(i)]],
    ['a step', 'step,load', (i: number) => [i, wave(i)]],
    ['a constant', 'date,zero,load', (i: number) => [day(i), 0, wave(i)]],
  ])('with %s forecasts the measure', (_, header, row) => {
    expect(purposeFor(header, row)).toMatchObject({
      type: 'forecast',
      targets: ['load'],
      time: header.match(/date|ts|timestamp|day|step|month/g)?.at(-1),
    });
  });
  test('of one column needs no time', () =>
    expect(purposeFor('load', (i) => [wave(i)])).toMatchObject({ targets: ['load'], time: undefined }));
  test('reads and forecasts fewer steps where rows are few', () => {
    expect(purposeFor('date,load', (i) => [day(i), wave(i)], { rows: 300 })).toMatchObject({ context: 28, horizon: 7 });
    expect(purposeFor('date,load', (i) => [day(i), wave(i)], { rows: 34 })).toMatchObject({ context: 9, horizon: 3 });
    expect(() => purposeFor('date,load', (i) => [day(i), i % 4 ? wave(i) : 'n/a'], { rows: 24 })).toThrow(
      'init: the table has 18 rows without a missing value; a forecast needs at least 20',
    );
  });
  test('among several is told apart by a column', () => {
    const shops = (i: number) => [day(Math.floor(i / 3)), ['north', 'south', 'west'][i % 3], wave(i)];
    expect(purposeFor('date,shop,sales', shops, { rows: 300 })).toMatchObject({ type: 'forecast', targets: ['sales'], series: 'shop' });
    expect(purposeFor('date,candidate,votes', shops, { rows: 300 })).toMatchObject({ series: 'candidate' });
    expect(purposeFor('date,shop_id,sales', (i) => [day(Math.floor(i / 3)), i % 3, wave(i)], { rows: 300 })).toMatchObject({
      series: 'shop_id',
    });
  });
  test('with a separate column for the hour is not several series', () =>
    expect(() => purposeFor('date,time,load', (i) => [day(Math.floor(i / 24)), `${i % 24}:00`, wave(i)], { rows: 240 })).toThrow(
      'if another column holds the time of day, join the two',
    ));
  test('among several that nothing tells apart is refused', () =>
    expect(() => purposeFor('date,sales', (i) => [day(Math.floor(i / 3)), wave(i)])).toThrow(
      "init: times in 'date' repeat. If a column tells several series apart, name it with --series; if another column holds the time of day, join the two",
    ));
  test('of words is refused', () =>
    expect(() => purposeFor('date,kind', (i) => [day(i), 'xy'[i % 2]], { targets: ['kind'] })).toThrow(
      "column 'kind' holds no numbers, so it cannot be forecast",
    ));
});

test('columns that are not there are named with the nearest', () =>
  expect(() => purposeFor('date,load', (i) => [day(i), wave(i)], { time: 'dat' })).toThrow(
    "init: there is no column 'dat'. Did you mean 'date'?",
  ));
