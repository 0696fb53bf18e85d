import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

export const PasswordEntity = defineEntity({
  name: 'Password',
  tableName: 'passwords',
  properties: {
    user: () =>
      p
        .manyToOne(UserEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    /** Argon2id as PHC string: parameters, salt and hash. */
    hash: p.text(),
    changedAt: p.datetime(3),
  },
});

/** How long the next try with a name has to wait, whether the name has an account or not. */
export const PasswordDelayEntity = defineEntity({
  name: 'PasswordDelay',
  tableName: 'password_delays',
  indexes: [{ properties: ['nextAt'], name: 'password_delays_next' }],
  properties: {
    /** HMAC of the phone number or e-mail address, and the kind of account. */
    name: p.text().primary(),
    failures: p.integer(),
    nextAt: p.datetime(3),
  },
});
