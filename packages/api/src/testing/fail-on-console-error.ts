import { afterAll, afterEach } from 'vitest';
import { settleConsole, watchConsole } from './console.ts';

const restore = watchConsole();

afterEach(settleConsole);

// What is printed by `beforeAll`, by `afterAll` or between tests belongs to no test: it fails the file.
afterAll(() => {
  restore();
  settleConsole();
});
