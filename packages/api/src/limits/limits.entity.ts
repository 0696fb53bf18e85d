import { defineEntity, p } from '@mikro-orm/postgresql';

/** Counters of the PostgreSQL limiter, laid out as rate-limiter-flexible wants them. */
export const LimitEntity = defineEntity({
  name: 'Limit',
  tableName: 'limits',
  indexes: [{ properties: ['expire'], name: 'limits_expire' }],
  properties: {
    key: p.string().length(255).primary(),
    points: p.integer().default(0),
    /** Milliseconds since 1970. */
    expire: p.bigint().nullable(),
  },
});
