import { readResult } from '../wire-output.ts';

/**
 * The same procedures under the same names, whose results are values where they were text for the
 * wire.
 */
export function readingResults<Caller extends object>(caller: Caller): Caller {
  return new Proxy(caller, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      return typeof member === 'function' ? readingResults(member) : member;
    },
    async apply(target, self, args) {
      const call = target as unknown as (...input: unknown[]) => Promise<unknown>;
      return readResult(await Reflect.apply(call, self, args));
    },
  });
}
