import { rejected, type Rejected } from './outcome.ts';
import type { ProviderMessage, SmsProvider } from './provider.ts';
import { TemplateError, type SmsLanguage, type TemplateBook } from './templates.ts';

/** A message before it is known who sends it. */
export type RoutedMessage = {
  /** E.164. */
  to: string;
  /** Digits, at most 18: the message's number with us, never used for another. */
  ref: string;
  /**
   * A code may come twice, which confuses nobody, and must come soon. Any other message must not
   * come twice.
   */
  isCode: boolean;
} & (
  | { kind: 'text'; text: string }
  | { kind: 'template'; template: string; language: SmsLanguage; values: Record<string, string> }
);

/**
 * The message in the provider's own terms, or why it cannot be: as its own template where it has
 * one, else as a text from our line.
 *
 * @param allowText whether a template that the provider has not approved may go out as a text
 */
export function prepare(
  { name, capabilities }: SmsProvider,
  message: RoutedMessage,
  { templates, allowText }: { templates: TemplateBook; allowText: boolean },
): ProviderMessage | Rejected {
  const { to, ref } = message;
  if (message.kind === 'text') {
    return capabilities.text
      ? { kind: 'text', to, ref, text: message.text }
      : rejected(['account', 'unsupported'], null);
  }
  const { template, language, values } = message;
  try {
    const version = templates.forProvider(name, { name: template, language, values });
    if (version && capabilities.template) {
      return { kind: 'template', to, ref, ...version };
    }
    if (!capabilities.text || !allowText) {
      return rejected(['account', 'template-missing'], null);
    }
    return { kind: 'text', to, ref, text: templates.render(template, language, values) };
  } catch (error) {
    if (error instanceof TemplateError) {
      return rejected(['message', 'template-args'], null);
    }
    throw error;
  }
}
