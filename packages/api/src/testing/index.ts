export { createTestApi, type TestApi } from './test-api.ts';
export { type Actor } from './actor.ts';
export { atOnce, expectAppError, tally } from './expect-error.ts';
export { FakeMail } from './fake-mail.ts';
export { FakeSms, refused } from './fake-sms.ts';
export { TestClock } from './test-clock.ts';
export { cloneDatabase, createEmptyDatabase } from './test-database.ts';
export { expectConsoleError } from './console.ts';
