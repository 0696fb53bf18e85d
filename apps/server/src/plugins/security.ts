import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../env.ts';

const preflightSeconds = 600;

/**
 * What keeps a browser from doing more with an answer than it should: the defaults of helmet 8, to
 * which a test compares them. They are the same for all answers, and helmet would work them out for
 * each.
 */
const always = {
  'content-security-policy': [
    "default-src 'self'",
    "base-uri 'self'",
    "font-src 'self' https: data:",
    "form-action 'self'",
    "frame-ancestors 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "script-src 'self'",
    "script-src-attr 'none'",
    "style-src 'self' https: 'unsafe-inline'",
    'upgrade-insecure-requests',
  ].join(';'),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

const inProduction = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };

/** Response headers, and which web pages may call. */
export async function addSecurity(server: FastifyInstance, config: Config): Promise<void> {
  const headers = { ...always, ...(config.mode === 'production' && inProduction) };
  server.addHook('onSend', (_request, reply, _payload, done) => {
    reply.headers(headers);
    done();
  });
  await server.register(cors, {
    origin: (origin, answer) =>
      answer(null, origin !== undefined && isAllowedOrigin(config, origin)),
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'accept-language',
      'trpc-accept',
      'chapar-device',
    ],
    exposedHeaders: ['retry-after'],
    maxAge: preflightSeconds,
  });
}

/**
 * Whether pages of an origin may call: those listed, letter for letter; in development every page
 * of this machine.
 */
export function isAllowedOrigin(config: Config, origin: string): boolean {
  if (config.allowedOrigins.includes(origin)) {
    return true;
  }
  if (config.mode === 'production') {
    return false;
  }
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin);
}
