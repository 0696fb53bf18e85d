import { createHash, timingSafeEqual } from 'node:crypto';
import { receiveSmsReports } from '@chapar/api';
import { readKavenegarDelivery, readTwilioDelivery, type DeliveryReport } from '@chapar/sms';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Container } from '../container.ts';
import type { Config } from '../env.ts';
import type { SmsProviderSettings } from '../env-sms-config.ts';
import { sendError } from './errors.ts';

const bodyLimitBytes = 16 * 1024;

interface Route {
  Params: { provider: string; secret: string };
}

/** What a provider's call tells; null when it cannot be read. */
type Read = (request: FastifyRequest) => DeliveryReport | null;

/**
 * `GET` or `POST /callbacks/sms/<provider>/<secret>`: where providers that document it tell what
 * became of messages. 200 also for messages that nobody knows, so that they do not come again.
 * Without the secret, or for another provider, there is no such path.
 */
export function addSmsCallbacks(
  server: FastifyInstance,
  { sms }: Config,
  { app }: Pick<Container, 'app'>,
): void {
  const { callbackSecret } = sms;
  if (callbackSecret === null) {
    return;
  }
  const readers = new Map(
    sms.providers.flatMap((settings): [string, Read][] => {
      const read = readerOf(settings);
      return read ? [[settings.name, read]] : [];
    }),
  );
  const expected = digest(callbackSecret);
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.route<Route>({
      method: ['GET', 'POST'],
      url: '/callbacks/sms/:provider/:secret',
      exposeHeadRoute: false,
      bodyLimit: bodyLimitBytes,
      // Before the body is read: who has not the secret learns nothing from what becomes of it.
      onRequest: (request, reply, next) => {
        const { provider, secret } = request.params;
        const isRight = timingSafeEqual(digest(secret), expected);
        if (isRight && readers.has(provider)) {
          next();
        } else {
          reply.callNotFound();
        }
      },
      handler: async (request, reply) => {
        const { provider } = request.params;
        const report = readers.get(provider)?.(request);
        if (!report) {
          return sendError(request, reply, 'INPUT_INVALID', 400);
        }
        await receiveSmsReports(app, provider, [report]);
        return reply.type('text/plain; charset=utf-8').send('ok');
      },
    });
    done();
  });
}

/** Undefined for providers that document no such calls. */
function readerOf(settings: SmsProviderSettings): Read | undefined {
  switch (settings.name) {
    case 'kavenegar':
      return (request) =>
        readKavenegarDelivery(bodyOf(request)) ?? readKavenegarDelivery(queryOf(request));
    case 'twilio':
    case 'twilio-whatsapp':
      return (request) =>
        readTwilioDelivery(
          {
            url: `${request.protocol}://${request.host}${request.url}`,
            signature: String(request.headers['x-twilio-signature'] ?? ''),
            params: new URLSearchParams(bodyOf(request)),
          },
          settings.authToken,
        );
    default:
      return undefined;
  }
}

/** A form or JSON, as it came. */
function bodyOf({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

function queryOf({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
