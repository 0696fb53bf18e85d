import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const globalSetup = 'packages/api/src/testing/global-setup.ts';
const api = 'packages/api/**/*.test.ts';

export default defineConfig({
  test: {
    exclude: ['**/node_modules/**', '**/dist/**', '**/.data/**'],
    globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
    setupFiles: ['packages/api/src/testing/fail-on-console-error.ts'],
    pool: 'forks',
    // Much of the time is waiting. In full, a storm of 10,000 sockets wants the machine for itself.
    maxWorkers: process.env['FAULTS'] === 'full' ? 1 : 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
    allowOnly: false,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'all but api',
          include: ['{packages,apps}/*/**/*.test.ts', '{examples,scripts,bench}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/.data/**', api],
        },
      },
      {
        // Each test has a database and an app of its own, so that its files can share a process:
        // loading the modules anew for each took a tenth of the time.
        extends: true,
        test: { name: 'api', include: [api], isolate: false },
      },
    ],
  },
});
