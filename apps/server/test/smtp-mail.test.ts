import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, test } from 'vitest';
import { createSmtpMail, serverOf, type SmtpTimeouts } from '../src/gateways/smtp-mail.ts';

const from = 'Chapar <codes@chapar.example>';
const mail = {
  to: 'sara@home.example',
  subject: 'کد ورود شما به چاپار: ۱۲۳۴۵۶',
  text: 'سلام سارا،\nکد ورود شما ۱۲۳۴۵۶ است.\n.\nاین خط پس از یک نقطه است.',
  html: '<p dir="rtl">کد ورود شما <b>۱۲۳۴۵۶</b> است.</p>',
  ref: 'otp:0190a1b2-0000-7000-8000-000000000001',
};
const messageId = '<otp-0190a1b2-0000-7000-8000-000000000001@chapar.example>';

interface Arrived {
  from: string;
  to: string[];
  source: string;
}

/** A real SMTP server that keeps what arrives. */
async function startSmtp(options: SMTPServerOptions = {}) {
  const arrived: Arrived[] = [];
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    closeTimeout: 100,
    // Its certificate is one that everybody has the key of, and it says so.
    logger: false,
    onAuth: (_auth, _session, done) => done(null, { user: 1 }),
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        arrived.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          source: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    arrived,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(resolve);
      }),
  };
}

type Step = 'greeting' | 'MAIL' | 'RCPT' | 'DATA' | 'text' | 'end';

/** A server that speaks until a step and then does what a test wants. */
async function startBroken(step: Step, misbehave: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let dialogues = 0;
  const server = createServer((socket) => {
    dialogues += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    let inText = false;
    const answer = (at: Step, reply: string): void => {
      if (at === step) {
        misbehave(socket);
      } else {
        socket.write(`${reply}\r\n`);
      }
    };
    answer('greeting', '220 broken.example');
    socket.on('data', (chunk: Buffer) => {
      const said = chunk.toString();
      if (inText) {
        const ended = said.endsWith('\r\n.\r\n');
        if (step === 'text' || ended) {
          inText = false;
          answer(step === 'text' ? 'text' : 'end', '250 kept');
        }
      } else if (said.startsWith('DATA')) {
        inText = true;
        answer('DATA', '354 go on');
      } else if (said.startsWith('MAIL')) {
        answer('MAIL', '250 ok');
      } else if (said.startsWith('RCPT')) {
        answer('RCPT', '250 ok');
      } else {
        socket.write('250 ok\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    dialogues: () => dialogues,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
}

function gateway(port: number, timeouts: Partial<SmtpTimeouts> = {}, login = '') {
  const smtp = createSmtpMail({ url: `smtp://${login}127.0.0.1:${port}`, from, timeouts });
  return { send: smtp.send, [Symbol.dispose]: () => smtp.close() };
}

/** The headers of a message or a part, unfolded (RFC 5322, section 2.2.3), and what follows. */
function split(source: string): { headers: Map<string, string>; body: string } {
  const end = source.indexOf('\r\n\r\n');
  const lines = source
    .slice(0, end)
    .replaceAll(/\r\n[ \t]/g, ' ')
    .split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: source.slice(end + 4) };
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') {
    return Buffer.from(body, 'base64').toString();
  }
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCodePoint(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString();
}

/** Encoded words (RFC 2047); the space between two of them is none of the text. */
function decodeWords(header: string): string {
  return header
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      decode(
        kind.toLowerCase() === 'b' ? text : text.replaceAll('_', ' '),
        kind.toLowerCase() === 'b' ? 'base64' : 'quoted-printable',
      ),
    );
}

/** The parts of a multipart message by their type. */
function partsOf(source: string): Map<string, string> {
  const { headers, body } = split(source);
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
  const parts = body
    .split(`--${boundary}`)
    .filter((part) => part.startsWith('\r\n'))
    .map((part) => split(part.slice(2)));
  return new Map(
    parts.map((part) => [
      part.headers.get('content-type')?.split(';')[0] ?? '',
      decode(part.body, part.headers.get('content-transfer-encoding') ?? '')
        .replaceAll('\r\n', '\n')
        .trim(),
    ]),
  );
}

describe('a mail that the server takes', () => {
  test('arrives as it was written, to one address, with the id of its ref', async () => {
    await using server = await startSmtp();
    using smtp = gateway(server.port);
    expect(await smtp.send(mail)).toEqual({ outcome: 'accepted', providerId: messageId });
    const [arrived] = server.arrived;
    expect(arrived).toMatchObject({ from: 'codes@chapar.example', to: [mail.to] });
    const source = arrived?.source ?? '';
    const { headers } = split(source);
    expect(decodeWords(headers.get('subject') ?? '')).toBe(mail.subject);
    expect(Object.fromEntries(headers)).toMatchObject({
      from,
      to: mail.to,
      'message-id': messageId,
      'auto-submitted': 'auto-generated',
    });
    expect(headers.has('x-mailer')).toBe(false);
    const parts = partsOf(source);
    expect(parts.get('text/plain')).toBe(mail.text);
    expect(parts.get('text/html')).toBe(mail.html);
  });

  test('goes over a connection that is used again', async () => {
    let connections = 0;
    await using server = await startSmtp({
      onConnect(_session, done) {
        connections += 1;
        done();
      },
    });
    using smtp = gateway(server.port);
    for (let index = 0; index < 5; index += 1) {
      expect(await smtp.send({ ...mail, ref: `otp-${index}` })).toMatchObject({
        outcome: 'accepted',
      });
    }
    expect(server.arrived).toHaveLength(5);
    expect(connections).toBe(1);
  });

  test('goes out once over a new connection when the old one was dropped meanwhile', async () => {
    await using server = await startSmtp({ socketTimeout: 200 });
    using smtp = gateway(server.port);
    expect(await smtp.send(mail)).toMatchObject({ outcome: 'accepted' });
    await new Promise((resolve) => {
      setTimeout(resolve, 400);
    });
    expect(await smtp.send({ ...mail, ref: 'second' })).toMatchObject({ outcome: 'accepted' });
    expect(server.arrived).toHaveLength(2);
  });

  test('is sent after a login where there is one', async () => {
    const logins: object[] = [];
    await using server = await startSmtp({
      authOptional: false,
      onAuth({ username, password }, _session, done) {
        logins.push({ username, password });
        done(null, { user: 1 });
      },
    });
    using smtp = gateway(server.port, {}, 'chapar%40home:p%2Fw%3Ad@');
    expect(await smtp.send(mail)).toMatchObject({ outcome: 'accepted' });
    expect(logins).toEqual([{ username: 'chapar@home', password: 'p/w:d' }]);
  });
});

/** A refusal in words that repeat what nobody should read. */
function refusal(responseCode: number): Error {
  return Object.assign(new Error(`no ${mail.to} hunter2 ${mail.text}`), { responseCode });
}

describe('a mail that was not sent is rejected, with a reason that tells nothing', () => {
  const refusals: { name: string; options: SMTPServerOptions; reason: string }[] = [
    {
      name: 'the recipient is unknown',
      options: { onRcptTo: (_address, _session, done) => done(refusal(550)) },
      reason: 'EENVELOPE 550',
    },
    {
      name: 'the server asks to come back later (greylisting)',
      options: { onRcptTo: (_address, _session, done) => done(refusal(451)) },
      reason: 'EENVELOPE 451',
    },
    {
      name: 'the sender is refused',
      options: { onMailFrom: (_address, _session, done) => done(refusal(553)) },
      reason: 'EENVELOPE 553',
    },
    {
      name: 'the login is refused',
      options: {
        onAuth: (_auth, _session, done) => done(refusal(535)),
      },
      reason: 'EAUTH 535',
    },
    {
      name: 'the text is refused',
      options: {
        onData(stream, _session, done) {
          stream.on('end', () => done(refusal(554)));
          stream.resume();
        },
      },
      reason: 'EMESSAGE 554',
    },
    {
      name: 'the server has no time',
      options: { onConnect: (_session, done) => done(refusal(421)) },
      reason: 'EPROTOCOL 421',
    },
  ];

  test.for(refusals)('$name', async ({ options, reason }) => {
    await using server = await startSmtp(options);
    using smtp = gateway(server.port, {}, 'chapar:hunter2@');
    expect(await smtp.send(mail)).toEqual({ outcome: 'rejected', reason });
  });

  test('nobody listens', async () => {
    const server = await startSmtp();
    await server[Symbol.asyncDispose]();
    using smtp = gateway(server.port);
    expect(await smtp.send(mail)).toEqual({ outcome: 'rejected', reason: 'ESOCKET ECONNREFUSED' });
  });

  test.for([
    { step: 'greeting', reason: 'ETIMEDOUT' },
    { step: 'RCPT', reason: 'ETIMEDOUT' },
    { step: 'DATA', reason: 'ETIMEDOUT' },
  ] as const)('the server hangs at $step', async ({ step, reason }) => {
    await using server = await startBroken(step, () => undefined);
    using smtp = gateway(server.port, { greeting: 100, socket: 100 });
    expect(await smtp.send(mail)).toEqual({ outcome: 'rejected', reason });
  });

  test.for(['MAIL', 'RCPT', 'DATA'] as const)('the line is cut at %s', async (step) => {
    await using server = await startBroken(step, (socket) => socket.destroy());
    using smtp = gateway(server.port);
    expect(await smtp.send(mail)).toMatchObject({ outcome: 'rejected' });
    expect(server.dialogues()).toBe(1);
  });

  test('a certificate that nobody vouches for', async () => {
    await using server = await startSmtp({ secure: true });
    const url = `smtps://chapar:hunter2@127.0.0.1:${server.port}`;
    const smtp = createSmtpMail({ url, from });
    expect(await smtp.send(mail)).toMatchObject({ outcome: 'rejected' });
    expect(server.arrived).toEqual([]);
    smtp.close();
  });
});

describe('a mail that may have been sent is unknown, and is not sent again', () => {
  test.for([
    { name: 'the line is cut in its text', step: 'text', cut: true },
    { name: 'the line is cut after its text', step: 'end', cut: true },
    { name: 'no answer comes to its text', step: 'end', cut: false },
  ] as const)('$name', async ({ step, cut }) => {
    await using server = await startBroken(step, (socket) => (cut ? socket.destroy() : undefined));
    using smtp = gateway(server.port, { socket: 200 });
    expect(await smtp.send(mail)).toEqual({
      outcome: 'unknown',
      reason: expect.stringMatching(/^E[A-Z]+( E[A-Z]+)?$/) as string,
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    expect(server.dialogues()).toBe(1);
  });

  test('the server lets drop after drop fall and never ends', async () => {
    await using server = await startBroken('end', (socket) => {
      const timer = setInterval(() => socket.write('250-still here\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    using smtp = gateway(server.port, { socket: 200, whole: 500 });
    expect(await smtp.send(mail)).toEqual({ outcome: 'unknown', reason: 'EABORT' });
  });
});

describe('nothing of a mail becomes a command, a header or another recipient', () => {
  test.for([
    'sara@home.example\r\nBcc: eve@evil.example',
    'sara@home.example\r\nRCPT TO:<eve@evil.example>',
    'sara@home.example, eve@evil.example',
    'sara@home.example eve@evil.example',
    '<sara@home.example>',
    'Sara <sara@home.example>',
    'friends: sara@home.example;',
    'sara@home.example\0',
    'sara',
    '',
  ])('an address like %j is refused', async (to) => {
    await using server = await startSmtp();
    using smtp = gateway(server.port);
    expect(await smtp.send({ ...mail, to })).toEqual({
      outcome: 'rejected',
      reason: 'not an address',
    });
    expect(server.arrived).toEqual([]);
  });

  test('a newline in the subject or the ref stays inside its header', async () => {
    await using server = await startSmtp();
    using smtp = gateway(server.port);
    const subject = 'Code\r\nBcc: eve@evil.example\r\n\r\nBody';
    const ref = 'x\r\nReply-To: eve@evil.example';
    expect(await smtp.send({ ...mail, subject, ref })).toMatchObject({ outcome: 'accepted' });
    const [arrived] = server.arrived;
    const { headers } = split(arrived?.source ?? '');
    expect(arrived?.to).toEqual([mail.to]);
    expect([...headers.keys()].toSorted()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]);
    expect(headers.get('message-id')).toBe('<x--Reply-To--eve-evil-example@chapar.example>');
  });
});

test.for([
  {
    url: 'smtps://mail.example',
    server: { host: 'mail.example', secure: true, requireTLS: false },
  },
  {
    url: 'smtp://u:p@mail.example:2525',
    server: {
      host: 'mail.example',
      port: 2525,
      secure: false,
      requireTLS: true,
      auth: { user: 'u', pass: 'p' },
    },
  },
  { url: 'smtp://localhost', server: { host: 'localhost', secure: false, ignoreTLS: true } },
  { url: 'smtp://[::1]:25', server: { host: '::1', port: 25, secure: false, ignoreTLS: true } },
  {
    url: 'smtp://localhost.evil.example',
    server: { host: 'localhost.evil.example', secure: false, requireTLS: true },
  },
])('$url is encrypted unless it stays on this machine', ({ url, server }) => {
  expect(serverOf(url)).toEqual(server);
});
