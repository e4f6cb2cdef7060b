import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadTransDeEn } from './trans-de-en.ts';

test('reads the sentences of a dictionary with their translations, and no other entries', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'unroll-trans-')), 'de-en');
  const lines = [
    '# Version :: devel',
    'Bierchen {n} | Wie war der Besuch? :: brewski [Am.] | How was the visit?',
    'überspannen {vt} | Treib es nicht zu weit! [ugs.]; Lass es sein! :: to push | Don’t push your luck! [Br.]; Stop it!',
    'A | Das ist ein Wort. :: A | B | This is a word.',
    'Sie gab jdm. ein Buch. :: She gave sb. a book.',
    'Das ist gut/schlecht. :: This is good/bad.',
    'Ja doch! :: Yes of course!',
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  expect(loadTransDeEn(path).pairs).toEqual([
    { source: 'Wie war der Besuch?', target: 'How was the visit?' },
    { source: 'Treib es nicht zu weit!', target: 'Don’t push your luck!' },
  ]);
});

test('says how to install a file that is not there', () =>
  expect(() => loadTransDeEn('/nowhere/de-en')).toThrow(
    "data set 'trans-de-en': cannot read /nowhere/de-en; install Debian's package trans-de-en (apt-get install trans-de-en)",
  ));
