import { closeCodes } from '../packages/contract/src/close-codes.ts';
import { appErrors, type ErrorKind } from '../packages/contract/src/errors.ts';
import { fieldErrors } from '../packages/contract/src/field-errors.ts';

/** HTTP status of each of tRPC's codes (RFC 9110, section 15). */
const statusOf: Record<ErrorKind, number> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
};

type ComeBack = (typeof closeCodes)[keyof typeof closeCodes]['comeBack'];

/** What the client package does about a close code. */
const actionOf: Record<ComeBack, string> = {
  jitter: 'comes back after a short random wait, then resumes',
  wait: 'waits some seconds, comes back and resumes',
  refresh: 'gets a new access token, comes back and resumes',
  never: 'stays away and reports an error',
};
const endsTheSession = 'stays away: the session is over, show the login page';

const head = `# Errors

<!-- Written by \`npm run docs\` from packages/contract. Do not edit by hand. -->

A call that fails answers with this in the body (inside tRPC's \`error\`, as superjson):

- \`data.appCode\`: the code below. It is the contract and stays.
- \`data.appData\`: the public data of the code, or null.
- \`message\`: a text for people, in Persian when \`Accept-Language\` asks for it first, else in English. It may change.
- \`data.requestId\`: the id under which the log knows the call.

Where the data holds \`retryAfterSeconds\`, the HTTP answer has a \`Retry-After\` header too. What somebody may not see is answered like what does not exist.

A request that is no call at all keeps its own status under one of these codes: 405 for a query by POST, 415 for a body that is not JSON. Outside \`/trpc\` the body is plain JSON.
`;

const fieldHead = `## What can be wrong with a field

\`INPUT_INVALID\` lists each field by its \`path\` with one of these words as \`reason\`, and the text beside it as \`message\`, in the caller's language.
`;

const socketHead = `## Close codes of the WebSocket

A code that the client does not know is treated like 1012. 1007, 1008 and 1009 come from the WebSocket layer: text that is not UTF-8, a message in too many pieces, a message that is too large. Beyond ten sockets of one person, 4409 goes to the one that the newest says it replaces, otherwise to the oldest.
`;

/** The text of docs/errors.md. */
export function errorsPage(): string {
  const errors = Object.entries(appErrors).map(([code, spec]) => [
    `\`${code}\``,
    String(statusOf[spec.kind]),
    'data' in spec ? `\`${shapeOf(spec.data.toJSONSchema())}\`` : '—',
    spec.en,
    spec.fa,
  ]);
  const codes = Object.entries(closeCodes).map(([code, { name, comeBack, meaning }]) => [
    code,
    name,
    meaning,
    name === 'forbidden' ? endsTheSession : actionOf[comeBack],
  ]);
  const fields = Object.entries(fieldErrors).map(([reason, { en, fa }]) => [
    `\`${reason}\``,
    en,
    fa,
  ]);
  return [
    head,
    table(['Code', 'HTTP', 'Public data', 'English', 'Persian'], errors),
    fieldHead,
    table(['Reason', 'English', 'Persian'], fields),
    socketHead,
    table(['Code', 'Name', 'Meaning', 'The client'], codes),
  ].join('\n');
}

function table(columns: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [columns, columns.map(() => '---'), ...rows].map(line).join('');
}

/** As much of JSON Schema as the public data of errors uses. */
interface JsonSchema {
  type?: unknown;
  properties?: Record<string, unknown>;
  items?: unknown;
}

/** A shape in the words of TypeScript, with `integer` for whole numbers. */
function shapeOf(schema: JsonSchema): string {
  if (schema.properties) {
    const fields = Object.entries(schema.properties).map(
      ([name, field]) => `${name}: ${shapeOf(field as JsonSchema)}`,
    );
    return `{ ${fields.join(', ')} }`;
  }
  if (typeof schema.items === 'object' && schema.items !== null) {
    return `${shapeOf(schema.items)}[]`;
  }
  return String(schema.type);
}
