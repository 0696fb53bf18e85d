import { expect, test } from 'vitest';
import { readQuery } from './chat.search.rules.ts';

test.for([
  ['a long word is looked for anywhere', [' کتاب '], [[['%کتاب%']]]],
  ['a short last word may begin another one', [' سلام ', ' ما '], [[['%سلام%']], [['% ما%']]]],
  ['a short word before the last stands alone', [' از ', ' تهران '], [[['% از %']], [['%تهران%']]]],
  [
    'a half-space is read in two ways',
    [' میروم \u0002 می روم '],
    [[['%میروم%'], ['% می %', '%روم%']]],
  ],
  ['punctuation beside words does not count', [' سلام ، ', ' ! '], [[['%سلام%']]]],
  ['punctuation alone does', [' ! ', ' ? '], [[['% ! %']], [['% ?%']]]],
  [
    'wildcards are characters',
    [' % ', ' _ ', ' \\ '],
    [[['% \\% %']], [['% \\_ %']], [['% \\\\%']]],
  ],
  ['an emoji is a word', [' سلام 😀 '], [[['%سلام%', '% 😀%']]]],
  ['nothing that can be seen is nothing', ['  ', '  \u0002  ', ' \ufe0f '], []],
] as const)('%s', ([, parts, patterns]) => {
  expect(readQuery(parts)).toEqual(patterns);
});
