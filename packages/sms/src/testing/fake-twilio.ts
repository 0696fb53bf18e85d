import {
  FakeProvider,
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
  type StoredMessage,
} from './fake-provider.ts';
import {
  costOf,
  endings,
  outsideWindow,
  refusals,
  resourceOf,
  variablesOf,
  wrongTokens,
  type Refusal,
} from './fake-twilio.answers.ts';

export interface FakeTwilioOptions extends FakeOptions {
  /** Whether a text on WhatsApp reaches everybody, as if all had written to us today. */
  isWindowOpen?: boolean;
}

const rootForm = /^(\/2010-04-01\/Accounts\/(AC[\da-f]{32})\/)(.+)$/;
const numberForm = /^(whatsapp:)?\+[1-9]\d{7,14}$/;
const serviceForm = /^MG[\da-f]{32}$/;
const longestText = 1_600;
const largestPage = 1_000;
const usualPage = 50;
const windowMs = 24 * 3_600_000;
const firstId = 0x5001;

/** What a message is stored as, but for its id and hour. */
type Draft = Omit<StoredMessage, 'id' | 'storedAt'>;

/**
 * Twilio's Messages resource (twilio.com/docs/messaging/api/message-resource). Lines are numbers or,
 * on WhatsApp, addresses. That the list leaves out what is not yet sent when it is asked for by the
 * day of sending is our assumption.
 */
export class FakeTwilio extends FakeProvider {
  readonly #isWindowOpen: boolean;
  /** When each address last wrote to us. */
  readonly #wrote = new Map<string, Date>();
  /** Ids of texts that cannot reach somebody who had not written when they were taken. */
  readonly #outside = new Set<string>();

  constructor(options: FakeTwilioOptions = {}) {
    super({ lines: ['+15005550006', 'whatsapp:+15005550006'], ...options });
    this.#isWindowOpen = options.isWindowOpen ?? false;
  }

  /** Somebody writes to us on WhatsApp, which lets our texts through for 24 hours. */
  writes(from: string): void {
    this.#wrote.set(from, this.clock.now());
  }

  protected route(request: FakeRequest): FakeReply {
    const [, root = '', account = '', path = ''] = rootForm.exec(request.path) ?? [];
    if (root === '') {
      return this.#refuse(refusals.notFound);
    }
    if (!isRight(request.headers.authorization, account)) {
      return this.#refuse(refusals.credentials);
    }
    switch (`${request.method} ${path.replace(/^Messages\/.*/, 'Messages/')}`) {
      case 'POST Messages.json':
        return this.#create(request.form, root);
      case 'GET Messages.json':
        return this.#list(request, root);
      case 'GET Messages/':
        return this.#fetch(path, root);
      case 'GET Balance.json':
        return reply(200, {
          account_sid: account,
          balance: String(this.credit),
          currency: 'USD',
        });
      default:
        return this.#refuse(refusals.notFound);
    }
  }

  protected throttled(): FakeReply {
    return this.#refuse(refusals.tooMuch);
  }

  #create(form: URLSearchParams, root: string): FakeReply {
    const to = form.get('To') ?? '';
    const line = form.get('MessagingServiceSid') ?? form.get('From') ?? '';
    const refusal = numberForm.test(to) ? this.#refusalOf(line, to) : refusals.badTo;
    if (refusal) {
      return this.#refuse(refusal);
    }
    const content = form.has('ContentSid') ? this.#contentOf(form) : bodyOf(form);
    if ('code' in content) {
      return this.#refuse(content);
    }
    const id = `SM${(firstId + this.log.length).toString(16).padStart(32, '0')}`;
    return this.take({ id, to, line, ref: null, ...content }, (stored) => {
      this.credit = Number((this.credit - costOf(stored)).toFixed(5));
      if (!this.#isInWindow(stored)) {
        this.#outside.add(stored.id);
      }
      return reply(201, this.#resource(stored, root));
    });
  }

  #refusalOf(line: string, to: string): Refusal | null {
    if (line.startsWith('MG')) {
      return serviceForm.test(line) ? null : refusals.badService;
    }
    if (line.startsWith('whatsapp:') !== to.startsWith('whatsapp:')) {
      return refusals.otherChannel;
    }
    if (this.options.lines.includes(line)) {
      return null;
    }
    return line.startsWith('whatsapp:') ? refusals.noChannel : refusals.badFrom;
  }

  /** A variable without a value keeps the template's own; here that is nothing. */
  #contentOf(form: URLSearchParams): Pick<Draft, 'text' | 'template' | 'values'> | Refusal {
    const template = this.template(form.get('ContentSid') ?? '');
    if (!template) {
      return refusals.noTemplate;
    }
    const variables = variablesOf(form.get('ContentVariables'));
    if (variables === null) {
      return refusals.badVariables;
    }
    const values = template.variables.map((name) => variables.get(name) ?? '');
    return { text: values.join(' '), template: template.name, values };
  }

  #fetch(path: string, root: string): FakeReply {
    const found = this.log.find(({ id }) => path === `Messages/${id}.json`);
    return found ? reply(200, this.#resource(found, root)) : this.#refuse(refusals.notFound);
  }

  /** Newest first. */
  #list({ query, path: self }: FakeRequest, root: string): FakeReply {
    const size = Math.min(Number(query.get('PageSize') ?? usualPage), largestPage);
    const page = Number(query.get('Page') ?? 0);
    const found = this.log.toReversed().filter((message) => this.#isAskedFor(message, query));
    const messages = found.slice(page * size, (page + 1) * size);
    const uriOf = (number: number): string => {
      const asked = new URLSearchParams(query);
      asked.set('PageSize', String(size));
      asked.set('Page', String(number));
      return `${self}?${asked.toString()}`;
    };
    return reply(200, {
      end: page * size + Math.max(messages.length - 1, 0),
      first_page_uri: uriOf(0),
      messages: messages.map((message) => this.#resource(message, root)),
      next_page_uri: (page + 1) * size < found.length ? uriOf(page + 1) : null,
      page,
      page_size: size,
      previous_page_uri: page > 0 ? uriOf(page - 1) : null,
      start: page * size,
      uri: uriOf(page),
    });
  }

  #isAskedFor(message: StoredMessage, query: URLSearchParams): boolean {
    const is = (name: string, value: string | null): boolean =>
      !query.has(name) || query.get(name) === value;
    const day = message.storedAt.toISOString().slice(0, 10);
    const days = ['DateSent', 'DateSent<', 'DateSent>'].filter((name) => query.has(name));
    return (
      is('To', message.to) &&
      is('From', message.line) &&
      is('DateSent', day) &&
      day <= (query.get('DateSent<') ?? day) &&
      day >= (query.get('DateSent>') ?? day) &&
      (days.length === 0 || this.stateOf(message) !== 'queued')
    );
  }

  #resource(message: StoredMessage, root: string): Record<string, unknown> {
    const state = this.stateOf(message);
    const isSent = state !== 'queued';
    const ending = isSent && this.#outside.has(message.id) ? outsideWindow : endings[state];
    return resourceOf(message, { root, isSent, ...ending });
  }

  /** Whether it could be sent as it was: templates always can, and so can every SMS. */
  #isInWindow({ to, template, storedAt }: StoredMessage): boolean {
    const wrote = this.#wrote.get(to.replace(/^whatsapp:/, ''));
    return (
      this.#isWindowOpen ||
      template !== null ||
      !to.startsWith('whatsapp:') ||
      (wrote !== undefined && storedAt.getTime() - wrote.getTime() < windowMs)
    );
  }

  #refuse({ code, status }: Refusal): FakeReply {
    const more_info = `https://www.twilio.com/docs/errors/${code}`;
    return reply(status, { code, message: 'The request is refused', more_info, status });
  }
}

function reply(status: number, body: unknown): FakeReply {
  return { status, body: JSON.stringify(body) };
}

/** The account's own id and token, or a key of it. */
function isRight(authorization: string | undefined, account: string): boolean {
  const [, encoded = ''] = /^Basic (.+)$/.exec(authorization ?? '') ?? [];
  const [user = '', token = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  return (user === account || user.startsWith('SK')) && !wrongTokens.has(token);
}

function bodyOf(form: URLSearchParams): Pick<Draft, 'text' | 'template' | 'values'> | Refusal {
  const text = form.get('Body') ?? '';
  if (text === '') {
    return refusals.noBody;
  }
  return text.length > longestText ? refusals.tooLong : { text, template: null, values: [] };
}
