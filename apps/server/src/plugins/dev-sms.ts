import { parsePhone } from '@chapar/api';
import { phoneSchema } from '@chapar/contract';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../env.ts';
import type { ConsoleSmsProvider } from '../gateways/sms/console.ts';
import { sendError } from './errors.ts';

/** `GET /dev/sms?phone=…`: the last texts as JSON, newest first. Never in production. */
export function addDevSms(server: FastifyInstance, config: Config, sms: ConsoleSmsProvider): void {
  server.get<{ Querystring: { phone?: string } }>('/dev/sms', (request, reply) => {
    // A plus sign in a query string arrives as a space.
    const typed = request.query.phone?.replace(/^ /, '+');
    if (typed === undefined) {
      return reply.send(sms.last(null));
    }
    const parsed = phoneSchema.safeParse(typed);
    const phone = parsed.success ? parsePhone(parsed.data, config.api.defaultCountry) : null;
    if (!phone) {
      return sendError(request, reply, 'PHONE_INVALID', 400);
    }
    return reply.send(sms.last(phone.e164));
  });
}
