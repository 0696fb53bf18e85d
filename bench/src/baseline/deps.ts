import type { KeyObject } from 'node:crypto';
import type pg from 'pg';

/** What every part of the baseline needs. */
export interface Deps {
  pool: pg.Pool;
  /** Signs and verifies access tokens (HS256). */
  accessKey: KeyObject;
  /** HMAC key of login codes. */
  otpKey: KeyObject;
}
