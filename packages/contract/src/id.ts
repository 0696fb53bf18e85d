import { z } from 'zod';

/** Any id that the server hands out: a UUID, written in lower case. */
export const idSchema = z.uuid().toLowerCase();

/**
 * An id made by the client for a thing that it creates: a UUIDv7 (RFC 9562, section 5.7).
 * Sending the same id again is the same request again, however often the network fails.
 */
export const clientIdSchema = z.uuidv7().toLowerCase();
