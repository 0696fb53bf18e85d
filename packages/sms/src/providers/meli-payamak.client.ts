import {
  exchange,
  field,
  idOf,
  outcomeOfFailure,
  outcomeOfStatus,
  readJson,
  type HttpAnswer,
  type HttpFailure,
  type Timeouts,
} from '../http.ts';
import { normalizeMobile, senderOf } from '../mobile.ts';
import { accepted, rejected, unknown, type SendOutcome } from '../outcome.ts';
import type { FindOutcome, InboundMessage, LostMessage } from '../provider.ts';
import { canBe, searchBackSeconds } from './lost-text.ts';
import { consoleRefusalOf, refusalOf, type SendMethod } from './meli-payamak.codes.ts';

/** Numbers of messages; live ones have 19 digits. Anything shorter is a code. */
const idForm = /^\d{15,19}$/;
const codeForm = /^(?:-?\d{1,14})?$/;
/** The console gives nothing but the number, so there a short one counts too. */
const consoleIdForm = /^[1-9]\d{0,18}$/;

/** Most messages of one list, as other clients have it. */
const listCount = 100;
const boxes = { inbox: '1', sent: '2' };
/** How far a time may be off whose zone is in doubt: Tehran is 3.5 hours from UTC. */
const doubtMs = 4 * 3_600_000;

/** What REST answers: a number of a message or a code, with and without the rest around it. */
interface Reply {
  value: string;
  /** 1 for success; null in XML, which has none. */
  retStatus: number | null;
}

/** Calls of the REST generation. The credentials stand in the body, never in an address. */
interface MeliPayamakRest {
  send(method: SendMethod, fields: Record<string, string>): Promise<SendOutcome>;
  /** What a question is answered with; null when it is not. */
  ask(
    method: 'GetDeliveries2' | 'GetCredit',
    fields: Record<string, string>,
  ): Promise<string | null>;
  /**
   * The last messages of a box, newest first (seen in other clients); null when there is no answer.
   *
   * @param line empty for all
   */
  list(box: keyof typeof boxes, line: string): Promise<unknown[] | null>;
}

export function meliPayamakRest(
  url: string,
  credentials: { username: string; password: string },
  timeouts: Timeouts,
): MeliPayamakRest {
  const call = (method: string, fields: Record<string, string>) =>
    exchange(
      {
        method: 'POST',
        url: `${url}/api/SendSMS/${method}`,
        form: { ...credentials, ...fields },
      },
      timeouts,
    );
  return {
    send: async (method, fields) => readSend(method, await call(method, fields)),
    ask: async (method, fields) => {
      const reply = readReply(readJson(bodyOf(await call(method, fields))));
      return reply?.retStatus === 1 ? reply.value : null;
    },
    list: async (box, line) => {
      const fields = { location: boxes[box], from: line, index: '0', count: String(listCount) };
      const answer = readJson(bodyOf(await call('GetMessages', fields)));
      const data = field(answer, 'Data');
      const isOk = Number(field(field(answer, 'MyBase'), 'RetStatus')) === 1;
      return isOk && Array.isArray(data) ? (data as unknown[]) : null;
    },
  };
}

/** The answer of a question; empty, which is no JSON, when it did not come through. */
function bodyOf(answer: HttpAnswer | HttpFailure): string {
  return 'failed' in answer || !isSuccess(answer.status) ? '' : answer.body;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/**
 * What came back for a message. Refusals come with HTTP 200 too; 500 is how the server answers a
 * field that it misses, but also its own faults, so then nobody knows.
 */
function readSend(method: SendMethod, answer: HttpAnswer | HttpFailure): SendOutcome {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const { status, body } = answer;
  const reply = readReply(readJson(body)) ?? readXml(body);
  return (
    outcomeOfStatus(status) ??
    (reply && outcomeOf(method, reply, status)) ??
    unknown('bad-body', status)
  );
}

/** Null when the answer says neither that the message was taken nor that it was refused. */
function outcomeOf(method: SendMethod, reply: Reply, status: number): SendOutcome | null {
  const { value, retStatus } = reply;
  if (idForm.test(value)) {
    const isTaken = isSuccess(status) && (retStatus === 1 || retStatus === null);
    return isTaken ? accepted(value) : null;
  }
  if (!codeForm.test(value) || retStatus === 1) {
    return null;
  }
  const because = refusalOf(method, value, retStatus);
  return because && rejected(because, value === '' ? null : value, status);
}

/** `Value` is a text by the documentation; numbers have been seen. */
function readReply(answer: unknown): Reply | null {
  const given = field(answer, 'Value');
  const value = given === null || given === '' ? '' : idOf(given);
  const retStatus = Number(idOf(field(answer, 'RetStatus')) ?? Number.NaN);
  return value !== null && Number.isInteger(retStatus) ? { value: value.trim(), retStatus } : null;
}

/** The older service's form, which some methods have been seen to answer in. */
function readXml(body: string): Reply | null {
  const [, value] = /<string\b[^<>]{0,200}>([^<]{1,60})<\/string>\s*$/.exec(body) ?? [];
  return value === undefined ? null : { value: value.trim(), retStatus: null };
}

/** Calls of the console generation. Its token is the end of each address. */
interface MeliPayamakConsole {
  send(action: 'simple' | 'shared', body: unknown): Promise<SendOutcome>;
  /** @param body without one the question is a GET. Undefined when there is no answer */
  ask(action: 'status' | 'credit', body?: unknown): Promise<unknown>;
}

export function meliPayamakConsole(
  url: string,
  token: string,
  timeouts: Timeouts,
): MeliPayamakConsole {
  const call = (path: string, json?: unknown) =>
    exchange(
      {
        method: json === undefined ? 'GET' : 'POST',
        url: `${url}/api/${path}/${encodeURIComponent(token)}`,
        json,
      },
      timeouts,
    );
  return {
    send: async (action, body) => readConsoleSend(await call(`send/${action}`, body)),
    ask: async (action, body) => readJson(bodyOf(await call(`receive/${action}`, body))),
  };
}

/** Success is a number of a message, seen in other clients; zero comes with the reason in words. */
function readConsoleSend(answer: HttpAnswer | HttpFailure): SendOutcome {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const { status, body } = answer;
  const reply = readJson(body);
  const id = idOf(field(reply, 'recId'));
  const lost = outcomeOfStatus(status);
  if (lost || id === null) {
    return lost ?? unknown('bad-body', status);
  }
  if (id === '0') {
    return rejected(consoleRefusalOf(field(reply, 'status')), null, status);
  }
  return isSuccess(status) && consoleIdForm.test(id) ? accepted(id) : unknown('bad-body', status);
}

/**
 * Looks for a lost message among those sent. That the list names receiver, text and time is our
 * assumption, after the older service's `MessagesBL`; so is its use for templates, which are known
 * by their values. Whoever got anything else from us lately is not said to have got nothing.
 */
export function findIn(sent: readonly unknown[], { message, triedAt }: LostMessage): FindOutcome {
  const since = triedAt.getTime() - searchBackSeconds * 1_000;
  const timeOf = (entry: unknown): number =>
    timeIn(field(entry, 'SendDate'))?.getTime() ?? Infinity;
  const theirs = sent.filter(
    (entry) => normalizeMobile(idOf(field(entry, 'Receiver')) ?? '') === message.to,
  );
  const match = theirs.find((entry) => {
    const time = timeOf(entry);
    return time >= since && time < Infinity && canBe(message, idOf(field(entry, 'Body')) ?? '');
  });
  const id = idOf(field(match, 'MsgID'));
  if (id !== null) {
    return { found: 'yes', providerMessageId: id };
  }
  const isWhole = sent.length < listCount || sent.some((entry) => timeOf(entry) < since - doubtMs);
  const isInDoubt = theirs.some((entry) => timeOf(entry) >= since - doubtMs);
  return { found: isWhole && !isInDoubt ? 'absent' : 'unknown' };
}

/** A text that came in, from the list. */
export function inboundOf(entry: unknown, line: string): InboundMessage {
  return {
    providerMessageId: idOf(field(entry, 'MsgID')),
    from: senderOf(idOf(field(entry, 'Sender'))),
    line: idOf(field(entry, 'Receiver')) ?? line,
    text: idOf(field(entry, 'Body')) ?? '',
    receivedAt: timeIn(field(entry, 'SendDate')),
  };
}

/** Times in lists: ISO 8601 or .NET's own form, seen in other clients. Without a zone: Tehran's. */
function timeIn(value: unknown): Date | null {
  const text = typeof value === 'string' ? value : '';
  const dotNet = /^\/Date\((\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(text);
  const iso = /^\d{4}-\d\d-\d\dT[\d:.]{5,18}(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const written = iso && iso[1] === undefined ? `${text}+03:30` : text;
  const time = dotNet ? Number(dotNet[1]) : Date.parse(iso ? written : '');
  return time > 0 ? new Date(time) : null;
}
