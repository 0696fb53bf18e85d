import type { appRouter } from './router.ts';

/**
 * The router's type with the server's context erased: procedures, inputs, outputs and the error
 * shape, and nothing of how they are made. The client package is built from this.
 */
export type AppRouter = typeof appRouter;
