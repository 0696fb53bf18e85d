import { defineEntity, p } from '@mikro-orm/postgresql';

export const RateLimitEntity = defineEntity({
  name: 'RateLimit',
  tableName: 'rate_limits',
  indexes: [{ properties: ['resetsAt'], name: 'rate_limits_resets' }],
  properties: {
    key: p.text().primary(),
    count: p.integer(),
    resetsAt: p.datetime(3),
  },
});
