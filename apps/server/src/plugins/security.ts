import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../env.ts';

const preflightSeconds = 600;

/** Response headers, and which web pages may call. */
export async function addSecurity(server: FastifyInstance, config: Config): Promise<void> {
  await server.register(helmet, { hsts: config.mode === 'production' });
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
