import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { sign, unauthorized } from './auth.ts';
import type { Deps } from './deps.ts';

const spend = {
  name: 'spend',
  text: `update challenges set attempts = attempts + 1
    where id = $1 and attempts < 5 and consumed_at is null and expires_at > now()
    returning contact, code_hash`,
};

const enter = {
  name: 'enter',
  text: `with used as (
      update challenges set consumed_at = now() where id = $1 and consumed_at is null
      returning contact
    )
    insert into sessions (id, user_id, user_agent, ip)
    select $2, u.id, $3, $4 from used join users u on u.phone = used.contact
    returning user_id`,
};

/** HMAC-SHA-256 of a code and what it is bound to. */
function hash({ otpKey }: Deps, challengeId: string, contact: string, code: string): Buffer {
  return createHmac('sha256', otpKey).update(`${challengeId}.${contact}.${code}`).digest();
}

/**
 * Signs in by a code: a statement that spends an attempt, the comparison, and one that uses the code
 * up and starts the session.
 */
export function addLogin(server: FastifyInstance, deps: Deps): void {
  server.post<{ Body: { challengeId: string; code: string } }>('/login', async (request) => {
    const { challengeId, code } = request.body;
    const { rows } = await deps.pool.query<{ contact: string; code_hash: Buffer }>({
      ...spend,
      values: [challengeId],
    });
    const [spent] = rows;
    if (!spent || !timingSafeEqual(hash(deps, challengeId, spent.contact, code), spent.code_hash)) {
      throw unauthorized();
    }
    const sessionId = randomUUID();
    const userAgent = request.headers['user-agent'] ?? null;
    const entered = await deps.pool.query<{ user_id: string }>({
      ...enter,
      values: [challengeId, sessionId, userAgent, request.ip],
    });
    const userId = entered.rows[0]?.user_id;
    if (userId === undefined) {
      throw unauthorized();
    }
    const refresh = createHmac('sha256', deps.accessKey).update(`${sessionId}.1`);
    return {
      accessToken: sign(deps, { userId, sessionId }),
      refreshToken: `${sessionId}.1.${refresh.digest('base64url')}`,
      userId,
    };
  });
}
