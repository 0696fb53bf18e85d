import { countParts } from './parts.ts';
import type { TemplateValue } from './provider.ts';

export type SmsLanguage = 'fa' | 'en';

/** A provider's own version of a template. */
export interface ProviderTemplate {
  /** Its name or number at the provider. */
  template: string;
  /** Which of the provider's slots or names takes which variable, in the provider's order. */
  slots: readonly { variable: string; name: string }[];
}

/** A message that is written once and sent many times. */
export interface TemplateSpec {
  /** Such as `otp` or `T1`. */
  name: string;
  /** Words with variables in braces: `Your code: {code}`. */
  texts: Record<SmsLanguage, string>;
  /** Approved versions by the provider's name and the language. */
  providers?: Record<string, Partial<Record<SmsLanguage, ProviderTemplate>>>;
}

export interface TemplateBookOptions {
  /** Most characters of a text with its values. */
  maxLength?: number;
}

/** Something in the templates or their values is not right. The message holds no value. */
export class TemplateError extends Error {
  /** `bad-templates` comes when a book is made, the others when it is asked. */
  readonly reason: 'bad-templates' | 'no-template' | 'bad-values' | 'too-long';

  constructor(reason: TemplateError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

const usualMaxLength = 290;
const longestValue = 100;
/**
 * What a value may not hold: control characters and line separators, halves of surrogate pairs,
 * which are no text, and the characters that set the direction of the words behind them (U+202A to
 * U+202E, U+2066 to U+2069): names that people give themselves bring them in.
 */
const unfit = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const variable = /\{([a-zA-Z][a-zA-Z0-9]*)\}/g;

/** All templates of a product, checked when it starts. */
export class TemplateBook {
  readonly #specs = new Map<string, TemplateSpec>();
  readonly #maxLength: number;

  /** @throws TemplateError naming every fault of the templates */
  constructor(specs: readonly TemplateSpec[], options: TemplateBookOptions = {}) {
    this.#maxLength = options.maxLength ?? usualMaxLength;
    const faults = specs.flatMap((spec) => faultsOf(spec));
    const names = specs.map(({ name }) => name);
    const twice = names.filter((name, i) => names.indexOf(name) !== i);
    faults.push(...twice.map((name) => `${name}: is there twice`));
    if (faults.length > 0) {
      throw new TemplateError('bad-templates', faults.join('; '));
    }
    for (const spec of specs) {
      this.#specs.set(spec.name, spec);
    }
  }

  get names(): string[] {
    return [...this.#specs.keys()];
  }

  /**
   * The words with their values. A value is data: braces in it stay what they are, and it has at
   * most 100 characters of one line, none of which turns the direction of others.
   *
   * @throws TemplateError when a value is missing, too long or no plain line, or the text too long
   */
  render(name: string, language: SmsLanguage, values: Record<string, string>): string {
    const spec = this.#spec(name);
    checkValues(spec, values);
    const text = spec.texts[language].replaceAll(variable, (_, key: string) => values[key] ?? '');
    if (Array.from(text).length > this.#maxLength) {
      throw new TemplateError('too-long', `${name}: longer than ${this.#maxLength} characters`);
    }
    return text;
  }

  /** The provider's version with the values in its slots; null where there is none. */
  forProvider(
    provider: string,
    {
      name,
      language,
      values,
    }: { name: string; language: SmsLanguage; values: Record<string, string> },
  ): { template: string; values: TemplateValue[] } | null {
    const spec = this.#spec(name);
    checkValues(spec, values);
    const version = spec.providers?.[provider]?.[language];
    return version
      ? {
          template: version.template,
          values: version.slots.map((slot) => ({
            name: slot.name,
            value: values[slot.variable] ?? '',
          })),
        }
      : null;
  }

  /** How many SMS a template makes with values of so many characters. */
  estimate(name: string, language: SmsLanguage, valueLength: number): number {
    const spec = this.#spec(name);
    const text = spec.texts[language].replaceAll(variable, '0'.repeat(valueLength));
    return countParts(text).parts;
  }

  #spec(name: string): TemplateSpec {
    const spec = this.#specs.get(name);
    if (!spec) {
      throw new TemplateError('no-template', `there is no template ${name}`);
    }
    return spec;
  }
}

function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(variable)].map(([, name]) => name ?? ''))].toSorted();
}

function faultsOf(spec: TemplateSpec): string[] {
  const faults: string[] = [];
  const wanted = variablesOf(spec.texts.fa);
  if (variablesOf(spec.texts.en).join() !== wanted.join()) {
    faults.push(`${spec.name}: the Persian and the English text have different variables`);
  }
  for (const [provider, versions] of Object.entries(spec.providers ?? {})) {
    for (const [language, version] of Object.entries(versions)) {
      const given = version.slots.map((slot) => slot.variable).toSorted();
      const names = version.slots.map((slot) => slot.name);
      if (given.join() !== wanted.join()) {
        faults.push(
          `${spec.name}: slots of ${provider} (${language}) must be ${wanted.join(', ')}`,
        );
      }
      if (new Set(names).size !== names.length || version.template === '') {
        faults.push(`${spec.name}: ${provider} (${language}) has an empty name or a slot twice`);
      }
    }
  }
  return faults;
}

function checkValues(spec: TemplateSpec, values: Record<string, string>): void {
  for (const name of variablesOf(spec.texts.fa)) {
    const value = Object.hasOwn(values, name) ? values[name] : '';
    if (value === undefined || value === '') {
      throw new TemplateError('bad-values', `${spec.name}: no value for ${name}`);
    }
    if (Array.from(value).length > longestValue || unfit.test(value)) {
      throw new TemplateError(
        'bad-values',
        `${spec.name}: the value of ${name} is too long or no plain line`,
      );
    }
  }
}
