import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const globalSetup = 'packages/api/src/testing/global-setup.ts';

export default defineConfig({
  test: {
    include: ['{packages,apps}/*/**/*.test.ts', '{examples,scripts,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/.data/**'],
    globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
    setupFiles: ['packages/api/src/testing/fail-on-console-error.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
    allowOnly: false,
    restoreMocks: true,
  },
});
