import superjson from 'superjson';
import type { z } from 'zod';
import { WireText } from './wire.ts';

/** How superjson names the fields of an object that are dates. */
function datesOf(fields: readonly string[]): string {
  return `{"values":${JSON.stringify(Object.fromEntries(fields.map((name) => [name, ['Date']])))},"v":1}`;
}

/** The paths to the dates of an object, and of the objects in it. */
type DatesIn<Value> = {
  [Key in keyof Value & string]: Value[Key] extends Date
    ? Key
    : Value[Key] extends object
      ? `${Key}.${DatesIn<Value[Key]>}`
      : never;
}[keyof Value & string];

/** The result of a procedure as JSON text: neither validated nor walked by superjson. */
export class WireResult<Value extends object> extends WireText {
  /** Only for the compiler: what the text stands for. */
  declare readonly value: Value;
  readonly #dates: string | null;

  private constructor(json: string, dates: string | null) {
    super(json);
    this.#dates = dates;
  }

  /** Of a value with nothing that JSON lacks: no date, no `undefined`, no bigint. */
  static of<Value extends object>(value: Value): WireResult<Value> {
    return new WireResult(JSON.stringify(value), null);
  }

  /**
   * A way to make results of objects in which these fields, and nothing else, are dates. One of an
   * object within is named by its path: `user.createdAt`.
   */
  static dated<Value extends object>(
    fields: readonly (DatesIn<Value> & string)[],
  ): (value: Value) => WireResult<Value> {
    const dates = datesOf(fields);
    return (value) => new WireResult(JSON.stringify(value), dates);
  }

  override get envelope(): string {
    return this.#dates === null ? super.envelope : `{"json":${this.json},"meta":${this.#dates}}`;
  }
}

/** A parser of results, with the types of its schema. */
interface WireParser<Schema extends z.ZodType<object>> {
  _input: z.input<Schema> | WireResult<z.output<Schema>>;
  _output: z.output<Schema>;
  parse(result: unknown): unknown;
}

/**
 * For `.output`: lets through what is text already, and validates everything else. The text is made
 * of a value that the compiler has checked; a test reads it with the schema.
 */
export function wireOf<Schema extends z.ZodType<object>>(schema: Schema): WireParser<Schema> {
  const parse = (result: unknown): unknown =>
    result instanceof WireText ? result : schema.parse(result);
  const parser: Pick<WireParser<Schema>, 'parse'> = { parse };
  // The compiler alone reads the types, as it does in a schema of zod.
  return parser as WireParser<Schema>;
}

/**
 * The text of a result in a response of tRPC over HTTP.
 *
 * @param serialize what the router makes of a result that is not text yet
 */
export function resultToWire(data: unknown, serialize: (data: unknown) => unknown): string {
  return data instanceof WireText
    ? `{"result":{"data":${data.envelope}}}`
    : JSON.stringify({ result: { data: serialize(data) } });
}

/** What a result in the form of text stands for; anything else as it is. */
export function readResult(result: unknown): unknown {
  return result instanceof WireText ? superjson.parse(result.envelope) : result;
}
