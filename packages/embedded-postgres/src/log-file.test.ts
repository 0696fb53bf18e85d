import { expect, test } from 'vitest';

import { meaningfulLine } from './log-file.ts';

test('finds the line that says why initdb failed', () => {
  const output = [
    'running bootstrap script ... 2026-01-31 10:00:00.186 UTC [19418] FATAL:  could not extend file "base/1/2691"',
    '2026-01-31 10:00:00.186 UTC [19418] HINT:  Check free disk space.',
    '2026-01-31 10:00:00.190 UTC [19418] PANIC:  cannot abort transaction 1, it was already committed',
    'child process was terminated by signal 6: Aborted',
    'initdb: removing data directory "/data"',
  ];
  expect(meaningfulLine(output.join('\n'))).toBe(
    'FATAL:  could not extend file "base/1/2691" HINT:  Check free disk space.',
  );
});

test('finds the line that says why postgres ended, of all its processes', () => {
  const output = [
    '2026-01-31 10:00:00.000 UTC [7:f00d] LOG:  starting PostgreSQL 18',
    '2026-01-31 10:00:00.010 UTC [8:f00d] PANIC:  could not locate a valid checkpoint record',
    '2026-01-31 10:00:00.020 UTC [7:f00d] LOG:  startup process (PID 8) was terminated by signal 6',
  ];
  expect(meaningfulLine(output.join('\n'))).toBe(
    'PANIC:  could not locate a valid checkpoint record',
  );
  expect(meaningfulLine('setpriv: activate capabilities: Operation not permitted\n')).toBe(
    'setpriv: activate capabilities: Operation not permitted',
  );
  expect(meaningfulLine('\n')).toBeUndefined();
});
