import type pg from 'pg';
import { vi } from 'vitest';

/** Writes down the names of all statements that a pool runs from now on, in their order. */
export function hearStatements(pool: pg.Pool): string[] {
  const names: string[] = [];
  pool.on('acquire', (client) => {
    const query = client.query.bind(client) as (...asked: unknown[]) => unknown;
    vi.spyOn(client, 'query').mockImplementationOnce((...asked: unknown[]) => {
      const [config] = asked;
      if (typeof config === 'object' && config && 'name' in config) {
        names.push(String(config.name));
      }
      query(...asked);
    });
  });
  return names;
}
