import { streamBodySchemas, type StreamEventType } from '@chapar/contract';
import type { HubSignal } from './hub.ts';
import type { LiveEvent } from './live-event.ts';

/**
 * What travels between nodes: a header that names the sender, then records.
 *
 *     payload = "chapar1" US node *( RS record )
 *     record  = "e" US streamId US seq US type US json     an event
 *             / "h" US streamId US seq                     an event whose text was too long
 *             / "s" US topic US json                       a signal
 *             / "p"                                        nothing; its sender hears that it is heard
 *
 * RS (U+001E) and US (U+001F) cannot occur in JSON text: in strings they have to be escaped, and
 * outside they are no white space (RFC 8259, sections 2 and 7; RFC 7464 uses RS in the same way). So
 * splitting is enough, and nobody parses an event on its way.
 *
 * A record of a kind that is not known is skipped: nodes of two versions may share a bus.
 */
export type HubMessage =
  | { kind: 'event'; event: LiveEvent }
  | { kind: 'head'; streamId: string; seq: number }
  | { kind: 'signal'; signal: HubSignal };

/** What a payload said. */
export interface HubPayload {
  messages: HubMessage[];
  /** Records that no node of ours has written. */
  garbage: number;
}

const version = 'chapar1';
const recordMark = '\u001e';
const fieldMark = '\u001f';
/** Beside the marks, PostgreSQL has no text with this one. */
const nothing = '\u0000';

/** A stream id is a UUID, a topic a word and some of them. */
const longestName = 500;
/** More than any node sends at once. */
const longestPayload = 8 * 1024 * 1024;

/** @param node has no control characters */
export function headerOf(node: string): string {
  return version + fieldMark + node;
}

export function joinRecords(header: string, records: readonly string[]): string {
  return [header, ...records].join(recordMark);
}

/** Bytes that each record takes beside its own. */
export const markBytes = 1;

export const pingRecord = 'p';

/** @returns null for what could not be read again */
export function eventRecord({ streamId, seq, type, json }: LiveEvent): string | null {
  return recordOf(['e', streamId, String(seq), type, json]);
}

/** @returns null for what could not be read again */
export function headRecord({ streamId, seq }: LiveEvent): string | null {
  return recordOf(['h', streamId, String(seq)]);
}

/** @returns null for what could not be read again */
export function signalRecord({ topic, json }: HubSignal): string | null {
  return recordOf(['s', topic, json]);
}

function recordOf(fields: readonly string[]): string | null {
  const isPlain = fields.every(
    (field) =>
      !field.includes(fieldMark) && !field.includes(recordMark) && !field.includes(nothing),
  );
  return isPlain ? fields.join(fieldMark) : null;
}

/** Never throws, whatever the payload is. @returns null when it is not one of ours */
export function readPayload(payload: string): HubPayload | null {
  if (payload.length > longestPayload || !payload.startsWith(version + fieldMark)) {
    return null;
  }
  const read: HubPayload = { messages: [], garbage: 0 };
  for (const record of payload.split(recordMark).slice(1)) {
    const message = readRecord(record.split(fieldMark));
    if (message === 'garbage') {
      read.garbage += 1;
    } else if (message !== null) {
      read.messages.push(message);
    }
  }
  return read;
}

function readRecord(fields: readonly string[]): HubMessage | 'garbage' | null {
  const [kind, name = ''] = fields;
  if (kind === 'e' || kind === 'h' || kind === 's') {
    const isNamed = name !== '' && name.length <= longestName;
    return (isNamed ? readers[kind](name, fields) : null) ?? 'garbage';
  }
  return kind === undefined || kind === '' ? 'garbage' : null;
}

type Read = (name: string, fields: readonly string[]) => HubMessage | null;

const readers: Record<'e' | 'h' | 's', Read> = {
  e(streamId, [, , digits = '', type = '', json = '', ...more]) {
    const seq = readSeq(digits);
    if (seq === null || more.length > 0 || !isJsonObject(json)) {
      return null;
    }
    // A newer node knows more types; what the log says of such an event is for the log to say.
    return isEventType(type)
      ? { kind: 'event', event: { streamId, seq, type, json } }
      : { kind: 'head', streamId, seq };
  },
  h(streamId, [, , digits = '', ...more]) {
    const seq = readSeq(digits);
    return seq === null || more.length > 0 ? null : { kind: 'head', streamId, seq };
  },
  s(topic, [, , json = '', ...more]) {
    return json === '' || more.length > 0 ? null : { kind: 'signal', signal: { topic, json } };
  },
};

function readSeq(digits: string): number | null {
  const seq = /^[1-9][0-9]{0,15}$/.test(digits) ? Number(digits) : 0;
  return Number.isSafeInteger(seq) && seq > 0 ? seq : null;
}

/** By its ends: enough to notice a text that was cut off. */
function isJsonObject(json: string): boolean {
  return json.startsWith('{') && json.endsWith('}');
}

function isEventType(type: string): type is StreamEventType {
  return Object.hasOwn(streamBodySchemas, type);
}

/** Where a name belongs, by FNV-1a (draft-eastlake-fnv): every node comes to the same number. */
export function shardOf(name: string, shards: number): number {
  if (shards === 1) {
    return 0;
  }
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % shards;
}
