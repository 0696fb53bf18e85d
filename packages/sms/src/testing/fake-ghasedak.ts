import { countParts } from '../parts.ts';
import {
  FakeProvider,
  refusedKeys,
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
  type StoredMessage,
} from './fake-provider.ts';
import {
  code,
  inPascalCase,
  inTehran,
  listOf,
  refusals,
  stateCodes,
  textOf,
  type Fields,
  type Received,
} from './fake-ghasedak.answers.ts';

export interface FakeGhasedakOptions extends FakeOptions {
  /** How keys of answers are written: as on the provider's page, or as its PHP SDK reads them. */
  casing?: 'pascal' | 'camel';
  /** The switch in the provider's panel that refuses a number of ours a second time; off at first. */
  blocksDuplicates?: boolean;
}

const root = '/rest/api/v1/webservice/';
const national = /^09\d{9}$/;
const longestText = 1_000;
const mostAsked = 100;
const mostReceived = 100;
const firstId = 55_001;
const firstReceivedId = 12_345;
/** Of one part, in Rial. */
const price = 1_200;

/**
 * Ghasedak's REST API (ghasedak.me/docs): JSON in an envelope, refusals with HTTP 400 and the
 * reason in `StatusCode`. That a text is read once it has been asked for is our assumption.
 */
export class FakeGhasedak extends FakeProvider {
  readonly #casing: 'pascal' | 'camel';
  readonly #blocksDuplicates: boolean;
  readonly #received: Received[] = [];

  constructor(options: FakeGhasedakOptions = {}) {
    super(options);
    this.#casing = options.casing ?? 'pascal';
    this.#blocksDuplicates = options.blocksDuplicates ?? false;
  }

  /** Puts a text from somebody into a line's inbox. */
  receive(text: { from: string; line: string; text: string }): void {
    this.#received.push({
      id: firstReceivedId + this.#received.length,
      message: text.text,
      sender: text.from,
      lineNumber: text.line,
      receivedAt: this.clock.now(),
      isRead: false,
    });
  }

  protected route(request: FakeRequest): FakeReply {
    const path = request.path.toLowerCase();
    const key = request.headers['apikey'];
    const refusal = typeof key === 'string' && key !== '' ? refusals.get(key) : code.badKey;
    if (refusal !== undefined) {
      return this.#refuse(refusal);
    }
    switch (`${request.method} ${path.startsWith(root) ? path.slice(root.length) : ''}`) {
      case 'POST sendsinglesms':
        return this.#sendSingle(request);
      case 'POST sendotpsms':
        return this.#sendOtp(request);
      case 'GET checksmsstatus':
        return this.#checkStatus(request.query);
      case 'GET getaccountinformation':
        return this.#answer({
          credit: this.credit,
          expireDate: inTehran(new Date(this.clock.now().getTime() + 365 * 86_400_000)),
          plan: 'نقره ای',
        });
      case 'GET getreceivedsmses':
        return this.#receivedOf(request.query);
      default:
        return { status: 404, body: '' };
    }
  }

  /** The nearest that its list of codes has. */
  protected throttled(): FakeReply {
    return this.#refuse(code.tooMuch);
  }

  #sendSingle(request: FakeRequest): FakeReply {
    const to = textOf(request.json, 'receptor');
    const text = textOf(request.json, 'message');
    const line = textOf(request.json, 'lineNumber');
    if (text === '' || !national.test(to)) {
      return this.#refuse(code.badRequest);
    }
    if (text.length > longestText) {
      return this.#refuse(code.tooLong);
    }
    if (!this.options.lines.includes(line)) {
      return this.#refuse(code.badLine);
    }
    const ref = textOf(request.json, 'clientReferenceId') || null;
    const message = { to, text, line, ref, template: null, values: [] };
    return this.#take(request, message, (stored, cost) => ({
      lineNumber: line,
      receptor: to,
      messageId: stored.id,
      cost,
      clientReferenceId: ref,
      sendDate: inTehran(stored.storedAt),
      message: text,
    }));
  }

  /** To one receptor: more than that the adapter never asks for. */
  #sendOtp(request: FakeRequest): FakeReply {
    const [receptor, ...others] = listOf(request.json, 'receptors');
    const to = textOf(receptor, 'mobile');
    if (others.length > 0 || !national.test(to)) {
      return this.#refuse(code.badRequest);
    }
    const template = this.template(textOf(request.json, 'templateName'));
    if (!template) {
      return this.#refuse(code.noTemplate);
    }
    const inputs = listOf(request.json, 'inputs').map((input) => ({
      param: textOf(input, 'param'),
      value: textOf(input, 'value'),
    }));
    const values = template.variables.map(
      (name) => inputs.find(({ param }) => param === name)?.value ?? '',
    );
    if (values.includes('') || inputs.length !== values.length) {
      return this.#refuse(code.noParameter);
    }
    const ref = textOf(receptor, 'clientReferenceId') || null;
    const text = values.join(' ');
    const message = { to, text, line: null, ref, template: template.name, values };
    return this.#take(request, message, (stored, cost) => ({
      items: [
        {
          receptor: to,
          cost,
          messageId: stored.id,
          clientReferenceId: ref,
          sendDate: inTehran(stored.storedAt),
        },
      ],
      totalCost: cost,
    }));
  }

  #take(
    request: FakeRequest,
    message: Omit<StoredMessage, 'id' | 'storedAt'>,
    reply: (stored: StoredMessage, cost: number) => Fields,
  ): FakeReply {
    const cost = countParts(message.text).parts * price;
    if (request.headers['apikey'] === refusedKeys.noCredit || this.credit < cost) {
      return this.#refuse(code.noCredit);
    }
    if (this.#blocksDuplicates && this.log.some(({ ref }) => ref !== null && ref === message.ref)) {
      return this.#refuse(code.duplicate);
    }
    return this.take({ ...message, id: String(firstId + this.log.length) }, (stored) => {
      this.credit -= cost;
      return this.#answer(reply(stored, cost));
    });
  }

  /** Ids come one by one, as the .NET SDK sends them, or in one list, as the page says. */
  #checkStatus(query: URLSearchParams): FakeReply {
    const type = query.get('Type');
    const ids = query
      .getAll('Ids')
      .flatMap((list) => list.split(','))
      .filter((id) => id !== '');
    if ((type !== '1' && type !== '2') || ids.length === 0 || ids.length > mostAsked) {
      return this.#refuse(code.badRequest);
    }
    const found = this.log.filter(({ id, ref }) => ids.includes((type === '1' ? id : ref) ?? ''));
    return this.#answer(
      found.map((message) => ({
        messageId: message.id,
        clientReferenceId: message.ref,
        message: message.text,
        lineNumber: message.line,
        receptor: message.to,
        status: stateCodes[this.stateOf(message)],
        price: countParts(message.text).parts * price,
        sendDate: inTehran(message.storedAt).slice(0, -6),
      })),
    );
  }

  #receivedOf(query: URLSearchParams): FakeReply {
    const line = query.get('LineNumber') ?? '';
    if (!this.options.lines.includes(line)) {
      return this.#refuse(code.badLine);
    }
    const isRead = ['true', '1'].includes((query.get('IsRead') ?? '').toLowerCase());
    const found = this.#received
      .filter((one) => one.lineNumber === line && one.isRead === isRead)
      .slice(-mostReceived);
    for (const one of found) {
      one.isRead = true;
    }
    return this.#answer({
      items: found.map(({ id, message, sender, lineNumber, receivedAt }) => ({
        id,
        message,
        sender,
        lineNumber,
        receiveDate: receivedAt.toISOString(),
      })),
    });
  }

  #answer(data: unknown): FakeReply {
    return this.#reply({
      isSuccess: true,
      statusCode: code.ok,
      message: 'با موفقیت انجام شد',
      data,
    });
  }

  #refuse(statusCode: number): FakeReply {
    return {
      ...this.#reply({ isSuccess: false, statusCode, message: 'خطا', data: null }),
      status: 400,
    };
  }

  #reply(envelope: Fields): FakeReply {
    const body = this.#casing === 'camel' ? envelope : inPascalCase(envelope);
    return { status: 200, body: JSON.stringify(body) };
  }
}
