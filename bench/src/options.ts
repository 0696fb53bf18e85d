import { parseArgs } from 'node:util';

/** What was asked for on the command line. */
export interface Options {
  /** Null for every workload. */
  name: string | null;
  isWritten: boolean;
  isQuick: boolean;
  isProfiled: boolean;
}

/** @returns null when it is not one of `names` with known options */
export function readOptions(args: readonly string[], names: readonly string[]): Options | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        write: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
      },
    });
    const [name = null, ...more] = positionals;
    if (more.length > 0 || (name !== null && !names.includes(name))) {
      return null;
    }
    return {
      name,
      isWritten: values.write,
      isQuick: values.quick,
      isProfiled: values.profile,
    };
  } catch {
    return null;
  }
}
