import superjson, { type SuperJSONResult } from 'superjson';

/**
 * A result that is JSON text already, made once and perhaps for many readers. What it stands for has
 * no value that JSON lacks, so superjson would write the same text.
 */
export class WireText {
  readonly json: string;
  /** Is told what the message begins with, as JSON text without its end: `{"id":1`. */
  readonly onWrite: ((head: string) => void) | null;

  constructor(json: string, onWrite: ((head: string) => void) | null = null) {
    this.json = json;
    this.onWrite = onWrite;
  }

  /** What superjson would make of the value, as text. */
  get envelope(): string {
    return `{"json":${this.json}}`;
  }
}

/** What {@link transformer} makes of a {@link WireText}: superjson's envelope, as text. */
class Envelope {
  readonly text: string;
  readonly onWrite: ((head: string) => void) | null;

  constructor(text: string, { onWrite }: WireText) {
    this.text = text;
    this.onWrite = onWrite;
  }

  /** For who writes it with `JSON.stringify`, as tRPC's own adapter for HTTP does. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/**
 * superjson, which leaves alone what is text already. On a socket a tracked value is `{ id, data }`,
 * and its data may be the text.
 */
export const transformer = {
  serialize(value: unknown): SuperJSONResult {
    return (toEnvelope(value) ?? superjson.serialize(value)) as SuperJSONResult;
  },
  deserialize: (value: SuperJSONResult): unknown => superjson.deserialize(value),
};

function toEnvelope(value: unknown): Envelope | null {
  if (value instanceof WireText) {
    return new Envelope(value.envelope, value);
  }
  if (typeof value !== 'object' || value === null || !('data' in value)) {
    return null;
  }
  if (!(value.data instanceof WireText) || !('id' in value)) {
    return null;
  }
  const { id, data } = value;
  return new Envelope(`{"json":{"id":${JSON.stringify(id)},"data":${data.json}}}`, data);
}

/** One response of tRPC, as `transformTRPCResponse` leaves it. */
interface Response {
  result?: { data?: unknown };
}

/** The text of a response, or of a list of them (a batch). */
export function toWire(response: Response | readonly Response[]): string {
  if (Array.isArray(response)) {
    return `[${response.map((one: Response) => toWireOne(one)).join(',')}]`;
  }
  return toWireOne(response as Response);
}

function toWireOne(response: Response): string {
  const { result: { data, ...result } = {}, ...rest } = response;
  if (!(data instanceof Envelope)) {
    return JSON.stringify(response);
  }
  data.onWrite?.(JSON.stringify(rest).slice(0, -1));
  const head = JSON.stringify({ ...rest, result: { ...result, data: 0 } });
  // `data` is written last in `result`, and `result` last of all.
  return `${head.slice(0, -'0}}'.length)}${data.text}}}`;
}
