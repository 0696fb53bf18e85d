import type { Readable } from 'node:stream';
import type { Mail, MailGateway, MailOutcome } from '@chapar/api';
import {
  createTransport,
  type MailMessage,
  type NodemailerError,
  type SMTPPoolOptions,
} from 'nodemailer';
import { isLoopback } from '../loopback.ts';

/** Milliseconds. */
export interface SmtpTimeouts {
  /** Until the server is connected, greeted and, where it has to be, encrypted. */
  connection: number;
  /** Until the server greets. */
  greeting: number;
  /** Of silence in the middle of a dialogue. */
  socket: number;
  /** For one mail from beginning to end, however slowly the server goes on. */
  whole: number;
}

export interface SmtpMailOptions {
  /** `smtp://` or `smtps://`, with `user:password@` where the server wants it. */
  url: string;
  /** `address` or `Name <address>`. */
  from: string;
  timeouts?: Partial<SmtpTimeouts>;
}

/** Closing ends the connections that rest; a mail that is on its way is finished first. */
export type SmtpMail = MailGateway & { close(): void };

const usualTimeouts: SmtpTimeouts = {
  connection: 5_000,
  greeting: 5_000,
  socket: 10_000,
  whole: 30_000,
};
const restMs = 5_000;
const connections = 4;
const lowestRefusal = 400;

/** One mailbox, nothing that could be read as two, or as the end of a command or a header. */
const mailbox = /^[^\s\p{C}<>()[\]",:;@\\]+@[^\s\p{C}<>()[\]",:;@\\]+$/u;

/**
 * Sends mail by a server of the operator (SMTP, RFC 5321), over connections that are kept for a
 * while. The `Message-ID` comes from `ref`, so that a mail server can drop repeats.
 *
 * Rejected is what the server refused by a reply (4xx too: our job does not come back for the next
 * try), and what never got so far that its text was sent. Once the first byte of the text has left
 * and no reply came, the mail may have been accepted: the outcome is unknown. A reason is a code of
 * nodemailer and a number of SMTP, never what the server wrote, which may repeat addresses.
 */
export function createSmtpMail({ url, from, timeouts }: SmtpMailOptions): SmtpMail {
  const limits = { ...usualTimeouts, ...timeouts };
  const transport = createTransport({ ...serverOf(url), ...poolOf(limits) });
  const sender = readSender(from);
  const texts = new WeakMap<object, Readable>();
  transport.use('stream', (mail: MailMessage, done) => {
    mail.message.processFunc((text) => {
      texts.set(mail.data.signal ?? mail, text);
      return text;
    });
    done();
  });
  return {
    async send({ to, subject, text, html, ref }: Mail): Promise<MailOutcome> {
      if (!mailbox.test(to)) {
        return { outcome: 'rejected', reason: 'not an address' };
      }
      const signal = AbortSignal.timeout(limits.whole);
      const messageId = `<${ref.replaceAll(/[^\w-]/g, '-')}@${domainOf(sender.address)}>`;
      try {
        await transport.sendMail({
          from: sender,
          to: { name: '', address: to },
          envelope: { from: sender.address, to: [to] },
          subject,
          text,
          html,
          messageId,
          headers: { 'Auto-Submitted': 'auto-generated' },
          xMailer: false,
          disableFileAccess: true,
          disableUrlAccess: true,
          signal,
        });
        return { outcome: 'accepted', providerId: messageId };
      } catch (error) {
        return outcomeOf(error, texts.get(signal)?.readableDidRead ?? false);
      }
    },
    close: () => transport.close(),
  };
}

/**
 * Where the server is, and that nobody reads along: `smtps://` is TLS from the first byte,
 * `smtp://` insists on STARTTLS (RFC 3207) except on this machine, where certificates name nobody.
 */
export function serverOf(url: string): SMTPPoolOptions {
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = protocol === 'smtps:';
  const local = !secure && isLoopback(host);
  const user = decodeURIComponent(username);
  return {
    host,
    secure,
    ...(port === '' ? {} : { port: Number(port) }),
    ...(local ? { ignoreTLS: true } : { requireTLS: !secure }),
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(password) } }),
  };
}

function poolOf(limits: SmtpTimeouts): SMTPPoolOptions & { pool: true } {
  return {
    pool: true,
    maxConnections: connections,
    connectionTimeout: limits.connection,
    greetingTimeout: limits.greeting,
    socketTimeout: limits.socket,
    dnsTimeout: limits.connection,
    idleTimeout: restMs,
  };
}

function readSender(from: string): { name: string; address: string } {
  const [, name = '', address = from] = /^(.*?)\s*<([^<>]+)>$/.exec(from) ?? [];
  return { name, address };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

/** @param begun whether a byte of the text has left */
function outcomeOf(error: unknown, begun: boolean): MailOutcome {
  const { code, responseCode, originalCode }: Partial<NodemailerError> =
    error instanceof Error ? error : {};
  const reason = [code ?? 'no answer', responseCode ?? originalCode].filter(Boolean).join(' ');
  const refused = (responseCode ?? 0) >= lowestRefusal;
  return { outcome: refused || !begun ? 'rejected' : 'unknown', reason };
}
