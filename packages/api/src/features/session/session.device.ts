import { createHash } from 'node:crypto';
import Bowser from 'bowser';

/** What a user agent says of itself; null where it does not say. */
export interface UserAgentFacts {
  /** `mobile`, `tablet`, `desktop`, `tv`, `bot` … */
  deviceKind: string | null;
  browser: string | null;
  os: string | null;
}

const nothing: UserAgentFacts = { deviceKind: null, browser: null, os: null };

/** So many user agents are known at a time: less than a megabyte. */
const mostKnown = 1_000;
const known = new Map<string, UserAgentFacts>();

/**
 * Reads a user agent. It is only shown to the person; nothing is decided by it. Most people have one
 * of a few, and reading one costs a good part of a login, so what was read is remembered.
 */
export function readUserAgent(userAgent: string | null): UserAgentFacts {
  if (!userAgent) {
    return nothing;
  }
  const before = known.get(userAgent);
  if (before) {
    return before;
  }
  if (known.size >= mostKnown) {
    const [oldest = ''] = known.keys();
    known.delete(oldest);
  }
  const facts = parse(userAgent);
  known.set(userAgent, facts);
  return facts;
}

function parse(userAgent: string): UserAgentFacts {
  const { browser, os, platform } = Bowser.parse(userAgent);
  return {
    deviceKind: platform.type ?? null,
    browser: nameAndVersion(browser.name, browser.version),
    os: nameAndVersion(os.name, os.versionName ?? os.version),
  };
}

function nameAndVersion(name: string | undefined, version: string | undefined): string | null {
  return name ? [name, version].filter(Boolean).join(' ') : null;
}

/** The device's key as it is stored: who reads the table cannot pass for the device. */
export function hashDeviceKey(deviceKey: string | null): Buffer | null {
  return deviceKey === null ? null : createHash('sha256').update(deviceKey).digest();
}
