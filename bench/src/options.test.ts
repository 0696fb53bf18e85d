import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('what may be asked for', () => {
  const none = { name: null, isWritten: false, isQuick: false, isProfiled: false };
  expect(readOptions([], ['me'])).toEqual(none);
  expect(readOptions(['me', '--write', '--quick', '--profile'], ['me'])).toEqual({
    name: 'me',
    isWritten: true,
    isQuick: true,
    isProfiled: true,
  });
});

test.for([[['you']], [['me', 'me']], [['--fast']]] as const)('what may not: %s', ([args]) => {
  expect(readOptions(args, ['me'])).toBeNull();
});
