import { expect, test } from 'vitest';
import { parseResident, parseStat } from './proc.ts';

test('CPU times are found behind a name with spaces and brackets', () => {
  const line =
    '4711 (node (a) b) S 42 4711 42 34816 4711 4194560 9000 0 3 0 250 50 7 3 20 0 11 0 100 1000 200';
  expect(parseStat(line)).toEqual({ parent: 42, own: 3_000, ended: 100 });
});

test('resident memory is found among other lines', () => {
  expect(parseResident('Name:\tnode\nVmHWM:\t  90000 kB\nVmRSS:\t   81234 kB\n')).toBe(81_234);
  expect(parseResident('')).toBeNaN();
});
