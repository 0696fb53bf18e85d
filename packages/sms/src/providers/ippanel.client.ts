import {
  exchange,
  field,
  idOf,
  outcomeOfFailure,
  readJson,
  usualTimeouts,
  type HttpAnswer,
  type HttpFailure,
  type Timeouts,
} from '../http.ts';
import { accepted, type SendOutcome } from '../outcome.ts';
import { outcomeOfErrors } from './field-errors.ts';

export interface IpPanelOptions {
  /** Goes into a header as it is; it is never in an outcome or an error of ours. */
  apiKey: string;
  /** Our line, with or without `+98`. */
  line: string;
  url?: string;
  timeouts?: Partial<Timeouts>;
}

/** Answer to a question. */
export interface IpPanelAnswer {
  http: number;
  data: unknown;
  meta: unknown;
}

/** The HTTP of IPPanel's Edge API. */
export class IpPanelClient {
  readonly #options: IpPanelOptions;
  readonly #timeouts: Timeouts;
  /** Our line in E.164. */
  readonly line: string;

  constructor(options: IpPanelOptions) {
    this.#options = options;
    this.#timeouts = { ...usualTimeouts, ...options.timeouts };
    this.line = toE164(options.line);
  }

  /** @param json `sending_type` and what belongs to it, without the line */
  async send(type: 'webservice' | 'pattern', json: Record<string, unknown>): Promise<SendOutcome> {
    const body = { sending_type: type, from_number: this.line, ...json };
    return readSend(await this.#call('send', body));
  }

  /** A question, by POST when there is something to say; null when there was no answer. */
  async ask(path: string, json?: unknown): Promise<IpPanelAnswer | null> {
    const answer = await this.#call(path, json);
    if ('failed' in answer) {
      return null;
    }
    const body = readJson(answer.body);
    const meta = field(body, 'meta');
    return typeof meta === 'object' && meta !== null
      ? { http: answer.status, data: field(body, 'data'), meta }
      : null;
  }

  /** A page of rows, and whether it is the last; null when there was no answer or a refusal. */
  async rows(path: string, json?: unknown): Promise<{ rows: unknown[]; isAll: boolean } | null> {
    const answer = await this.ask(path, json);
    if (!answer || field(answer.meta, 'status') !== true || !Array.isArray(answer.data)) {
      return null;
    }
    const last = Number(idOf(field(answer.meta, 'last_page')) ?? 1);
    return { rows: answer.data as unknown[], isAll: last <= 1 };
  }

  #call(path: string, json?: unknown): Promise<HttpAnswer | HttpFailure> {
    const { apiKey, url = 'https://edge.ippanel.com' } = this.#options;
    const method = json === undefined ? 'GET' : 'POST';
    const headers = { authorization: apiKey };
    return exchange({ method, url: `${url}/v1/api/${path}`, headers, json }, this.#timeouts);
  }
}

/** Lines as the API wants them: `10008000` and `9810008000` are `+9810008000`. */
export function toE164(line: string): string {
  return line.startsWith('+') ? line : line.replace(/^(?:0098|98|0)?/, '+98');
}

/** What came back for a message. `meta.status` decides; the HTTP status says more of a refusal. */
function readSend(answer: HttpAnswer | HttpFailure): SendOutcome {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const { status } = answer;
  const body = readJson(answer.body);
  const meta = field(body, 'meta');
  const said = field(meta, 'status');
  const data = field(body, 'data');
  if (said === true && status >= 200 && status <= 299 && typeof data === 'object' && data) {
    const ids = field(data, 'message_outbox_ids');
    return accepted(idOf(Array.isArray(ids) ? ids[0] : ids));
  }
  return outcomeOfErrors({
    http: status,
    said: saidBy(said),
    errors: field(meta, 'errors') ?? field(body, 'errors'),
    code: idOf(field(meta, 'message_code')),
  });
}

function saidBy(status: unknown): 'success' | 'refusal' | 'nothing' {
  if (status === true) {
    return 'success';
  }
  return status === false ? 'refusal' : 'nothing';
}
