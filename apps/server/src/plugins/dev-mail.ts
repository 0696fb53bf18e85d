import type { FastifyInstance } from 'fastify';
import type { ConsoleMailGateway } from '../gateways/console-mail.ts';
import { sendError } from './errors.ts';

/** `GET /dev/mail?to=…`: the last mails as JSON, newest first. Never in production. */
export function addDevMail(server: FastifyInstance, mail: ConsoleMailGateway): void {
  server.get<{ Querystring: { to?: string } }>('/dev/mail', (request, reply) => {
    // A plus sign in a query string arrives as a space.
    const to = request.query.to?.trim().replaceAll(' ', '+');
    if (to === undefined) {
      return reply.send(mail.last(null));
    }
    if (!to.includes('@')) {
      return sendError(request, reply, 'INPUT_INVALID', 400);
    }
    return reply.send(mail.last(to));
  });
}
