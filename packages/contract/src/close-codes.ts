/**
 * Why the server closed a socket, and what the client does about it. Every code either says
 * "come back" (and how) or "do not".
 */
export const closeCodes = {
  1012: { name: 'restart', comeBack: 'jitter', meaning: 'the server is going down or restarting' },
  4290: { name: 'slow-reader', comeBack: 'wait', meaning: 'the client reads too slowly' },
  4400: { name: 'bad-request', comeBack: 'never', meaning: 'what was sent is not the protocol' },
  4401: { name: 'unauthorized', comeBack: 'refresh', meaning: 'the token is missing or expired' },
  4403: { name: 'forbidden', comeBack: 'never', meaning: 'the session has ended' },
  4408: {
    name: 'auth-timeout',
    comeBack: 'refresh',
    meaning: 'reserved; a token that does not come in time is answered by 4401',
  },
  4409: {
    name: 'replaced',
    comeBack: 'never',
    meaning: 'a newer socket took the place of this one',
  },
  4429: { name: 'too-many', comeBack: 'wait', meaning: 'too many requests or subscriptions' },
} as const;

export type CloseCode = keyof typeof closeCodes;
