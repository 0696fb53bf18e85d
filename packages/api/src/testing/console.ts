import { format } from 'node:util';

type Method = 'error' | 'warn';

interface Expectation {
  readonly pattern: RegExp;
  seen: boolean;
}

const methods = ['error', 'warn'] as const satisfies readonly Method[];
let unexpected: string[] = [];
let expected: Expectation[] = [];

/**
 * Declares that the running test makes the product print to `console.error` or `console.warn`
 * a text that matches. Without it such a print fails the test, and a declared print that never
 * comes fails it too. Tests of one file share the console: do not use it in `test.concurrent`.
 */
export function expectConsoleError(pattern: RegExp): void {
  expected.push({ pattern, seen: false });
}

/** Replaces the two methods; answers with the function that puts the real ones back. */
export function watchConsole(): () => void {
  const real = { error: console.error, warn: console.warn };
  for (const method of methods) {
    console[method] = (...parts: unknown[]): void => {
      note(method, format(...parts));
    };
  }
  return () => {
    Object.assign(console, real);
  };
}

/** Throws when something was printed undeclared, or declared and not printed; then forgets all. */
export function settleConsole(): void {
  const missing = expected.filter((expectation) => !expectation.seen);
  const complaints = [
    ...unexpected,
    ...missing.map(({ pattern }) => `nothing printed matched ${String(pattern)}`),
  ];
  unexpected = [];
  expected = [];
  if (complaints.length > 0) {
    throw new Error(`Unexpected console output:\n${complaints.join('\n')}`);
  }
}

function note(method: Method, text: string): void {
  const matching = expected.filter(({ pattern }) => pattern.test(text));
  for (const expectation of matching) {
    expectation.seen = true;
  }
  if (matching.length === 0) {
    unexpected.push(`console.${method}: ${text}`);
  }
}
