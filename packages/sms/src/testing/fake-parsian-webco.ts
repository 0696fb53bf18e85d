import type { DeliveryState } from '../outcome.ts';
import {
  FakeProvider,
  refusedKeys,
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
} from './fake-provider.ts';

export interface FakeParsianWebCoOptions extends FakeOptions {
  /** Whether answers name the message's id. That the real ones do is our assumption; usually yes. */
  givesIds?: boolean;
}

/** `html` and `text`: every answer's body is a page, or words, though its status stays 200. */
export type ParsianWebCoAnswers = 'json' | 'html' | 'text';

const status = { ok: 200, failed: 100, refused: 401 } as const;
const firstId = 88_001;
const national = /^09\d{9}$/;

/** How {@link FakeParsianWebCo} names states: our invention, as the real names are not known. */
export const parsianWebCoStates: Readonly<Record<string, DeliveryState>> = {
  queued: 'queued',
  sent: 'sent-to-carrier',
  delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'failed',
  blacklisted: 'blacklisted',
};

/**
 * Parsian WebCo's API as other clients use it, for lack of a page by the provider: HTTP 200 for
 * everything, and a `status` of 200, 401 for a wrong token, and 100 for whatever else is wrong.
 * Templates are numbers; the names of their variables play no part, only how many there are. The
 * answers about a message and about the credit are our invention. A message costs one credit.
 */
export class FakeParsianWebCo extends FakeProvider {
  /** May be changed between requests. */
  answers: ParsianWebCoAnswers = 'json';
  readonly #givesIds: boolean;

  constructor(options: FakeParsianWebCoOptions = {}) {
    super(options);
    this.#givesIds = options.givesIds ?? true;
  }

  protected route(request: FakeRequest): FakeReply {
    if (request.method !== 'POST') {
      return { status: 404, body: '<html><body>Not Found</body></html>', type: 'text/html' };
    }
    const token = request.form.get('token') ?? '';
    if (token === '' || token === refusedKeys.bad) {
      return this.#reply({ status: status.refused });
    }
    if (token === refusedKeys.ip || token === refusedKeys.disabled) {
      return this.#reply({ status: status.failed });
    }
    switch (request.path) {
      case '/webservice-send-sms/send':
        return token === refusedKeys.noCredit ? this.throttled() : this.#send(request.form);
      case '/webservice-check-sms/get':
        return this.#check(request.form);
      case '/webservice-get-credit/get':
        return this.#reply({ status: status.ok, credit: this.credit });
      default:
        return { status: 404, body: '<html><body>Not Found</body></html>', type: 'text/html' };
    }
  }

  /** It has no word for "too much". */
  protected throttled(): FakeReply {
    return this.#reply({ status: status.failed });
  }

  #send(form: URLSearchParams): FakeReply {
    const number = form.get('TemplateID') ?? '';
    const to = form.get('Receiver') ?? '';
    const vars = form.get('MessageVars') ?? '';
    const values = vars === '' ? [] : vars.split(',');
    const template = /^\d+$/.test(number) ? this.template(number) : undefined;
    const isRight =
      template !== undefined && national.test(to) && values.length === template.variables.length;
    if (!isRight || values.includes('') || this.credit < 1) {
      return this.#reply({ status: status.failed });
    }
    const message = {
      id: String(firstId + this.log.length),
      to,
      text: values.join(' '),
      template: number,
      values,
      line: null,
      ref: null,
    };
    return this.take(message, ({ id }) => {
      this.credit -= 1;
      return this.#reply({ status: status.ok, ...(this.#givesIds ? { smsID: Number(id) } : {}) });
    });
  }

  #check(form: URLSearchParams): FakeReply {
    const message = this.log.find(({ id }) => id === form.get('smsID'));
    if (!message) {
      return this.#reply({ status: status.failed });
    }
    const state = this.stateOf(message);
    const name = Object.entries(parsianWebCoStates).find(([, meant]) => meant === state)?.[0];
    return this.#reply({ status: status.ok, state: name });
  }

  #reply(body: Record<string, unknown>): FakeReply {
    switch (this.answers) {
      case 'html':
        return { status: 200, body: '<html><body>Welcome</body></html>', type: 'text/html' };
      case 'text':
        return { status: 200, body: 'done', type: 'text/plain' };
      case 'json':
        return { status: 200, body: JSON.stringify(body) };
    }
  }
}
