import { smsTemplates, type ApiConfig } from '@chapar/api';
import { TemplateBook, TemplateError, type TemplateSpec } from '@chapar/sms';
import { ConfigError } from '../../env.ts';
import { faulty, lengthOf, readTemplatesFile, type TemplatesFile } from './templates-file.ts';

type BuiltIn = Pick<TemplateSpec, 'name' | 'texts'>;

/** Gives its providers to every template of a code that names none. */
const allCodes = 'otp';
const isCode = (name: string): boolean => name.startsWith(`${allCodes}.`);

/**
 * Everything that SMS say: the product's own words, and those of the operator's file, with the
 * approved versions at providers.
 *
 * @throws ConfigError naming what is not right in the file, or too long
 */
export async function loadTemplates(path: string | null, config: ApiConfig): Promise<TemplateBook> {
  const file = await readTemplatesFile(path);
  const builtIn = smsTemplates(config);
  const { maxLength } = config.sms;
  checkBuiltIn(builtIn, config);
  const entries = Object.entries(file).map(([name, entry]) => specOf(name, entry, builtIn));
  const tooLong = entries
    .filter(({ texts }) => Object.values(texts).some((text) => lengthOf(text, 0) > maxLength))
    .map(({ name }) => `${name}: is longer than SMS_MAX_LENGTH=${maxLength}`);
  if (tooLong.length > 0) {
    throw faulty(tooLong);
  }
  // Under the names that the entries have there, so that every fault is found where it is.
  bookOf(entries, maxLength);
  const isOurs = (name: string): boolean => builtIn.some((one) => one.name === name);
  const theirs = entries.filter(({ name }) => name !== allCodes && !isOurs(name));
  return bookOf([...builtIn.map((one) => withProviders(one, file)), ...theirs], maxLength);
}

function specOf(
  name: string,
  { texts, providers }: TemplatesFile[string],
  builtIn: readonly BuiltIn[],
): TemplateSpec {
  const ours = builtIn.find((one) => (name === allCodes ? isCode(one.name) : one.name === name));
  if (ours && texts) {
    throw faulty([`${name}: texts: the words are Chapar's own; give providers only`]);
  }
  const words = ours?.texts ?? texts;
  if (!words) {
    throw faulty([`${name}: texts: missing`]);
  }
  return { name, texts: words, ...(providers && { providers }) };
}

function withProviders({ name, texts }: BuiltIn, file: TemplatesFile): TemplateSpec {
  const shared = isCode(name) ? file[allCodes]?.providers : undefined;
  const providers = file[name]?.providers ?? shared;
  return { name, texts, ...(providers && { providers }) };
}

/** A long host name in `OTP_WEB_DOMAIN` makes codes long. */
function checkBuiltIn(builtIn: readonly BuiltIn[], { sms, otp }: ApiConfig): void {
  for (const { name, texts } of builtIn) {
    const valueLength = isCode(name) ? otp.length : 0;
    const length = Math.max(...Object.values(texts).map((text) => lengthOf(text, valueLength)));
    if (length > sms.maxLength) {
      throw new ConfigError(
        `SMS_MAX_LENGTH: is too little for ${name}, which has ${length} characters`,
      );
    }
  }
}

function bookOf(specs: readonly TemplateSpec[], maxLength: number): TemplateBook {
  try {
    return new TemplateBook(specs, { maxLength });
  } catch (error) {
    throw error instanceof TemplateError ? faulty([error.message]) : error;
  }
}
